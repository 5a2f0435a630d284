"""``foolery preflight``: check that a classifier keeps its contract."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from foolery.cli._data import ReadingProgress
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
from foolery.cli._stage_bars import stage_bars
from foolery.cli.evaluate import note_unreadable
from foolery.errors import GateError
from foolery.stages import is_watched

if TYPE_CHECKING:
    from foolery.checks.preflight_result import PreflightResult


def preflight(
    classifier: Annotated[str, typer.Argument(metavar="REF", help="The classifier to check.")],
    data: Annotated[
        str | None, typer.Option("--data", metavar="DATA", help="Labelled images, for the accuracy.")
    ] = None,
    split: Annotated[str, typer.Option("--split", metavar="train|test")] = "test",
    max_images: Annotated[
        int, typer.Option("--max-images", metavar="N", parser=whole_number, help="At most so many images.")
    ] = 1000,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings, too.")] = False,
    backend: BackendOption = "auto",
    card: CardOption = None,
    device: DeviceOption = "auto",
    class_names: ClassNamesOption = None,
    trust: TrustOption = False,
    changes: SetOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a classifier: one line each, pass, warn or fail. Exit code 1 when one fails."""
    from foolery.checks.preflight_result import check_max_images
    from foolery.checks.preflight_result import preflight as check
    from foolery.data import load_data
    from foolery.data.labelled import WatchedData
    from foolery.data.opened import data_for

    check_max_images(max_images)
    with stage_bars("preflight"):
        loaded = load(classifier, backend, card, device, class_names, trust, changes)
        images = watched = None
        if data is not None:
            with data_for(loaded.description.classes):
                images = load_data(data, split)
            watched = images if is_watched() else WatchedData(images, ReadingProgress())
        result = check(loaded, watched, max_images)
    if images is not None:
        note_unreadable(images, as_json=as_json)
    passed = result.passed(strict=strict)
    if as_json:
        print_json({**result.to_dict(), "classifier": classifier, "passed": passed, "strict": strict})
    else:
        print(*table(result), sep="\n")
    if not passed:
        count = Counter(each.status for each in result)
        raise GateError(f"preflight: {count['fail']} checks failed, {count['warn']} warned")


def table(result: PreflightResult) -> list[str]:
    """The description, and one line for each check."""
    description = result.classifier.description
    shape = description.canvas
    colour = "gray" if shape.channels == 1 else "RGB"
    head = [
        f"classifier  {description.name} ({description.backend}, {description.device}, fingerprint "
        f"{description.fingerprint[:12]})",
        f"canvas      {colour} {shape.height} x {shape.width}, {description.kind}",
    ]
    preprocessing = result.to_dict()["description"]["preprocessing"]
    if preprocessing:
        crop = (
            "whole canvas"
            if preprocessing["crop"] is None
            else f"crop {preprocessing['crop']['height']} x {preprocessing['crop']['width']}"
        )
        head.append(
            f"input       {crop}, (pixel * {preprocessing['scale']:.6g} - {short(preprocessing['mean'])}) "
            f"/ {short(preprocessing['std'])}, "
            f"{preprocessing['channel_order']}, {preprocessing['layout']}"
        )
    width = max(len(each.name) for each in result)
    return [*head, *(f"{each.status}  {each.name:<{width}}  {each.message}" for each in result)]


def short(values: list[float]) -> str:
    """One number where all are the same, else all of them."""
    shown = [f"{value:.4g}" for value in values]
    return shown[0] if len(set(shown)) == 1 else f"[{', '.join(shown)}]"
