"""Runs: one SQLite file that is the whole truth of a search."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foolery.runs.buffer import Births as Births
    from foolery.runs.errors import RunFileError as RunFileError
    from foolery.runs.event import Event as Event
    from foolery.runs.history import History as History
    from foolery.runs.history import Moment as Moment
    from foolery.runs.individual import Individual as Individual
    from foolery.runs.reader import open_run_file as open_run_file
    from foolery.runs.records import Provenance as Provenance
    from foolery.runs.records import RunSettings as RunSettings
    from foolery.runs.reign import ChampionRow as ChampionRow
    from foolery.runs.reign import Reign as Reign
    from foolery.runs.runfile import RunFile as RunFile
    from foolery.runs.stages import Stages as Stages
    from foolery.runs.stages import StageTimes as StageTimes
    from foolery.runs.writer import RunWriter as RunWriter

_HOMES = {
    "Births": "buffer",
    "ChampionRow": "reign",
    "Event": "event",
    "History": "history",
    "Individual": "individual",
    "Moment": "history",
    "Provenance": "records",
    "Reign": "reign",
    "RunFile": "runfile",
    "RunFileError": "errors",
    "RunSettings": "records",
    "RunWriter": "writer",
    "StageTimes": "stages",
    "Stages": "stages",
    "open_run_file": "reader",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'foolery.runs' has no attribute {name!r}; it has: {', '.join(_HOMES)}")
    return getattr(import_module(f"foolery.runs.{_HOMES[name]}"), name)
