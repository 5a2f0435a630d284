"""The queue for rendering and classifying: one task at a time, few that wait."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

QUEUE_LENGTH = 16
MAX_UPLOADS = 8  # bodies that are received at a time
PATIENCE = 30.0  # seconds that a task may wait before its turn


class BusyError(Exception):
    """The queue is full."""


class WorkQueue:
    """One thread; its methods are called from one event loop.

    Attributes:
        capacity: tasks that may wait or run at a time.
        patience: seconds that a task may wait before its turn.
    """

    def __init__(self, capacity: int = QUEUE_LENGTH, patience: float = PATIENCE) -> None:
        self.capacity, self.patience = capacity, patience
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="studio")
        self._pending = 0

    async def run(self, work: Callable[[], T]) -> T:
        """What ``work`` returns. Once begun it runs to its end even where nobody waits for it any more.

        Raises:
            BusyError: the queue is full, or its turn did not come.
        """
        self.check_room()
        self._pending += 1
        task = self._pool.submit(work)
        future = asyncio.wrap_future(task)
        future.add_done_callback(self._done)
        try:
            done, _ = await asyncio.wait([future], timeout=self.patience)
        except asyncio.CancelledError:
            task.cancel()  # of no effect once it is begun
            raise
        if not done and task.cancel():
            raise BusyError
        return await asyncio.shield(future)

    def check_room(self) -> None:
        """Raise BusyError where the queue is full."""
        if self._pending >= self.capacity:
            raise BusyError

    def _done(self, future: asyncio.Future[T]) -> None:
        self._pending -= 1
        if not future.cancelled():
            future.exception()  # nobody may be left to ask for it

    def close(self) -> None:
        """Drop the tasks that wait."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class Uploads:
    """How many bodies are being received: few at a time, and of one client no more than half of them.

    Args:
        capacity: bodies at a time.
    """

    def __init__(self, capacity: int = MAX_UPLOADS) -> None:
        self._capacity, self._of_client = capacity, Counter[str]()

    @contextmanager
    def one(self, client: str, *, own: bool) -> Iterator[None]:
        """Room for one body, within the block; all of this machine's clients have one address (``own``).

        Raises:
            BusyError: there is none.
        """
        most = self._capacity if own else self._capacity // 2
        if self._of_client.total() >= self._capacity or self._of_client[client] >= most:
            raise BusyError
        self._of_client[client] += 1
        try:
            yield
        finally:
            self._of_client[client] -= 1
            if not self._of_client[client]:
                del self._of_client[client]
