"""Real images against champions, in the figures of out-of-distribution detection.

The detector is the classifier itself: an image is rejected where its measure (see
``foolery.audit.reference``) lies below a threshold. Real images that it classifies rightly are what is to
be kept, champions what is to be rejected; a class without a champion counts as rejected. ``level`` of a
champion is the share of real images that it beats, ties counting half: the mean level over classes is 1
less the AUROC.
"""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from foolery.audit.trace import Trace
from foolery.errors import UsageError

TPRS = (0.80, 0.90, 0.95, 0.99)
MIN_QUERIES = 1000  # of a budget
FREE_PRICE = 0.01  # share of real images that counts nothing


def check_queries(queries: int) -> int:
    """``queries``; raises UsageError for a budget that is too small for a score."""
    if queries < MIN_QUERIES:
        raise UsageError(f"--budget: expected at least {MIN_QUERIES} queries, got {queries}")
    return queries


def levels(values: NDArray[np.float64], real: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of real images that each image beats, from 0 to 1; ties count half.

    Args:
        values: measures of images, of any shape; -inf for none.
        real: ``(N,) float64`` measures of real images, ascending.
    """
    below, not_above = np.searchsorted(real, values, "left"), np.searchsorted(real, values, "right")
    shares: NDArray[np.float64] = (below + not_above) / (2.0 * len(real))
    return shares


def prices(values: NDArray[np.float64], real: NDArray[np.float64]) -> NDArray[np.float64]:
    """What it costs to reject each image: from 0, at most 1 % of the real images, to 1, all of them.

    Whoever rejects an image loses the real images that it beats. The scale is logarithmic: as with queries,
    each factor counts the same, and from 1 % to 10 % is as far as from 10 % to 100 %.
    """
    shares = np.maximum(levels(values, real), FREE_PRICE)
    scaled: NDArray[np.float64] = 1.0 - np.log(shares) / log(FREE_PRICE)
    return scaled


def mean_prices(trace: Trace, real: NDArray[np.float64], classes: int, queries: int) -> NDArray[np.float64]:
    """``(K,) float64`` from 0 to 1: the best image's price, the mean over log queries from 1 to the budget.

    The price of a class is a staircase over queries q that rises at each better image; before the first
    image it is 0. A rise to a price at q counts with the share of the logarithmic axis that lies behind q.

    Args:
        trace: of one attacker and seed.
        real: measures of real images, ascending.
        classes: K.
        queries: the budget.
    """
    order = np.lexsort((trace.queries, trace.classes))
    rows, when = trace.classes[order], np.clip(trace.queries[order], 1, None)
    reached = np.maximum.accumulate(prices(trace.values[order], real) + 2.0 * rows) - 2.0 * rows
    first = np.diff(rows, prepend=-1) != 0
    rise = reached - np.where(first, 0.0, np.roll(reached, 1))
    behind = np.clip(log(queries) - np.log(when), 0.0, None) / log(queries)
    area = np.zeros(classes)
    np.add.at(area, rows, rise * behind)
    return np.clip(area, 0.0, 1.0)


def aupr(champions: NDArray[np.float64], real: NDArray[np.float64]) -> float:
    """Area under precision and recall of telling real images from champions, as average precision.

    Both sides weigh the same however many there are, so that the figure does not depend on how many classes
    and
    photos there happen to be: 0.5 is no better than guessing.

    Args:
        champions: ``(T,) float64`` measures; -inf where a class has none.
        real: ``(N,) float64``, ascending.
    """
    thresholds = np.unique(real)[::-1]
    kept = 1.0 - np.searchsorted(real, thresholds, "left") / len(real)
    ranked = np.sort(champions)
    fooled = 1.0 - np.searchsorted(ranked, thresholds, "left") / len(ranked)
    precision = kept / (kept + fooled)
    return float((np.diff(kept, prepend=0.0) * precision).sum())


def min_images(tpr: float) -> int:
    """How many real images a threshold at ``tpr`` needs: two are to lie below it."""
    return int(np.ceil(2.0 / (1.0 - tpr) - 1e-9))


def budgets(queries: int) -> tuple[int, ...]:
    """Queries at which figures are given: powers of ten from 100 on, and the budget itself."""
    powers = [10**power for power in range(2, 10) if 10**power < queries]
    return (*powers, queries)
