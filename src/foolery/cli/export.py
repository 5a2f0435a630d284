"""``foolery export``: champions as files, of one run or as a data set of many."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foolery.cli._options import real_number
from foolery.cli._output import print_json
from foolery.errors import UsageError


def export(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN|AUDIT|FOLDER", help="A run; with --to also audits, and folders."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder to write to.")],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="folder|parquet", help="A data set: labels, sources, card, splits."),
    ] = None,
    test: Annotated[
        float | None,
        typer.Option(
            "--test", metavar="SHARE", parser=real_number, help="Of runs, for testing (default: 0.2)."
        ),
    ] = None,
    least: Annotated[
        float | None,
        typer.Option("--at-least", metavar="P", parser=real_number, help="Leave out less certain champions."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write the champions of a run as PNG files, with champions.json beside them.

    --to makes one labelled data set of many runs and audits, each picture once, split by run.
    """
    if to is not None:
        export_set(runs, out, to, 0.2 if test is None else test, least or 0.0, overwrite, as_json=as_json)
        return
    if len(runs) > 1:
        raise UsageError("RUN: several are exported as one set; give --to folder or --to parquet")
    for option, value in (("--test", test), ("--at-least", least)):
        if value is not None:
            raise UsageError(f"{option}: is for sets; give --to folder or --to parquet")
    from foolery.audit.schema import FILE
    from foolery.fooling_sets import export as write

    if (runs[0] / FILE).is_file():
        raise UsageError(f"RUN: {runs[0]} is an audit; give --to folder or --to parquet")
    written = write(runs[0], out, overwrite=overwrite)
    assert isinstance(written, list)
    if as_json:
        print_json({"out": str(out), "images": len(written)})
    else:
        print(f"{len(written)} files in {out}")


def export_set(
    runs: list[Path], out: Path, to: str, test: float, least: float, overwrite: bool, *, as_json: bool
) -> None:
    """Write a fooling set and say what is in it."""
    from foolery.fooling_sets.write import CARD_FILE, make_fooling_set

    fooling_set = make_fooling_set(
        runs, out, form=to, test_share=test, min_confidence=least, overwrite=overwrite
    )
    if as_json:
        print_json({"out": str(out), **fooling_set.to_dict()})
        return
    counts = ", ".join(f"{count:,} in {split}" for split, count in fooling_set.images.items())
    print(
        f"images      {counts}, of {len(fooling_set.runs)} {'run' if len(fooling_set.runs) == 1 else 'runs'}"
    )
    print(f"left out    {fooling_set.duplicates:,} duplicates, {fooling_set.uncertain:,} less certain")
    if fooling_set.duplicates:
        print("            a picture that is the best of several classes stays with the one it is surest of")
    if len(fooling_set.images) == 1:
        only = next(iter(fooling_set.images))
        print(f"split       all in {only}: splits are by run, and here is one")
    print(f"card        {out / CARD_FILE}")
