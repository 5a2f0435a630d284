"""News: what has changed in a run since a page was told last, as JSON types."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from foolery.hardening.contest import files_of
from foolery.report.run_view import spaced
from foolery.report.wording import duration, number
from foolery.runs.database import companions
from foolery.runs.history import Moment
from foolery.runs.live import Glance, Holder, glancing
from foolery.runs.records import RunSettings
from foolery.studio.images import address
from foolery.studio.library import Entry
from foolery.studio.pace import Pace, pace_of
from foolery.text import format_score, nines

RECENT = 20  # generations over which the pace is taken
POINTS = 500  # of the curve
Kind = Literal["softmax", "sigmoid", "similarity"]


@dataclass(frozen=True)
class News:
    """One state of a run, as far as it is new to somebody.

    Attributes:
        settings: of the run.
        mark: of the run; another one means that another run was put in its place.
        generation: until which the news goes.
        ended: whether no more will come.
        told: state, pace and the new points of the curve.
        holders: new champions.
    """

    settings: RunSettings
    mark: str
    generation: int
    ended: bool
    told: dict[str, object]
    holders: Sequence[Holder]


def news_of(entry: Entry, since: int, mark: str | None) -> News:
    """What happened after generation ``since`` of the run ``mark``; everything where another run lies there.

    Raises:
        RunFileError: it cannot be read.
    """
    with glancing(entry.folder) as glance:
        fresh = mark != glance.mark or since > glance.generation
        since = -1 if fresh else since
        return News(
            settings=glance.settings,
            mark=glance.mark,
            generation=glance.generation,
            ended=glance.status != "running",
            told={"fresh": fresh, **state_of(entry, glance), "points": _points(glance, since)},
            holders=glance.holders(since),
        )


def state_of(entry: Entry, glance: Glance) -> dict[str, object]:
    """Where a run stands; every number as it is shown."""
    last, kind = glance.before(0), glance.settings.kind
    pace = pace_of(glance.provenance.command, glance.before(RECENT), last)
    age = age_of(entry)
    return {
        "status": glance.status,
        "begun": last is not None,
        "generation": number(glance.generation) if last else "–",
        "goal": None if pace.goal is None else number(pace.goal),
        "share": None if not pace.goal or last is None else min(1.0, last.generation / pace.goal),
        "queries": number(last.queries) if last else "–",
        "median": spaced(format_score(last.median, kind)) if last else "–",
        "least": spaced(format_score(last.least, kind)) if last else "–",
        "time": duration(last.seconds) if last else "–",
        "rate": number(pace.rate),
        "left": _left(pace, age) if glance.status == "running" else None,
        "age": round(age, 1),
    }


def champions_told(entry: Entry, settings: RunSettings, holders: Sequence[Holder]) -> list[dict[str, object]]:
    """Champions as pages show them."""
    return [
        {
            "cell": holder.cell,
            "label": settings.classes[settings.cells[holder.cell]],
            "confidence": holder.confidence,
            "shown": spaced(format_score(holder.confidence, settings.kind)),
            "generation": number(holder.generation),
            "picture": address(entry, holder.canvas_hash, "webp"),
        }
        for holder in holders
    ]


def stamp_of(entry: Entry) -> tuple[tuple[int, int], ...]:
    """Changes when the run, audit or arms race is written to."""
    files = [entry.file]
    if entry.kind == "run":
        files += companions(entry.file)[:1]  # the shared memory beside it changes when it is read, too
    elif entry.kind == "contest":
        files += files_of(entry.folder)
    stamps = []
    for path in files:
        try:
            found = path.stat()
        except OSError:
            stamps.append((0, 0))
        else:
            stamps.append((found.st_mtime_ns, found.st_size))
    return tuple(stamps)


def age_of(entry: Entry) -> float:
    """Seconds since the run was written to."""
    return max(0.0, time.time() - max(stamp[0] for stamp in stamp_of(entry)) / 1e9)


def _points(glance: Glance, since: int) -> list[list[object]]:
    return [_point(moment, glance.settings.kind) for moment in glance.moments(since, POINTS)]


def _point(moment: Moment, kind: Kind) -> list[object]:
    """Generation; median, mean and least on the scale on which they are drawn; the median in words."""
    values = (moment.median, moment.mean, moment.least)
    scaled = values if kind == "similarity" else tuple(nines(value) for value in values)
    return [moment.generation, *(round(value, 4) for value in scaled), format_score(moment.median, kind)]


def _left(pace: Pace, age: float) -> str | None:
    if pace.left is None:
        return None
    seconds, word = max(0.0, pace.left - age), "at most" if pace.limited else "about"
    if seconds < 90:
        return f"{word} {5 * max(1, round(seconds / 5))} s"
    return f"{word} {round(seconds / 60)} min" if seconds < 5400 else f"{word} {round(seconds / 3600)} h"
