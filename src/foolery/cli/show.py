"""``foolery show``: the state of runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foolery.cli._output import console, print_json
from foolery.cli._run_summary import lines, median_at, over_runs, profile
from foolery.cli._runs import runs_in
from foolery.errors import UsageError
from foolery.text import THRESHOLDS, format_confidence

if TYPE_CHECKING:
    from foolery.engine.run import RunResult


def show(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="Runs, folders of runs, or a board.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the state of runs: one run with its champions, several as a table.

    Of a board every cell, and what fails.

    With --json: the list "runs", figures over them in "over_runs", and for a single run its fields.
    """
    from foolery.engine.run import open_run

    boards = [path for path in runs if (path / "board.json").is_file()]
    if boards:
        if len(runs) > 1:
            raise UsageError(f"RUN: {boards[0]} is a board; show it alone")
        show_board(boards[0], as_json=as_json)
        return
    results = [open_run(path) for path in runs_in(runs)]
    if as_json:
        print_json(as_object(results))
    elif len(results) == 1:
        print(*lines(results[0]), *profile([results[0].summary]), sep="\n")
        print_champions(results[0])
    else:
        print_table(results)


def show_board(folder: Path, *, as_json: bool) -> None:
    """Every cell of a board with its figures, then what failed or stands still."""
    from foolery.sweep import board_status, stored_plan
    from foolery.sweep.table import board_cells, flat

    plan = stored_plan(folder)
    if plan is None:
        raise UsageError(f"RUN: {folder} is no board any more")
    status = board_status(plan, folder)
    cells = board_cells(status)
    if as_json:
        print_json({**status.to_dict(), "cells": [flat(cell) for cell in cells]})
        return
    from rich import box
    from rich.table import Table

    from foolery.report.board_page import HEAD, figure_texts, search_name

    table = Table("classifier", "search", "state", "seeds", *HEAD, box=box.SIMPLE)
    for cell in cells:
        table.add_row(cell.classifier, search_name(cell), cell.state, str(cell.seeds), *figure_texts(cell))
    console().print(table)
    print(f"board       {', '.join(f'{count} {state}' for state, count in status.counts.items() if count)}")
    for one in status.of("failed", "stalled", "running"):
        share = f"{100 * one.queries // one.piece.queries} % done"
        print(f"{one.state:<12}{one.piece.name}: {one.reason or share}")


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
