"""What changed in a run since the last update of a page, as server-sent events."""

from __future__ import annotations

import asyncio
import json
import shlex
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from foolery.errors import FooleryError
from foolery.runs import GenerationStats, LiveChampion, LiveRun, RunSettings, open_live_run
from foolery.studio.images import ChampionImages, address, batch_size
from foolery.studio.library import LibraryEntry
from foolery.studio.queue import BusyError, WorkQueue
from foolery.text import format_count, format_duration, format_score, nines, with_narrow_spaces

GENERATIONS: dict[str, int | None] = {"evolve": 200, "ascend": None}  # where the command names none
_NAMES = ("-n", "--generations", "--steps")


@dataclass(frozen=True)
class Eta:
    """When a run will end.

    Attributes:
        goal: the last generation that the command asked for; None where no command line says it.
        limited: whether a budget may end the run earlier.
        rate: queries per second; None before two generations are stored.
        remaining: seconds until the goal, at the rate of the last generations.
    """

    goal: int | None
    limited: bool
    rate: float | None
    remaining: float | None


def estimate_eta(command: str, earlier: GenerationStats | None, last: GenerationStats | None) -> Eta:
    """From the statistics of two generations of a run that ``command`` started."""
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


RECENT = 20  # generations over which the rate is measured
MAX_POINTS = 500  # of the curve
Kind = Literal["softmax", "sigmoid", "similarity"]


@dataclass(frozen=True)
class RunUpdate:
    """The state of a run, and what is new in it for one reader.

    Attributes:
        settings: of the run.
        run_id: another one means that another run was put in its place.
        generation: the last one of this update.
        ended: whether this is the last update.
        state: status, rate and the new points of the curve.
        champions: new ones.
    """

    settings: RunSettings
    run_id: str
    generation: int
    ended: bool
    state: dict[str, object]
    champions: Sequence[LiveChampion]


def read_update(entry: LibraryEntry, since: int, run_id: str | None) -> RunUpdate:
    """What happened after generation ``since`` of the run ``run_id``; everything where another run is there.

    Raises:
        RunFileError: it cannot be read.
    """
    with open_live_run(entry.folder) as live:
        fresh = run_id != live.run_id or since > live.generation
        since = -1 if fresh else since
        return RunUpdate(
            settings=live.settings,
            run_id=live.run_id,
            generation=live.generation,
            ended=live.status != "running",
            state={"fresh": fresh, **state_json(entry, live), "points": _points(live, since)},
            champions=live.champions(since),
        )


def state_json(entry: LibraryEntry, live: LiveRun) -> dict[str, object]:
    """The state of a run; every number as it is shown."""
    last, kind = live.earlier_stats(0), live.settings.kind
    eta = estimate_eta(live.provenance.command, live.earlier_stats(RECENT), last)
    age = entry.seconds_since_write()
    return {
        "status": live.status,
        "started": last is not None,
        "generation": format_count(live.generation) if last else "–",
        "goal": None if eta.goal is None else format_count(eta.goal),
        "progress": None if not eta.goal or last is None else min(1.0, last.generation / eta.goal),
        "queries": format_count(last.queries) if last else "–",
        "median": with_narrow_spaces(format_score(last.median, kind)) if last else "–",
        "min": with_narrow_spaces(format_score(last.min, kind)) if last else "–",
        "time": format_duration(last.seconds) if last else "–",
        "rate": format_count(eta.rate),
        "remaining": _remaining_text(eta, age) if live.status == "running" else None,
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
            "confidence_text": with_narrow_spaces(format_score(champion.confidence, settings.kind)),
            "generation": format_count(champion.generation),
            "image": address(entry, champion.canvas_hash, "webp"),
        }
        for champion in champions
    ]


def _points(live: LiveRun, since: int) -> list[list[object]]:
    return [_point(stats, live.settings.kind) for stats in live.generation_stats(since, MAX_POINTS)]


def _point(stats: GenerationStats, kind: Kind) -> list[object]:
    """Generation; median, mean and minimum on the scale of the curve; the median as text."""
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


POLL_SECONDS = 0.4  # between two reads of the time stamps of the run file
HEARTBEAT_SECONDS = 10.0  # of silence, after which the browser gets a sign of life


async def stream(
    entry: LibraryEntry,
    images: ChampionImages,
    queue: WorkQueue,
    last_id: str | None,
    closing: Callable[[], bool],
) -> AsyncIterator[bytes]:
    """Events ``update``, ``champions`` and ``position`` until the run ends, then ``end``; or ``failure``.

    Args:
        entry: the run.
        images: renders the champions, in ``queue``, before their addresses are sent.
        queue: for rendering.
        last_id: of the last event that the browser has.
        closing: whether to end early.
    """
    run_id, since = _parse_event_id(last_id)
    stamps, failure, last_sent = None, "", 0.0
    while not closing():
        now = await asyncio.to_thread(entry.file_stamps)
        if now != stamps:
            try:
                update = await asyncio.to_thread(read_update, entry, since, run_id)
                yield _event("update", update.state)
                step = batch_size(update.settings)
                for at in range(0, len(update.champions), step):
                    part = update.champions[at : at + step]
                    rendered = await queue.run(lambda part=part: images.prepare(entry, part))  # type: ignore[misc]
                    yield _event("champions", champions_json(entry, update.settings, rendered))
                    if closing():
                        return
                run_id, since, stamps, failure = update.run_id, update.generation, now, ""
                yield _event("position", None, f"{run_id}.{since}")
                last_sent = time.monotonic()
                if update.ended:
                    yield _event("end", None)
                    return
            except BusyError:
                pass  # again later
            except FooleryError as error:
                stamps, text = now, entry.redact_path(str(error))
                if text != failure:
                    yield _event("failure", text)
                failure = text
            except Exception as error:  # damaged in a way that nobody thought of
                yield _event("failure", f"cannot be read ({type(error).__name__})")
                return
        if time.monotonic() - last_sent > HEARTBEAT_SECONDS:
            last_sent, stamps = time.monotonic(), None if failure else stamps
            yield b": still here\n\n"
        await asyncio.sleep(POLL_SECONDS)


def _event(
    name: str, data: Mapping[str, object] | list[dict[str, object]] | str | None, key: str = ""
) -> bytes:
    lines = [f"event: {name}", f"data: {json.dumps(data, allow_nan=False)}"]
    return ("\n".join(lines + ([f"id: {key}"] if key else [])) + "\n\n").encode()


def _parse_event_id(event_id: str | None) -> tuple[str | None, int]:
    """Run id and generation in the id of an event."""
    run_id, dot, generation = (event_id or "").partition(".")
    if not dot or not generation.isascii() or not generation.isdigit() or len(generation) > 12:
        return None, -1
    return run_id, int(generation)
