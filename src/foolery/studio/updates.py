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
from foolery.runs.live import LiveChampion, LiveRun, open_live_run
from foolery.runs.records import GenerationStats, RunSettings
from foolery.studio.images import ChampionPictures, address, batch_size
from foolery.studio.library import LibraryEntry, file_stamps, redact_path, seconds_since_write
from foolery.studio.queue import BusyError, WorkQueue
from foolery.text import format_score, nines

GENERATIONS: dict[str, int | None] = {"evolve": 200, "ascend": None}  # where the command names none
_NAMES = ("-n", "--generations", "--steps")


@dataclass(frozen=True)
class Eta:
    """Of the last generations.

    Attributes:
        goal: the last generation that the command asked for; None where no command line says it.
        limited: whether a budget may end the run earlier.
        rate: queries a second; None before two generations are stored.
        remaining: seconds until the goal, at the rate of the last generations.
    """

    goal: int | None
    limited: bool
    rate: float | None
    remaining: float | None


def estimate_eta(command: str, earlier: GenerationStats | None, last: GenerationStats | None) -> Eta:
    """The pace between two moments of a run that ``command`` started."""
    words = _words(command)
    goal, limited = _goal(words), any(word.partition("=")[0] == "--budget" for word in words)
    if earlier is None or last is None or last.seconds <= earlier.seconds:
        return Eta(goal, limited, None, None)
    seconds = last.seconds - earlier.seconds
    generations = None if goal is None else max(0, goal - last.generation)
    each = seconds / max(1, last.generation - earlier.generation)
    return Eta(
        goal,
        limited,
        (last.queries - earlier.queries) / seconds,
        None if generations is None else generations * each,
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
            digits = (value if equals else following).replace("_", "")
            goal = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else goal
    return goal


RECENT = 20  # generations over which the pace is taken
MAX_POINTS = 500  # of the curve
Kind = Literal["softmax", "sigmoid", "similarity"]


@dataclass(frozen=True)
class RunUpdate:
    """One state of a run, as far as it is new to somebody.

    Attributes:
        settings: of the run.
        mark: of the run; another one means that another run was put in its place.
        generation: until which the news goes.
        ended: whether no more will come.
        state: state, pace and the new points of the curve.
        holders: new champions.
    """

    settings: RunSettings
    mark: str
    generation: int
    ended: bool
    state: dict[str, object]
    holders: Sequence[LiveChampion]


def read_update(entry: LibraryEntry, since: int, mark: str | None) -> RunUpdate:
    """What happened after generation ``since`` of the run ``mark``; everything where another run lies there.

    Raises:
        RunFileError: it cannot be read.
    """
    with open_live_run(entry.folder) as live:
        fresh = mark != live.run_id or since > live.generation
        since = -1 if fresh else since
        return RunUpdate(
            settings=live.settings,
            mark=live.run_id,
            generation=live.generation,
            ended=live.status != "running",
            state={"fresh": fresh, **state_json(entry, live), "points": _points(live, since)},
            holders=live.champions(since),
        )


def state_json(entry: LibraryEntry, live: LiveRun) -> dict[str, object]:
    """Where a run stands; every number as it is shown."""
    last, kind = live.earlier_stats(0), live.settings.kind
    eta = estimate_eta(live.provenance.command, live.earlier_stats(RECENT), last)
    age = seconds_since_write(entry)
    return {
        "status": live.status,
        "begun": last is not None,
        "generation": number(live.generation) if last else "–",
        "goal": None if eta.goal is None else number(eta.goal),
        "share": None if not eta.goal or last is None else min(1.0, last.generation / eta.goal),
        "queries": number(last.queries) if last else "–",
        "median": spaced(format_score(last.median, kind)) if last else "–",
        "least": spaced(format_score(last.min, kind)) if last else "–",
        "time": duration(last.seconds) if last else "–",
        "rate": number(eta.rate),
        "left": _remaining_text(eta, age) if live.status == "running" else None,
        "age": round(age, 1),
    }


def champions_json(
    entry: LibraryEntry, settings: RunSettings, champions: Sequence[LiveChampion]
) -> list[dict[str, object]]:
    """Champions as pages show them."""
    return [
        {
            "cell": champion.cell,
            "label": settings.classes[settings.cells[champion.cell]],
            "confidence": champion.confidence,
            "shown": spaced(format_score(champion.confidence, settings.kind)),
            "generation": number(champion.generation),
            "picture": address(entry, champion.canvas_hash, "webp"),
        }
        for champion in champions
    ]


def _points(live: LiveRun, since: int) -> list[list[object]]:
    return [_point(stats, live.settings.kind) for stats in live.generation_stats(since, MAX_POINTS)]


def _point(stats: GenerationStats, kind: Kind) -> list[object]:
    """Generation; median, mean and least on the scale on which they are drawn; the median in words."""
    values = (stats.median, stats.mean, stats.min)
    scaled = values if kind == "similarity" else tuple(nines(value) for value in values)
    return [stats.generation, *(round(value, 4) for value in scaled), format_score(stats.median, kind)]


def _remaining_text(eta: Eta, age: float) -> str | None:
    if eta.remaining is None:
        return None
    seconds, word = max(0.0, eta.remaining - age), "at most" if eta.limited else "about"
    if seconds < 90:
        return f"{word} {5 * max(1, round(seconds / 5))} s"
    return f"{word} {round(seconds / 60)} min" if seconds < 5400 else f"{word} {round(seconds / 3600)} h"


POLL_SECONDS = 0.4  # seconds between two looks at the file's time stamps
HEARTBEAT_SECONDS = 10.0  # seconds of silence after which the browser is told that somebody is there


async def stream(
    entry: LibraryEntry,
    pictures: ChampionPictures,
    queue: WorkQueue,
    seen: str | None,
    closing: Callable[[], bool],
) -> AsyncIterator[bytes]:
    """Events ``update`` and ``champions`` until the run ends, then ``end``; ``trouble`` if it is unreadable.

    Args:
        entry: the run.
        pictures: draw the champions, at ``queue``, before their addresses are told.
        queue: where drawing is done.
        seen: the id of the last event that the browser has.
        closing: says when to end early.
    """
    mark, since = _parse_event_id(seen)
    stamp, trouble, spoken = None, "", 0.0
    while not closing():
        now = await asyncio.to_thread(file_stamps, entry)
        if now != stamp:
            try:
                update = await asyncio.to_thread(read_update, entry, since, mark)
                yield _event("news", update.state)
                step = batch_size(update.settings)
                for at in range(0, len(update.holders), step):
                    part = update.holders[at : at + step]
                    rendered = await queue.run(lambda part=part: pictures.prepare(entry, part))  # type: ignore[misc]
                    yield _event("champions", champions_json(entry, update.settings, rendered))
                    if closing():
                        return
                mark, since, stamp, trouble = update.mark, update.generation, now, ""
                yield _event("read", None, f"{mark}.{since}")
                spoken = time.monotonic()
                if update.ended:
                    yield _event("end", None)
                    return
            except BusyError:
                pass  # once more, later
            except FooleryError as error:
                stamp, text = now, redact_path(entry, str(error))
                if text != trouble:
                    yield _event("trouble", text)
                trouble = text
        if time.monotonic() - spoken > HEARTBEAT_SECONDS:
            spoken, stamp = time.monotonic(), None if trouble else stamp
            yield b": still here\n\n"
        await asyncio.sleep(POLL_SECONDS)


def _event(
    name: str, data: Mapping[str, object] | list[dict[str, object]] | str | None, key: str = ""
) -> bytes:
    lines = [f"event: {name}", f"data: {json.dumps(data, allow_nan=False)}"]
    return ("\n".join(lines + ([f"id: {key}"] if key else [])) + "\n\n").encode()


def _parse_event_id(seen: str | None) -> tuple[str | None, int]:
    """The mark and generation in an event's id."""
    mark, dot, generation = (seen or "").partition(".")
    if not dot or not generation.isascii() or not generation.isdigit() or len(generation) > 12:
        return None, -1
    return mark, int(generation)
