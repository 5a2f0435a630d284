"""Runs: one SQLite file that is the whole truth of a search."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foolery.runs.event import Event as Event
    from foolery.runs.fault import RunFileError as RunFileError
    from foolery.runs.history import History as History
    from foolery.runs.history import Moment as Moment
    from foolery.runs.individual import Individual as Individual
    from foolery.runs.journal import Births as Births
    from foolery.runs.reader import open_run_file as open_run_file
    from foolery.runs.reign import ChampionRow as ChampionRow
    from foolery.runs.reign import Reign as Reign
    from foolery.runs.runfile import RunFile as RunFile
    from foolery.runs.settings import Provenance as Provenance
    from foolery.runs.settings import RunSettings as RunSettings
    from foolery.runs.stages import Stages as Stages
    from foolery.runs.stages import StageTimes as StageTimes
    from foolery.runs.writer import RunWriter as RunWriter

_HOMES = {
    "Births": "journal",
    "ChampionRow": "reign",
    "Event": "event",
    "History": "history",
    "Individual": "individual",
    "Moment": "history",
    "Provenance": "settings",
    "Reign": "reign",
    "RunFile": "runfile",
    "RunFileError": "fault",
    "RunSettings": "settings",
    "RunWriter": "writer",
    "StageTimes": "stages",
    "Stages": "stages",
    "open_run_file": "reader",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'foolery.runs' has no attribute {name!r}; it has: {', '.join(_HOMES)}")
    return getattr(import_module(f"foolery.runs.{_HOMES[name]}"), name)
