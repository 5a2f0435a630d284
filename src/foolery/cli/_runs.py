"""Runs on the command line: a folder of runs stands for all runs in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from foolery.runs.database import RUN_DB


def runs_in(paths: Sequence[Path]) -> list[Path]:
    """Every path that is a run, and for every other folder the runs in it and below, by name.

    A path that is neither stays as it is: whoever opens it says what is wrong with it.
    """
    from foolery.report.artifact import MAX_DEPTH, walk_artifacts

    runs: list[Path] = []
    for path in paths:
        below: list[Path] = []
        if path.is_dir() and not (path / RUN_DB).is_file():
            below = sorted(
                folder for folder, kind in walk_artifacts(path, MAX_DEPTH, nested=True) if kind == "run"
            )
        runs += below or [path]
    return runs
