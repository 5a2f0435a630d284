"""Desk: where all drawing and classifying is done, one thing after the other, behind a short queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

QUEUE = 16


class BusyError(Exception):
    """So much waits already that nothing more is taken."""


class Desk:
    """One thread; its methods are called from one event loop.

    Attributes:
        most: things that may wait or be done at a time.
    """

    def __init__(self, most: int = QUEUE) -> None:
        self.most = most
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="studio")
        self._taken = 0

    async def do(self, work: Callable[[], T]) -> T:
        """What ``work`` returns. It is done to the end even where nobody waits for it any more.

        Raises:
            BusyError: the queue is full.
        """
        if self._taken >= self.most:
            raise BusyError
        self._taken += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._done)
        return await asyncio.shield(future)

    def _done(self, future: asyncio.Future[T]) -> None:
        self._taken -= 1
        if not future.cancelled():
            future.exception()  # nobody may be left to ask for it

    def close(self) -> None:
        """Forget what waits."""
        self._pool.shutdown(wait=False, cancel_futures=True)
