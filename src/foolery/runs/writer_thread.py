"""The thread that writes a run: work is done in order, while the search continues."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import NamedTuple

MAX_PENDING = 32
"""Pieces of work that may wait; when there are more, the search waits too."""

MAX_PENDING_BYTES = 2**28
"""Bytes that waiting work may keep alive; likewise."""

_PAUSE = 0.001
_LINGER = 0.02
"""Seconds for which work waits for more of it: a search is busiest with Python right after it submitted some,
and would have to wait for whoever holds the interpreter."""


class _Task(NamedTuple):
    work: Callable[[], object]
    weight: int
    reply: SimpleQueue[None] | None


class WriterThread:
    """Does work in order; the first failure ends it, and later work is dropped.

    Attributes:
        fault: that failure, or None.
        busy_seconds: seconds of work done.
    """

    def __init__(self) -> None:
        self.fault: BaseException | None = None
        self.busy_seconds = 0.0
        # C code, and reentrant: an interrupt in ``put`` leaves it whole, which that of queue.Queue does not.
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        # Pieces of work and bytes; each counter is written by one thread only.
        self._submitted, self._done = 0, 0
        self._submitted_bytes, self._done_bytes = 0, 0
        self._thread = threading.Thread(target=self._run, name="foolery-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[], object], weight: int = 0) -> None:
        """Have ``work`` done, after all that was submitted before; ``weight`` is in bytes.

        Raises:
            BaseException: what earlier work failed with.
        """
        while self._is_far_ahead() and not self.fault:
            time.sleep(_PAUSE)
        self._raise_fault()
        self._submitted += 1
        self._submitted_bytes += weight
        self._tasks.put(_Task(work, weight, None))

    def submit_and_wait(self, work: Callable[[], object]) -> None:
        """Have ``work`` done, and wait until it is; raises what it, or earlier work, failed with."""
        self._raise_fault()
        reply: SimpleQueue[None] = SimpleQueue()
        self._submitted += 1
        self._tasks.put(_Task(work, 0, reply))
        reply.get()
        self._raise_fault()

    def join(self) -> None:
        """Wait until all is done, and end the thread; it may be called again after an interrupt."""
        self._tasks.put(None)
        self._thread.join()

    def _raise_fault(self) -> None:
        if self.fault is not None:
            raise self.fault

    def _is_far_ahead(self) -> bool:
        return (
            self._submitted - self._done >= MAX_PENDING
            or self._submitted_bytes - self._done_bytes > MAX_PENDING_BYTES
        )

    def _run(self) -> None:
        while True:
            for task in self._next_tasks():
                if task is None:
                    return
                self._do(task)

    def _next_tasks(self) -> list[_Task | None]:
        """The next piece of work, and what comes soon after it."""
        tasks = [self._tasks.get()]
        deadline = time.monotonic() + _LINGER
        while tasks[-1] is not None and tasks[-1].reply is None and len(tasks) < MAX_PENDING // 2:
            try:
                tasks.append(self._tasks.get(timeout=max(0.0, deadline - time.monotonic())))
            except Empty:
                break
        return tasks

    def _do(self, task: _Task) -> None:
        start = time.perf_counter()
        if self.fault is None:
            try:
                task.work()
            except BaseException as error:
                self.fault = error
        self.busy_seconds += time.perf_counter() - start
        self._done += 1
        self._done_bytes += task.weight
        if task.reply is not None:
            task.reply.put(None)
