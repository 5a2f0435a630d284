"""Comparison: all runs of a folder in one table, and the curves of all in one plot."""

from __future__ import annotations

from collections.abc import Sequence

from foolery.errors import FooleryError
from foolery.report.wording import short_name
from foolery.runs import open_live_run
from foolery.studio.library import LibraryEntry
from foolery.text import format_count, format_duration, format_score, nines, with_narrow_spaces

#: Name, heading, and whether it is a number.
COLUMNS = (
    ("name", "run", False),
    ("classifier", "classifier", False),
    ("encoding", "encoding", False),
    ("seed", "seed", True),
    ("generation", "generation", True),
    ("queries", "queries", True),
    ("median", "median", True),
    ("min", "minimum", True),
    ("time", "time", True),
    ("state", "state", False),
)
MAX_RUNS = 300  # in the table
MAX_POINTS = 120  # of each curve


def comparison_json(entries: Sequence[LibraryEntry]) -> dict[str, object]:
    """A row for every run, with its curve; runs that cannot be read are counted."""
    runs = [entry for entry in entries if entry.kind == "run"]
    rows, unreadable = [], 0
    for entry in runs[:MAX_RUNS]:
        try:
            rows.append(_row(entry))
        except FooleryError:
            unreadable += 1
    return {"runs": rows, "unreadable": unreadable, "more": max(0, len(runs) - MAX_RUNS)}


def _row(entry: LibraryEntry) -> dict[str, object]:
    """Values to sort by, and the texts that are shown; the curve has values on the scale of the plot."""
    with open_live_run(entry.folder) as live:
        settings, last = live.settings, live.earlier_stats(0)
        stats = live.generation_stats(-1, MAX_POINTS)
    kind = settings.kind
    scaled = (lambda value: value) if kind == "similarity" else nines
    values = {
        "name": (entry.name, entry.name),
        "classifier": (settings.classifier, short_name(settings.classifier)),
        "encoding": (settings.encoding, settings.encoding),
        "seed": (settings.seed, str(settings.seed)),
        "generation": _number(None if last is None else last.generation),
        "queries": _number(None if last is None else last.queries),
        "median": (-1.0, "–") if last is None else (last.median, _confidence(last.median, kind)),
        "min": (-1.0, "–") if last is None else (last.min, _confidence(last.min, kind)),
        "time": (-1.0, "–") if last is None else (last.seconds, format_duration(last.seconds)),
        "state": (live.status, live.status),
    }
    return {
        "key": entry.key,
        "kind": kind,
        "values": {name: value for name, (value, _) in values.items()},
        "texts": {name: text for name, (_, text) in values.items()},
        "curve": [[each.queries, round(scaled(each.median), 4)] for each in stats],
    }


def _number(value: int | None) -> tuple[float, str]:
    return (-1.0, "–") if value is None else (float(value), format_count(value))


def _confidence(value: float, kind: str) -> str:
    return with_narrow_spaces(format_score(value, kind))  # type: ignore[arg-type]
