"""Runs: one SQLite file that is the whole truth of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.runs.buffer import NewElites as NewElites
    from foolery.runs.errors import RunFileError as RunFileError
    from foolery.runs.reader import open_run_file as open_run_file
    from foolery.runs.records import ChampionRow as ChampionRow
    from foolery.runs.records import Event as Event
    from foolery.runs.records import GenerationStats as GenerationStats
    from foolery.runs.records import History as History
    from foolery.runs.records import Individual as Individual
    from foolery.runs.records import Provenance as Provenance
    from foolery.runs.records import Replacement as Replacement
    from foolery.runs.records import RunFile as RunFile
    from foolery.runs.records import RunSettings as RunSettings
    from foolery.runs.records import TimingHistory as TimingHistory
    from foolery.runs.records import Timings as Timings
    from foolery.runs.writer import RunWriter as RunWriter

__all__ = [
    "ChampionRow",
    "Event",
    "GenerationStats",
    "History",
    "Individual",
    "NewElites",
    "Provenance",
    "Replacement",
    "RunFile",
    "RunFileError",
    "RunSettings",
    "RunWriter",
    "TimingHistory",
    "Timings",
    "open_run_file",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "ChampionRow": "foolery.runs.records",
        "Event": "foolery.runs.records",
        "GenerationStats": "foolery.runs.records",
        "History": "foolery.runs.records",
        "Individual": "foolery.runs.records",
        "NewElites": "foolery.runs.buffer",
        "open_run_file": "foolery.runs.reader",
        "Provenance": "foolery.runs.records",
        "Replacement": "foolery.runs.records",
        "RunFile": "foolery.runs.records",
        "RunFileError": "foolery.runs.errors",
        "RunSettings": "foolery.runs.records",
        "RunWriter": "foolery.runs.writer",
        "TimingHistory": "foolery.runs.records",
        "Timings": "foolery.runs.records",
    },
)
