"""Worker threads: the one pool that renderer and classifier share, so that they take turns.

Compiled functions and single-threaded inference sessions release the GIL; a worker is a Python thread that
runs them on chunks of a batch. Two pools that spin beside each other collapse on few cores; one does not.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache

from foolery.errors import UsageError
from foolery.processors import processor_count


def worker_count() -> int:
    """``FOOLERY_THREADS`` where it is set, else the processors that this process may use, quotas included."""
    setting = os.environ.get("FOOLERY_THREADS")
    if setting is None:
        return _processors()
    if not setting.isdigit() or not 1 <= int(setting) <= 1024:
        raise UsageError(f"FOOLERY_THREADS: expected a whole number from 1 to 1024, got {setting!r}")
    return int(setting)


@lru_cache(maxsize=1)
def _processors() -> int:
    return processor_count()


class _Thread(threading.local):
    """State of a thread: whether it is a worker now."""

    is_worker = False


_thread = _Thread()


def free_workers() -> int:
    """Workers that ``parallel_for`` would use here: one, where this thread is a worker itself."""
    return 1 if _thread.is_worker else worker_count()


@lru_cache(maxsize=4)
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=workers, thread_name_prefix="foolery-worker")


def parallel_for(
    work: Callable[[int, int], object], count: int, *, chunk: int, workers: int | None = None
) -> None:
    """Call ``work(start, stop)`` for consecutive chunks of ``range(count)``, on all workers.

    A chunk has ``chunk`` items (the last one what is left), so what is computed for one never depends on
    the number of workers. The calling thread is a worker too, and each takes the next chunk when it is done
    with one. A loop within a worker runs on that worker alone. Returns when every chunk is done; the
    exception of the first chunk that failed is raised here.
    """
    starts = range(0, count, chunk)
    workers = min(free_workers() if workers is None or _thread.is_worker else workers, len(starts))
    if workers <= 1:
        for start in starts:
            work(start, min(start + chunk, count))
        return
    left, errors = deque(starts), dict[int, Exception]()

    def worker() -> None:
        _thread.is_worker = True
        try:
            while left:
                try:
                    start = left.popleft()
                except IndexError:  # another worker was faster
                    return
                try:
                    work(start, min(start + chunk, count))
                except Exception as error:  # raised below, once nothing runs any more
                    errors[start] = error
        finally:
            _thread.is_worker = False

    pool = _pool(workers)
    futures = [pool.submit(worker) for _ in range(workers - 1)]
    try:
        worker()
    finally:
        left.clear()  # an interrupt may have left some
        _await(futures)
    if errors:
        raise errors[min(errors)]


def _await(futures: list[Future[None]]) -> None:
    """Wait for workers to end; one that has not begun, in a pool that is busy elsewhere, is not needed."""
    for future in futures:
        if not future.cancel():
            future.result()
