"""``foolery show``: the state of runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foolery.cli._output import console, print_json
from foolery.cli._run_summary import lines, median_at, over_runs, profile
from foolery.text import THRESHOLDS, format_confidence

if TYPE_CHECKING:
    from foolery.engine.run import RunResult


def show(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="Folders of runs.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the state of runs: one run with its champions, several as a table.

    With --json: the list "runs", figures over them in "over_runs", and for a single run its fields.
    """
    from foolery.engine.run import open_run

    results = [open_run(path) for path in runs]
    if as_json:
        print_json(as_object(results))
    elif len(results) == 1:
        print(*lines(results[0]), *profile([results[0].summary]), sep="\n")
        print_champions(results[0])
    else:
        print_table(results)


def as_object(results: list[RunResult]) -> dict[str, object]:
    """What ``--json`` prints."""
    entries = [{**result.summary, "median_at": median_at(result)} for result in results]
    figures: dict[str, object] = {
        "runs": entries,
        "over_runs": over_runs([median_at(result) for result in results]),
    }
    return {**entries[0], **figures} if len(entries) == 1 else figures


def print_champions(result: RunResult) -> None:
    """One line per champion."""
    from rich import box
    from rich.table import Table

    table = Table("class", "confidence", "generation", box=box.SIMPLE)
    for champion in result.champions.values():
        table.add_row(champion.label, format_confidence(champion.confidence), str(champion.generation))
    console().print(table)


def print_table(results: list[RunResult]) -> None:
    """One line per run, then how many runs reach which median."""
    from rich import box
    from rich.table import Table

    marks = ("50", "200", "last")
    names = ("run", "classifier", "encoding", "seed", "generations", "median at 50", "at 200", "last")
    table = Table(*names, box=box.SIMPLE)
    medians_of_runs = [median_at(result) for result in results]
    for result, medians in zip(results, medians_of_runs, strict=True):
        settings = result.settings
        at_marks = [format_confidence(medians[mark]) if mark in medians else "-" for mark in marks]
        table.add_row(
            result.name,
            settings.classifier,
            settings.encoding,
            str(settings.seed),
            str(result.summary["generations"]),
            *at_marks,
        )
    console().print(table)
    for bound in (bound for bound in THRESHOLDS if bound >= 0.99):
        reached = [
            f"{sum(each.get(mark, 0) >= bound for each in medians_of_runs)} at {mark}" for mark in marks
        ]
        print(
            f"median of {format_confidence(bound)} or more, of {len(medians_of_runs)} runs: "
            f"{', '.join(reached)}"
        )
