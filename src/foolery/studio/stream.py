"""Stream: a run in progress as server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html
The address of an event is how far it goes, so that a browser that reconnects is told only what it has missed.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping

from foolery.errors import FooleryError
from foolery.studio.images import Pictures, handful
from foolery.studio.library import Entry
from foolery.studio.queue import BusyError, Desk
from foolery.studio.run_list import without_path
from foolery.studio.updates import champions_told, news_of, stamp_of

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
