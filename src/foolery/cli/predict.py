"""``foolery predict``: the top predictions of a classifier for image files."""

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
    classifier: Annotated[str, typer.Argument(metavar="REF", help="The classifier.")],
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE", help="Image files.")],
    top: Annotated[
        int, typer.Option("--top", metavar="N", parser=whole_number, help="Predictions to show.")
    ] = 5,
    backend: BackendOption = "auto",
    card: CardOption = None,
    device: DeviceOption = "auto",
    class_names: ClassNamesOption = None,
    trust: TrustOption = False,
    changes: SetOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the top predictions of a classifier for image files, with their confidences."""
    from foolery.checks.accuracy import predict as ask

    if top < 1:
        raise UsageError(f"--top: expected at least 1 prediction, got {top}")
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
            {"class": one.name, "index": one.index, "confidence": one.confidence} for one in prediction.top
        ],
    }


def lines(prediction: Prediction, kind: Kind) -> list[str]:
    """A prediction as a small table."""
    from foolery.text import format_score

    height, width = prediction.size
    resized = ", resized to the canvas" if prediction.resized else ""
    names = max(len(one.name) for one in prediction.top)
    return [
        f"{prediction.path} ({height} x {width}{resized})",
        *(f"  {one.name:<{names}}  {format_score(one.confidence, kind):>11}" for one in prediction.top),
    ]
