"""``foolery evaluate``: a classifier on labelled data."""

from __future__ import annotations

from dataclasses import asdict
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

from foolery.cli._options import (
    BackendOption,
    CardOption,
    ClassNamesOption,
    DeviceOption,
    PrecisionOption,
    SetOption,
    TrustOption,
    load,
)
from foolery.cli._output import note, print_json

if TYPE_CHECKING:
    from foolery.checks.accuracy import Evaluation
    from foolery.classifiers.base import Kind

_NAMED = 5  # unreadable pictures that are named


def evaluate(
    classifier: Annotated[str, typer.Argument(metavar="REF", help="What to measure.")],
    data: Annotated[str, typer.Option("--data", metavar="DATA", help="Labelled pictures.")] = "mnist",
    split: Annotated[str, typer.Option("--split", metavar="train|test")] = "test",
    backend: BackendOption = "auto",
    card: CardOption = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "float32",
    class_names: ClassNamesOption = None,
    trust: TrustOption = False,
    changes: SetOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure how often a classifier is right about labelled pictures, and how sure it is.

    DATA is mnist, cifar10, folder:DIR (one folder for each class) or parquet:FILE.
    """
    from foolery.checks.accuracy import evaluate as measure

    loaded = load(classifier, backend, card, device, class_names, trust, changes, precision)
    found = measure(loaded, data, split)
    note_unreadable(list(found.unreadable))
    if as_json:
        figures = {
            name: value if not isinstance(value, float) or isfinite(value) else None
            for name, value in asdict(found).items()
        }
        print_json({"classifier": classifier, "data": data, "split": split, **figures})
        return
    print(f"{classifier} ({loaded.description.backend}) on {data} ({split}, {found.images} pictures)")
    print(*lines(found, loaded.description.kind), sep="\n")


def lines(found: Evaluation, kind: Kind) -> list[str]:
    """The figures, one line for each group."""
    from foolery.text import format_score

    everything, right, wrong = (
        format_score(value, kind)
        for value in (
            found.median_confidence,
            found.median_confidence_right,
            found.median_confidence_wrong,
        )
    )
    said = [
        f"top-1        {found.top1:.2%}   (error {found.error:.2%})",
        f"top-5        {found.top5:.2%}",
        f"confidence   median {everything}; of right answers {right}, of wrong ones {wrong}",
    ]
    if isfinite(found.calibration_error):
        said.append(f"calibration  error {found.calibration_error:.4f}")
    if found.matched_by == "position":
        said.append("classes      matched by position: data and classifier have no class name in common")
    return [*said, f"time         {found.seconds:.1f} s ({found.images / found.seconds:,.0f} pictures/s)"]


def note_unreadable(unreadable: list[str]) -> None:
    """Say on standard error which pictures were left out, the first ones by name."""
    if not unreadable:
        return
    note(f"left out: {len(unreadable)} pictures that cannot be read")
    for said in unreadable[:_NAMED]:
        note(f"  {said}")
    if len(unreadable) > _NAMED:
        note(f"  and {len(unreadable) - _NAMED} more")
