"""Lanes: the one pool of threads that renderer and classifier share, so that they take turns.

Kernels and single-threaded inference sessions release the GIL; a lane is a Python thread that runs
them over its share of a batch. Two pools that spin beside each other collapse on few cores; one does not.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from foolery.errors import UsageError


def available() -> int:
    """Lanes to use: ``FOOLERY_THREADS`` where it is set, else the processors this process may use."""
    asked = os.environ.get("FOOLERY_THREADS")
    if asked is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    if not asked.isdigit() or not 1 <= int(asked) <= 1024:
        raise UsageError(f"FOOLERY_THREADS: expected a whole number from 1 to 1024, got {asked!r}")
    return int(asked)


@lru_cache(maxsize=4)
def _pool(lanes: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=lanes, thread_name_prefix="foolery-lane")


def share(work: Callable[[int, int], None], count: int, *, grain: int, lanes: int | None = None) -> None:
    """Call ``work(start, stop)`` for consecutive slices of ``range(count)``, on all lanes.

    Slices hold ``grain`` items (the last one what is left), so what a slice computes never depends
    on the number of lanes. Returns when every slice is done; the first exception is raised here.
    """
    starts = range(0, count, grain)
    lanes = available() if lanes is None else lanes
    if lanes == 1 or len(starts) <= 1:
        for start in starts:
            work(start, min(start + grain, count))
        return
    futures = [_pool(lanes).submit(work, start, min(start + grain, count)) for start in starts]
    errors = [future.exception() for future in futures]
    for error in errors:
        if error is not None:
            raise error
