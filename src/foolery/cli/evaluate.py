"""``foolery evaluate``: a classifier on labelled data."""

from __future__ import annotations

from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from foolery.cli.output import print_json


def evaluate(
    classifier: Annotated[str, typer.Argument(metavar="REF", help="What to measure.")],
    data: Annotated[str, typer.Option("--data", metavar="DATA", help="Labelled pictures.")] = "mnist",
    split: Annotated[str, typer.Option("--split", metavar="train|test")] = "test",
    backend: Annotated[
        str, typer.Option("--backend", metavar="auto|onnx|torch", help="What runs the classifier.")
    ] = "auto",
    card: Annotated[
        Path | None, typer.Option("--card", metavar="FILE", help="The classifier's model card.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure how often a classifier is right about labelled pictures, and how sure it is."""
    from foolery.classifiers import load_classifier
    from foolery.experiments.evaluate import evaluate as measure

    loaded = load_classifier(classifier, backend=backend, card=card)
    found = measure(loaded, data, split)
    if as_json:
        figures = {name: value if isfinite(value) else None for name, value in asdict(found).items()}
        print_json({"classifier": classifier, "data": data, "split": split, **figures})
        return
    print(f"{classifier} ({loaded.description.backend}) on {data} ({split}, {found.images} pictures)")
    print(f"error        {found.error:.2%}   (first five answers: {1 - found.top5:.2%})")
    print(
        f"confidence   median {found.median_confidence:.2%}; "
        f"right {found.median_confidence_right:.2%}, wrong {found.median_confidence_wrong:.2%}"
    )
    print(f"calibration  error {found.calibration_error:.4f}")
