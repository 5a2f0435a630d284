"""The desk: one thing at a time, behind a short queue."""

import asyncio
import threading
from contextlib import ExitStack

import pytest

from foolery.errors import UsageError
from foolery.studio.queue import BusyError, Uploads, WorkQueue


def test_a_desk_does_one_thing_at_a_time_and_takes_no_more_than_its_queue():
    desk, gate, done = WorkQueue(capacity=3), threading.Event(), []

    def work(name):
        gate.wait(10)
        done.append((name, threading.current_thread().name))
        return name

    async def main():
        waiting = [asyncio.ensure_future(desk.run(lambda name=name: work(name))) for name in "abc"]
        await asyncio.sleep(0.05)
        with pytest.raises(BusyError):
            await desk.run(lambda: work("d"))
        waiting[1].cancel()  # whoever asked for it left before it was begun: it is not done
        await asyncio.sleep(0.05)  # or the desk may be quicker than the news of it
        gate.set()
        assert await waiting[0] == "a"
        assert await waiting[2] == "c"
        assert await desk.run(lambda: 1) == 1

    asyncio.run(main())
    desk.close()
    assert [name for name, _ in done] == ["a", "c"]
    assert len({thread for _, thread in done}) == 1


def test_what_fails_at_the_desk_fails_for_who_asked():
    async def main():
        with pytest.raises(UsageError, match="no"):
            await WorkQueue().run(lambda: (_ for _ in ()).throw(UsageError("no")))

    asyncio.run(main())


def test_what_does_not_get_its_turn_in_time_is_refused_and_never_done():
    desk, gate, done = WorkQueue(patience=0.1), threading.Event(), []

    async def main():
        first = asyncio.ensure_future(desk.run(lambda: gate.wait(10)))
        await asyncio.sleep(0.01)
        with pytest.raises(BusyError):
            await desk.run(lambda: done.append(1))
        gate.set()
        assert await first
        assert await desk.run(lambda: 2) == 2

    asyncio.run(main())
    desk.close()
    assert done == []


def test_bodies_have_few_places_and_one_stranger_no_more_than_half():
    uploads = Uploads(4)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(uploads.one("192.0.2.1", own=False))
        with pytest.raises(BusyError), uploads.one("192.0.2.1", own=False):
            pass
        for _ in range(2):
            stack.enter_context(uploads.one("127.0.0.1", own=True))
        with pytest.raises(BusyError), uploads.one("192.0.2.2", own=False):
            pass
    with uploads.one("192.0.2.1", own=False):
        pass
