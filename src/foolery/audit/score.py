"""Score: figures of an audit from two tables, how good the best picture is and when the threshold was passed.

Both tables have a row for each seed and a column for each class. Queries are those of the attack that is
quickest for a class, counted from its own start (see ``standing``). A class that is fooled after q queries
adds the area under its step, ``(log B - log max(q, 100)) / (log B - log 100)`` with B the budget: 1 where it
fell within the first hundred pictures, 0 where it never fell. The score is 100 less a hundred times the mean
of these: the area under fooled@keep95 over log10 queries, class by class.
"""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from foolery.audit.schema import Curve, Interval
from foolery.errors import UsageError

FIRST = 100
"""Queries from which on the score counts."""
DRAWS = 2000
NEVER = np.inf


def check_queries(queries: int) -> int:
    """``queries``; raises UsageError for a budget that leaves the score no room."""
    if queries < 10 * FIRST:
        raise UsageError(f"--budget: expected at least {10 * FIRST} queries, got {queries}")
    return queries


def areas(passed: NDArray[np.float64], queries: int) -> NDArray[np.float64]:
    """``(S, K)`` from 0 to 1: the area under each class's step.

    Args:
        passed: ``(S, K) float64`` queries when the threshold was first passed; infinite for never.
        queries: the budget of one seed, more than ``FIRST``.
    """
    late = np.clip(passed, FIRST, queries)
    found: NDArray[np.float64] = np.log(queries / late) / log(queries / FIRST)
    return found


def score(passed: NDArray[np.float64], queries: int) -> float:
    """From 0, everything fooled at once, to 100, nothing fooled."""
    return 100.0 * (1.0 - float(areas(passed, queries).mean()))


def curve(passed: NDArray[np.float64], seed: int) -> Curve:
    """fooled@keep95 after each query at which it rose, from ``(K,)``."""
    when, count = np.unique(passed[np.isfinite(passed)], return_counts=True)
    shares = np.cumsum(count) / len(passed)
    return Curve(seed=seed, queries=tuple(int(each) for each in when), fooled=tuple(map(float, shares)))


def queries_to(share: float, passed: NDArray[np.float64]) -> float | None:
    """Queries until ``share`` of the classes were fooled, the median of the seeds; None for never."""
    need = int(np.ceil(share * passed.shape[1] - 1e-9))
    when = float(np.median(np.sort(passed, axis=1)[:, max(0, need - 1)]))
    return when if np.isfinite(when) else None


def bootstrap(per_class: NDArray[np.float64], scale: float = 1.0, base: float = 0.0) -> Interval:
    """``base + scale * mean`` over classes, with a 95 % interval of resampled classes.

    It says how far the figure depends on which classes there happen to be, not how far on chance in the
    search; the same numbers give the same interval.
    """
    draw = np.random.default_rng(0).integers(0, len(per_class), (DRAWS, len(per_class)))
    means = base + scale * per_class[draw].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(value=base + scale * float(per_class.mean()), low=float(low), high=float(high))
