"""The desk: one thing at a time, behind a short queue."""

import asyncio
import threading

import pytest

from foolery.errors import UsageError
from foolery.studio.queue import BusyError, WorkQueue


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
        waiting[1].cancel()  # whoever asked for it left; it keeps its place until it is done
        gate.set()
        assert await waiting[0] == "a"
        assert await waiting[2] == "c"
        assert await desk.run(lambda: 1) == 1

    asyncio.run(main())
    desk.close()
    assert [name for name, _ in done] == ["a", "b", "c"]
    assert len({thread for _, thread in done}) == 1


def test_what_fails_at_the_desk_fails_for_who_asked():
    async def main():
        with pytest.raises(UsageError, match="no"):
            await WorkQueue().run(lambda: (_ for _ in ()).throw(UsageError("no")))

    asyncio.run(main())
