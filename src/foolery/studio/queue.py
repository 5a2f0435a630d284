"""The queue for rendering and classifying: one task at a time, few that wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

QUEUE_LENGTH = 16


class BusyError(Exception):
    """The queue is full."""


class WorkQueue:
    """One thread; its methods are called from one event loop.

    Attributes:
        capacity: tasks that may wait or run at a time.
    """

    def __init__(self, capacity: int = QUEUE_LENGTH) -> None:
        self.capacity = capacity
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="studio")
        self._pending = 0

    async def run(self, work: Callable[[], T]) -> T:
        """What ``work`` returns. It runs to its end even where nobody waits for it any more.

        Raises:
            BusyError: the queue is full.
        """
        if self._pending >= self.capacity:
            raise BusyError
        self._pending += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._done)
        return await asyncio.shield(future)

    def _done(self, future: asyncio.Future[T]) -> None:
        self._pending -= 1
        if not future.cancelled():
            future.exception()  # nobody may be left to ask for it

    def close(self) -> None:
        """Drop the tasks that wait."""
        self._pool.shutdown(wait=False, cancel_futures=True)
