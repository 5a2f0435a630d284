"""``foolery export``: champions as files, of one run or as a data set of many."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foolery.cli._options import real_number, whole_number
from foolery.cli._output import print_json
from foolery.errors import UsageError


def export(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN|AUDIT|FOLDER", help="A run; with --format also audits, and folders."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder to write to.")],
    form: Annotated[
        str | None,
        typer.Option("--format", metavar="folder|parquet", help="Write a data set with labels and splits."),
    ] = None,
    test_share: Annotated[
        float | None,
        typer.Option(
            "--test-share", metavar="SHARE", parser=real_number, help="Runs in the test split (default: 0.2)."
        ),
    ] = None,
    min_confidence: Annotated[
        float | None,
        typer.Option(
            "--min-confidence", metavar="P", parser=real_number, help="Skip champions below this confidence."
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            "--size",
            metavar="PIXELS",
            parser=whole_number,
            help="Draw the CPPNs again, the longer side so many pixels: other pictures than the scored.",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier export.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write the champions of a run as PNG files, with champions.json beside them.

    --format makes one labelled data set of many runs and audits, each image once, split by run.
    """
    if form is not None:
        if size is not None:
            raise UsageError("--size draws pictures for print, not a data set; leave --format out")
        share = 0.2 if test_share is None else test_share
        export_set(runs, out, form, share, min_confidence or 0.0, overwrite, as_json=as_json)
        return
    if len(runs) > 1:
        raise UsageError("RUN: several need a data set; give --format folder or --format parquet")
    for option, value in (("--test-share", test_share), ("--min-confidence", min_confidence)):
        if value is not None:
            raise UsageError(f"{option} needs --format folder or --format parquet")
    from foolery.audit.schema import FILE
    from foolery.fooling_sets import export as write

    if (runs[0] / FILE).is_file():
        raise UsageError(f"RUN: {runs[0]} is an audit; give --format folder or --format parquet")
    written = write(runs[0], out, overwrite=overwrite, size=size)
    assert isinstance(written, list)
    if as_json:
        print_json({"out": str(out), "images": len(written)})
    else:
        print(f"{len(written)} files in {out}")
        if size is not None:
            print(
                "drawn anew at this size: not the canvases that were scored; scored_canvas_hash names those"
            )


def export_set(
    runs: list[Path],
    out: Path,
    form: str,
    test_share: float,
    min_confidence: float,
    overwrite: bool,
    *,
    as_json: bool,
) -> None:
    """Write a fooling set and say what is in it."""
    from foolery.fooling_sets.write import CARD_FILE, make_fooling_set

    fooling_set = make_fooling_set(
        runs, out, form=form, test_share=test_share, min_confidence=min_confidence, overwrite=overwrite
    )
    if as_json:
        print_json({"out": str(out), **fooling_set.to_dict()})
        return
    counts = ", ".join(f"{count:,} in {split}" for split, count in fooling_set.images.items())
    print(
        f"images      {counts}, of {len(fooling_set.runs)} {'run' if len(fooling_set.runs) == 1 else 'runs'}"
    )
    print(
        f"skipped     {fooling_set.duplicates:,} duplicates, {fooling_set.uncertain:,} below the confidence"
    )
    if fooling_set.duplicates:
        print(
            "            an image that is the champion of several classes is kept for the most confident one"
        )
    if len(fooling_set.images) == 1:
        only = next(iter(fooling_set.images))
        print(f"split       all in {only}: splits are by run, and there is only one")
    print(f"card        {out / CARD_FILE}")
