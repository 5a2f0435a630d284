"""Runs: one SQLite file that is the whole truth of a search."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foolery.runs.buffer import Births as Births
    from foolery.runs.errors import RunFileError as RunFileError
    from foolery.runs.reader import open_run_file as open_run_file
    from foolery.runs.records import ChampionRow as ChampionRow
    from foolery.runs.records import Event as Event
    from foolery.runs.records import History as History
    from foolery.runs.records import Individual as Individual
    from foolery.runs.records import Moment as Moment
    from foolery.runs.records import Provenance as Provenance
    from foolery.runs.records import Reign as Reign
    from foolery.runs.records import RunFile as RunFile
    from foolery.runs.records import RunSettings as RunSettings
    from foolery.runs.records import Stages as Stages
    from foolery.runs.records import StageTimes as StageTimes
    from foolery.runs.writer import RunWriter as RunWriter

_HOMES = {
    "Births": "buffer",
    "ChampionRow": "records",
    "Event": "records",
    "History": "records",
    "Individual": "records",
    "Moment": "records",
    "Provenance": "records",
    "Reign": "records",
    "RunFile": "records",
    "RunFileError": "errors",
    "RunSettings": "records",
    "RunWriter": "writer",
    "StageTimes": "records",
    "Stages": "records",
    "open_run_file": "reader",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'foolery.runs' has no attribute {name!r}; it has: {', '.join(_HOMES)}")
    return getattr(import_module(f"foolery.runs.{_HOMES[name]}"), name)
