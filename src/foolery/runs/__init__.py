"""Runs: one SQLite file that is the whole truth of a search; ``docs/run-file.md`` describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.runs.buffer import NewElites as NewElites
    from foolery.runs.errors import RunFileError as RunFileError
    from foolery.runs.live import LiveChampion as LiveChampion
    from foolery.runs.live import LiveRun as LiveRun
    from foolery.runs.live import RunHead as RunHead
    from foolery.runs.live import open_live_run as open_live_run
    from foolery.runs.live import read_run_head as read_run_head
    from foolery.runs.reader import open_run_file as open_run_file
    from foolery.runs.records import ChampionRow as ChampionRow
    from foolery.runs.records import Event as Event
    from foolery.runs.records import GenerationStats as GenerationStats
    from foolery.runs.records import History as History
    from foolery.runs.records import Individual as Individual
    from foolery.runs.records import Replacement as Replacement
    from foolery.runs.records import RunFile as RunFile
    from foolery.runs.records import TimingHistory as TimingHistory
    from foolery.runs.records import Timings as Timings
    from foolery.runs.settings import OptionValue as OptionValue
    from foolery.runs.settings import Provenance as Provenance
    from foolery.runs.settings import RunSettings as RunSettings
    from foolery.runs.writer import RunWriter as RunWriter

__all__ = [
    "ChampionRow",
    "Event",
    "GenerationStats",
    "History",
    "Individual",
    "LiveChampion",
    "LiveRun",
    "NewElites",
    "OptionValue",
    "Provenance",
    "Replacement",
    "RunFile",
    "RunFileError",
    "RunHead",
    "RunSettings",
    "RunWriter",
    "TimingHistory",
    "Timings",
    "open_live_run",
    "open_run_file",
    "read_run_head",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "ChampionRow": "foolery.runs.records",
        "Event": "foolery.runs.records",
        "GenerationStats": "foolery.runs.records",
        "History": "foolery.runs.records",
        "Individual": "foolery.runs.records",
        "LiveChampion": "foolery.runs.live",
        "LiveRun": "foolery.runs.live",
        "NewElites": "foolery.runs.buffer",
        "OptionValue": "foolery.runs.settings",
        "Provenance": "foolery.runs.settings",
        "Replacement": "foolery.runs.records",
        "RunFile": "foolery.runs.records",
        "RunFileError": "foolery.runs.errors",
        "RunHead": "foolery.runs.live",
        "RunSettings": "foolery.runs.settings",
        "RunWriter": "foolery.runs.writer",
        "TimingHistory": "foolery.runs.records",
        "Timings": "foolery.runs.records",
        "open_live_run": "foolery.runs.live",
        "open_run_file": "foolery.runs.reader",
        "read_run_head": "foolery.runs.live",
    },
)
