"""``foolery report``: a gallery of runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="Folders of runs.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder to write to.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Write also into a folder with other files.")
    ] = False,
) -> None:
    """Write a gallery of one or more runs as a web page that needs no network."""
    from foolery.experiments.exhibit import open_run
    from foolery.report import write_report

    print(write_report([open_run(path) for path in runs], out, overwrite=overwrite))
