"""``foolery transfer``: do images evolved against one classifier fool others?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foolery.cli._options import BackendOption, ClassNamesOption, DeviceOption, TrustOption, load
from foolery.cli._output import console, note, print_json
from foolery.cli._runs import runs_in
from foolery.cli._stage_bars import stage_bars
from foolery.errors import UsageError

if TYPE_CHECKING:
    from foolery.analysis.transfer_matrix import TransferMatrix

_NAMED = 5  # missing classes that are named
_HEAD = (
    "evolved against",
    "scored by",
    "images",
    "match",
    "class",
    "if match",
    "if not",
    "≥99 %",
    "≥99.99 %",
)


def transfer(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="Runs, or folders of runs.")],
    classifier: Annotated[
        list[str],
        typer.Option("--classifier", "-c", metavar="REF", help="Scores the champions; repeatable."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Write a page with heat maps to this folder."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Write into a folder that holds other files.")
    ] = False,
    backend: BackendOption = "auto",
    device: DeviceOption = "auto",
    class_names: ClassNamesOption = None,
    trust: TrustOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score the champions of runs with other classifiers.

    Classes are matched by name. Name the classifier of the runs as well, to compare.
    """
    from foolery.analysis.transferability import transfer as score
    from foolery.engine.run import open_run

    if len(set(classifier)) < len(classifier):
        raise UsageError("--classifier: the same classifier is named twice; name each once")
    if overwrite and out is None:
        raise UsageError("--overwrite needs --out")
    page = None
    with stage_bars("transfer"):
        results = [open_run(path) for path in runs_in(runs)]
        classifiers = [load(each, backend, None, device, class_names, trust, None) for each in classifier]
        matrix = score(results, classifiers)
        for line in matrix.notes:
            note(f"note: {line}")
        if out is not None:
            from foolery.report import write_report

            page = write_report(matrix, out, overwrite=overwrite)
    if as_json:
        print_json({**matrix.to_dict(), "page": None if page is None else str(page)})
        return
    print_table(matrix)
    if page is not None:
        print(page)


def print_table(matrix: TransferMatrix) -> None:
    """One line per row and column, the classifiers' pooled runs last."""
    from rich import box
    from rich.table import Table

    from foolery.report.transfer_page import transfer_rows

    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    for name in _HEAD[:2]:
        table.add_column(name, overflow="fold")  # names are whole, on several lines if need be
    for name in _HEAD[2:]:
        table.add_column(name, justify="right", no_wrap=True)
    several = any(row.runs > 1 for row in matrix.pooled)
    for rows in (matrix.rows, matrix.pooled) if several else (matrix.pooled,):
        for line in transfer_rows(rows, matrix.columns):
            table.add_row(*line)
        table.add_section()
    console().print(table)
    print("match: share of images with the target class as top prediction; class: mean confidence in the")
    print("target class; if match, if not: mean confidence of the top prediction where it matches and where")
    print("not; ≥: share of images with at least this confidence in the target class from both classifiers")
    for column, names in zip(matrix.columns, matrix.unmatched, strict=True):
        if names:
            shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
            print(f"excluded for {column}, which has no such class: {len(names)} ({shown})")
