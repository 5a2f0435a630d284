"""``foolery evaluate``: a classifier on labelled data."""

from __future__ import annotations

import sys
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

from foolery.cli._data import ReadingProgress
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
from foolery.cli._stage_bars import stage_bars
from foolery.stages import is_watched

if TYPE_CHECKING:
    from foolery.checks.accuracy import EvaluationResult
    from foolery.classifiers.base import Kind
    from foolery.data import LabelledData

_NAMED = 5  # unreadable images that are named


def evaluate(
    classifier: Annotated[str, typer.Argument(metavar="REF", help="The classifier.")],
    data: Annotated[str, typer.Option("--data", metavar="DATA", help="Labelled images.")] = "mnist",
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
    """Measure accuracy and confidence of a classifier on labelled images.

    DATA is mnist, cifar10, folder:DIR (one folder for each class) or parquet:FILE.
    """
    from foolery.checks.accuracy import evaluate as measure
    from foolery.data import load_data
    from foolery.data.contents import contents_dict
    from foolery.data.labelled import WatchedData
    from foolery.data.opened import data_for

    with stage_bars("evaluate"):
        loaded = load(classifier, backend, card, device, class_names, trust, changes, precision)
        with data_for(loaded.description.classes):
            images = load_data(data, split)
        result = measure(loaded, images if is_watched() else WatchedData(images, ReadingProgress()))
    note_unreadable(images, as_json=as_json)
    if as_json:
        about = {"classifier": classifier, "data": data, "split": split, "contents": contents_dict(images)}
        print_json({**about, **result.to_dict()})
        return
    print(f"{classifier} ({loaded.description.backend}) on {data} ({split}, {result.images} images)")
    print(*lines(result, loaded.description.kind), sep="\n")


def lines(result: EvaluationResult, kind: Kind) -> list[str]:
    """The figures, one line for each group."""
    from foolery.text import format_score

    overall, right, wrong = (
        format_score(value, kind)
        for value in (
            result.median_confidence,
            result.median_confidence_right,
            result.median_confidence_wrong,
        )
    )
    table = [
        f"top-1        {result.top1:.2%}   (error {result.error:.2%})",
        f"top-5        {result.top5:.2%}",
        f"confidence   median {overall}; correct predictions {right}, wrong ones {wrong}",
    ]
    if isfinite(result.calibration_error):
        table.append(f"calibration  error {result.calibration_error:.4f}")
    return [*table, f"time         {result.seconds:.1f} s ({result.images / result.seconds:,.0f} images/s)"]


def note_unreadable(data: LabelledData, *, as_json: bool) -> None:
    """Say which images were left out while reading, by reason; on standard error the first ones by name."""
    from foolery.data.contents import reading_lines

    lines = reading_lines(data)
    if lines:
        print(*lines, sep="\n", file=sys.stderr if as_json else sys.stdout, flush=True)
    for line in data.unreadable[:_NAMED]:
        note(f"  {line}")
    if len(data.unreadable) > _NAMED:
        note(f"  and {len(data.unreadable) - _NAMED} more")
