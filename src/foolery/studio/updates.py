"""News: what has changed in a run since a page was told last, as JSON types."""

from __future__ import annotations

import asyncio
import json
import shlex
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from foolery.errors import FooleryError
from foolery.report.run_view import spaced
from foolery.report.wording import duration, number
from foolery.runs.live import Glance, Holder, glancing
from foolery.runs.records import Moment, RunSettings
from foolery.studio.images import Pictures, address, handful
from foolery.studio.library import Entry, age_of, stamp_of, without_path
from foolery.studio.queue import BusyError, Desk
from foolery.text import format_score, nines

GENERATIONS: dict[str, int | None] = {"evolve": 200, "ascend": None}  # where the command names none
_NAMES = ("-n", "--generations", "--steps")


@dataclass(frozen=True)
class Pace:
    """Of the last generations.

    Attributes:
        goal: the last generation that the command asked for; None where no command line says it.
        limited: whether a budget may end the run earlier.
        rate: queries a second; None before two generations are stored.
        left: seconds until the goal, at the rate of the last generations.
    """

    goal: int | None
    limited: bool
    rate: float | None
    left: float | None


def pace_of(command: str, earlier: Moment | None, last: Moment | None) -> Pace:
    """The pace between two moments of a run that ``command`` started."""
    words = _words(command)
    goal, limited = _goal(words), any(word.partition("=")[0] == "--budget" for word in words)
    if earlier is None or last is None or last.seconds <= earlier.seconds:
        return Pace(goal, limited, None, None)
    seconds = last.seconds - earlier.seconds
    ahead = None if goal is None else max(0, goal - last.generation)
    each = seconds / max(1, last.generation - earlier.generation)
    return Pace(
        goal, limited, (last.queries - earlier.queries) / seconds, None if ahead is None else ahead * each
    )


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return []


def _goal(words: list[str]) -> int | None:
    if len(words) < 2 or words[0] != "foolery" or words[1] not in GENERATIONS:
        return None
    goal = GENERATIONS[words[1]]
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if name in _NAMES:
            told = (value if equals else following).replace("_", "")
            goal = int(told) if told.isascii() and told.isdigit() and len(told) < 10 else goal
    return goal


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


LOOK = 0.4  # seconds between two looks at the file's time stamps
BEAT = 10.0  # seconds of silence after which the browser is told that somebody is there


async def stream(
    entry: Entry, pictures: Pictures, desk: Desk, seen: str | None, closing: Callable[[], bool]
) -> AsyncIterator[bytes]:
    """Events ``news`` and ``champions`` until the run ends, then ``end``; ``trouble`` if it is unreadable.

    Args:
        entry: the run.
        pictures: draw the champions, at ``desk``, before their addresses are told.
        desk: where drawing is done.
        seen: the id of the last event that the browser has.
        closing: says when to end early.
    """
    mark, since = _place(seen)
    stamp, trouble, spoken = None, "", 0.0
    while not closing():
        now = await asyncio.to_thread(stamp_of, entry)
        if now != stamp:
            try:
                news = await asyncio.to_thread(news_of, entry, since, mark)
                yield _event("news", news.told)
                step = handful(news.settings)
                for at in range(0, len(news.holders), step):
                    part = news.holders[at : at + step]
                    drawn = await desk.do(lambda part=part: pictures.hang(entry, part))  # type: ignore[misc]
                    yield _event("champions", champions_told(entry, news.settings, drawn))
                    if closing():
                        return
                mark, since, stamp, trouble = news.mark, news.generation, now, ""
                yield _event("read", None, f"{mark}.{since}")
                spoken = time.monotonic()
                if news.ended:
                    yield _event("end", None)
                    return
            except BusyError:
                pass  # once more, later
            except FooleryError as error:
                stamp, said = now, without_path(entry, str(error))
                if said != trouble:
                    yield _event("trouble", said)
                trouble = said
        if time.monotonic() - spoken > BEAT:
            spoken, stamp = time.monotonic(), None if trouble else stamp
            yield b": still here\n\n"
        await asyncio.sleep(LOOK)


def _event(
    name: str, told: Mapping[str, object] | list[dict[str, object]] | str | None, key: str = ""
) -> bytes:
    lines = [f"event: {name}", f"data: {json.dumps(told, allow_nan=False)}"]
    return ("\n".join(lines + ([f"id: {key}"] if key else [])) + "\n\n").encode()


def _place(seen: str | None) -> tuple[str | None, int]:
    """The mark and generation in an event's id."""
    mark, dot, generation = (seen or "").partition(".")
    if not dot or not generation.isascii() or not generation.isdigit() or len(generation) > 12:
        return None, -1
    return mark, int(generation)
