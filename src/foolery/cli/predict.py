"""``foolery predict``: what a classifier sees in picture files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foolery.cli._options import (
    BackendOption,
    CardOption,
    ClassNamesOption,
    DeviceOption,
    SetOption,
    TrustOption,
    load,
    whole_number,
)
from foolery.cli._output import print_json
from foolery.errors import UsageError

if TYPE_CHECKING:
    from foolery.checks.accuracy import Prediction
    from foolery.classifiers.base import Kind


def predict(
    classifier: Annotated[str, typer.Argument(metavar="REF", help="What is asked.")],
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE", help="Picture files.")],
    top: Annotated[int, typer.Option("--top", metavar="N", parser=whole_number, help="Answers to show.")] = 5,
    backend: BackendOption = "auto",
    card: CardOption = None,
    device: DeviceOption = "auto",
    class_names: ClassNamesOption = None,
    trust: TrustOption = False,
    changes: SetOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the first answers of a classifier about picture files, and how sure it is of each."""
    from foolery.checks.accuracy import predict as ask

    if top < 1:
        raise UsageError(f"--top: expected at least 1 answer, got {top}")
    loaded = load(classifier, backend, card, device, class_names, trust, changes)
    predictions = ask(loaded, images, top)
    if as_json:
        description = loaded.description
        print_json(
            {
                "classifier": classifier,
                "fingerprint": description.fingerprint,
                "kind": description.kind,
                "images": [as_object(each) for each in predictions],
            }
        )
        return
    for number, each in enumerate(predictions):
        if number:
            print()
        print(*lines(each, loaded.description.kind), sep="\n")


def as_object(prediction: Prediction) -> dict[str, object]:
    """A prediction as JSON takes it."""
    return {
        "path": str(prediction.path),
        "height": prediction.size[0],
        "width": prediction.size[1],
        "resized": prediction.resized,
        "top": [
            {"class": answer.name, "index": answer.index, "confidence": answer.confidence}
            for answer in prediction.top
        ],
    }


def lines(prediction: Prediction, kind: Kind) -> list[str]:
    """A prediction as a small table."""
    from foolery.text import format_score

    height, width = prediction.size
    resized = ", fitted to the canvas" if prediction.resized else ""
    names = max(len(answer.name) for answer in prediction.top)
    return [
        f"{prediction.path} ({height} x {width}{resized})",
        *(
            f"  {answer.name:<{names}}  {format_score(answer.confidence, kind):>11}"
            for answer in prediction.top
        ),
    ]
