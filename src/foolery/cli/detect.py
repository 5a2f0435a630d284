"""``foolery detect``: detectors of unusual images against images that were made from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foolery.cli._options import BackendOption, DeviceOption, TrustOption, load, whole_number
from foolery.cli._output import console, note, print_json
from foolery.errors import UsageError

if TYPE_CHECKING:
    from foolery.detection.table import DetectionTable, Estimate


def detect(
    classifiers: Annotated[
        list[str] | None, typer.Argument(metavar="REF", help="Classifiers of the same data.")
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", metavar="DATA", help="Real images; their test split is used.")
    ] = None,
    fit: Annotated[
        str, typer.Option("--fit", metavar="DATA", help="Real images to fit on; their training split.")
    ] = "",
    detectors: Annotated[
        str, typer.Option("--detectors", metavar="NAME,NAME", help="All that work, if left out.")
    ] = "",
    other: Annotated[
        list[str] | None,
        typer.Option("--other", metavar="DATA", help="Real images of other data; repeatable."),
    ] = None,
    budget: Annotated[
        int,
        typer.Option("--budget", metavar="QUERIES", parser=whole_number, help="Of each search; 0 for none."),
    ] = 5000,
    seeds: Annotated[
        int, typer.Option("--seeds", metavar="N", parser=whole_number, help="Repetitions of all searches.")
    ] = 1,
    seed: Annotated[int, typer.Option("--seed", metavar="N", parser=whole_number, help="The first.")] = 0,
    images: Annotated[
        int, typer.Option("--images", metavar="N", parser=whole_number, help="Real images to test on.")
    ] = 1000,
    fit_images: Annotated[
        int, typer.Option("--fit-images", metavar="N", parser=whole_number, help="Real images to fit on.")
    ] = 2000,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Folder for every score and the table.")
    ] = None,
    scores: Annotated[
        list[Path] | None,
        typer.Option("--scores", metavar="FILE", help="Print the table of stored scores; repeatable."),
    ] = None,
    list_names: Annotated[bool, typer.Option("--list", help="List the detectors, and do nothing.")] = False,
    backend: BackendOption = "auto",
    device: DeviceOption = "auto",
    trust: TrustOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure whether detectors tell images that were made from nothing from real ones.

    Noise and patterns, evolved images and gradient ascent: made without knowing the detector, and against it.
    """
    if list_names:
        print_names(as_json=as_json)
        return
    if scores:
        from foolery.detection import make_table, read_scores

        show(make_table([each for file in scores for each in read_scores(file)]), as_json=as_json)
        return
    if not classifiers:
        raise UsageError("REF: name a classifier, or --list for the detectors")
    if data is None:
        raise UsageError("--data: real images are what detectors compare with; name some, for instance mnist")
    from foolery.detection.runner import DetectionPlan
    from foolery.detection.runner import detect as measure

    plan = DetectionPlan(
        data=data,
        fit=fit,
        detectors=tuple(filter(None, detectors.split(","))),
        others=tuple(other or ()),
        queries=budget,
        seeds=seeds,
        seed=seed,
        images=images,
        fit_images=fit_images,
        out=out,
    )
    first, *rest = [load(each, backend, None, device, None, trust, None) for each in classifiers]
    table = measure(first, plan, *rest, on_progress=note)
    show(table, as_json=as_json)
    if out is not None and not as_json:
        print(out)


def show(table: DetectionTable, *, as_json: bool) -> None:
    """Print the table; notes go to standard error."""
    for line in table.notes:
        note(f"note: {line}")
    if as_json:
        print_json(table.to_dict())
    else:
        print_table(table)


def print_names(*, as_json: bool) -> None:
    """Every detector with one line about it."""
    from foolery.detectors.registry import list_detectors

    lines = list_detectors()
    if as_json:
        print_json(lines)
        return
    width = max(map(len, lines))
    for name, about in lines.items():
        print(f"{name:<{width}}  {about}")


def print_table(table: DetectionTable) -> None:
    """One line for each detector and set: AUROC, FPR95 and AUPR with their intervals."""
    from rich import box
    from rich.table import Table

    lines = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    lines.add_column("detector", no_wrap=True)
    lines.add_column("set", overflow="fold")
    for name in ("images", "AUROC", "FPR95", "AUPR"):
        lines.add_column(name, justify="right", no_wrap=True)
    last = ""
    for row in table.rows:
        if row.detector != last and last:
            lines.add_section()
        last = row.detector
        values = [_with_interval(value) for value in (row.auroc, row.fpr95, row.aupr)]
        lines.add_row(row.detector, row.set, f"{row.images:,}", *values)
    console().print(lines)
    print("FPR95: share of the set that passes where 95 % of the real images do; knowing-: made against the")
    print("detector; an image that the classifier does not give its class counts as the most unusual")


def _with_interval(value: Estimate) -> str:
    return f"{value.value:.3f} ({value.low:.2f}–{value.high:.2f})"
