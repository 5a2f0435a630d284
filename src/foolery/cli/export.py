"""``foolery export``: champions as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder to write to.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
) -> None:
    """Write the champions of a run as PNG files, with champions.json beside them."""
    from foolery.experiments.exhibit import open_run
    from foolery.experiments.export import export_champions

    written = export_champions(open_run(run), out, overwrite=overwrite)
    print(f"{len(written)} files in {out}")
