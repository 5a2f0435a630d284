"""Scribe: a thread that does what it is handed, in order, while the search goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import NamedTuple

AHEAD = 32
"""At most so many pieces of work wait; then the search waits too."""

HEAVIEST = 2**28
"""Likewise bytes that waiting work keeps alive."""

_PAUSE = 0.001


class _Task(NamedTuple):
    work: Callable[[], object]
    weight: int
    reply: SimpleQueue[None] | None


class Scribe:
    """The first failure ends its work: what was handed over after it is dropped.

    Attributes:
        fault: that failure, or None.
        busy: seconds of work done.
    """

    def __init__(self) -> None:
        self.fault: BaseException | None = None
        self.busy = 0.0
        # C code, and reentrant: an interrupt in ``put`` leaves it whole, which that of queue.Queue does not.
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._handed, self._done = 0, 0  # bytes; each is written by one thread only
        self._thread = threading.Thread(target=self._run, name="foolery-scribe", daemon=True)
        self._thread.start()

    def hand(self, work: Callable[[], object], weight: int = 0) -> None:
        """Have ``work`` done, after all that was handed over before; ``weight`` is in bytes.

        Raises:
            BaseException: what earlier work failed with.
        """
        while (self._tasks.qsize() >= AHEAD or self._handed - self._done > HEAVIEST) and not self.fault:
            time.sleep(_PAUSE)
        self._raise_fault()
        self._handed += weight
        self._tasks.put(_Task(work, weight, None))

    def wait(self, work: Callable[[], object]) -> None:
        """Have ``work`` done, and wait until it is; raises what it, or earlier work, failed with."""
        self._raise_fault()
        reply: SimpleQueue[None] = SimpleQueue()
        self._tasks.put(_Task(work, 0, reply))
        reply.get()
        self._raise_fault()

    def end(self) -> None:
        """Wait until all is done, and let the thread go; it may be called again after an interrupt."""
        self._tasks.put(None)
        self._thread.join()

    def _raise_fault(self) -> None:
        if self.fault is not None:
            raise self.fault

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            start = time.perf_counter()
            if self.fault is None:
                try:
                    task.work()
                except BaseException as error:
                    self.fault = error
            self.busy += time.perf_counter() - start
            self._done += task.weight
            if task.reply is not None:
                task.reply.put(None)
