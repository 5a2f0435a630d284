"""Shelf: the runs, audits and arms races that lie in a folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from foolery.errors import UsageError
from foolery.runs.database import RUN_DB

Kind: TypeAlias = Literal["run", "audit", "contest"]

AUDIT, CONTEST = "audit.json", "contest.json"
FILES: dict[str, Kind] = {AUDIT: "audit", CONTEST: "contest", RUN_DB: "run"}
"""What makes a folder an audit, an arms race or a run; the first that is there counts."""

DEEPEST = 4  # folders below the one that is named
MOST = 1000


@dataclass(frozen=True)
class Found:
    """A run, an audit or an arms race: its folder, and its path from the folder that was searched."""

    folder: Path
    name: str
    kind: Kind


def kind_of(path: Path) -> Kind | None:
    """What lies in a folder, or what a file is; None for a folder that may hold runs, or nothing."""
    if path.is_file():
        return FILES.get(path.name)
    return next((kind for name, kind in FILES.items() if (path / name).is_file()), None)


def found_in(folder: Path) -> list[Found]:
    """What lies in a folder and those below it, by name; links are not followed, what is found not entered.

    Raises:
        UsageError: there is no such folder, nothing in it, or more than 1000 of them.
    """
    if not folder.is_dir():
        raise UsageError(f"report: {folder} does not exist; name a run, an audit, or a folder of them")
    found: list[Found] = []
    for place, below, _ in os.walk(folder):
        here = Path(place)
        depth = len(here.relative_to(folder).parts)
        kind = kind_of(here) if depth else None
        if kind is not None:
            found.append(Found(here, here.relative_to(folder).as_posix(), kind))
        below[:] = sorted(below) if kind is None and depth < DEEPEST else []
        if len(found) > MOST:
            raise UsageError(f"report: {folder} holds more than {MOST} runs; name one of its folders")
    if not found:
        raise UsageError(f"report: no run and no audit lies in {folder}; name a folder with some below it")
    return sorted(found, key=lambda each: each.name)
