"""Intervals of figures that are means over seeds and classes.

A figure is the mean of a table of S seeds and T classes with entries from 0 to 1. Two things vary: which
classes there happen to be, and chance in the search. The model has both as random effects, crossed: an
entry is the sum of a mean, an effect of its class, an effect of its seed, and a rest. So the variance of
the mean is

    (variance over classes of their means over seeds) / T + (variance over seeds of their means over
    classes) / S

where the rest counts in both terms, which makes the interval a little too wide and never too narrow.
Student's t takes the place of the normal quantile, with the degrees of freedom of Welch and Satterthwaite,
since three seeds say little about their variance. The interval is Wilson's with the number of independent
classes that has the same variance, p (1 - p) / variance (Korn and Graubard 1998): it stays within 0 and 1,
and has a width where all entries are 0 or 1 alike: ten of ten classes are 100 % (72 % to 100 %) with the
normal quantile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, lgamma, log, log1p, sqrt

import numpy as np
from numpy.typing import NDArray

from foolery.audit.verdict import Interval

COVERAGE = 0.95
_NORMAL = 1.959963984540054
_TINY = 1e-300
_AT_THE_EDGE = 1e-12  # a mean so close to 0 or 1 is at it
_ROUNDING = 1e-18  # a variance so small is none


@dataclass(frozen=True)
class Spread:
    """A mean, its variance, and the degrees of freedom with which that is known."""

    mean: float
    variance: float
    freedom: float

    @property
    def quantile(self) -> float:
        """How many standard errors a 95 % interval goes to either side."""
        return student_quantile(self.freedom)


def spread(table: NDArray[np.float64]) -> Spread:
    """Of ``(S, T) float64``, by the model of this file; one seed says nothing of its variance."""
    seeds, classes = table.shape
    terms = [_mean_variance(table.mean(axis=0))] if classes > 1 else []
    terms += [_mean_variance(table.mean(axis=1))] if seeds > 1 else []
    return _combined(float(table.mean()), terms)


def difference_spread(before: NDArray[np.float64], after: NDArray[np.float64]) -> Spread:
    """Of ``after - before``, ``(S, T)`` and ``(S', T)`` over the same classes in the same order.

    Classes are paired, so that what makes a class easy for both does not count; seeds are not.
    """
    terms = [_mean_variance(after.mean(axis=0) - before.mean(axis=0))] if after.shape[1] > 1 else []
    terms += [_mean_variance(table.mean(axis=1)) for table in (before, after) if len(table) > 1]
    return _combined(float((after.mean(axis=0) - before.mean(axis=0)).mean()), terms)


def share_interval(table: NDArray[np.float64], scale: float = 1.0, *, falling: bool = False) -> Interval:
    """The mean of ``(S, T)`` entries from 0 to 1 with its 95 % interval.

    Args:
        table: the entries.
        scale: that all three numbers are multiplied by.
        falling: whether the figure is 1 less the mean.
    """
    entries = 1.0 - table if falling else table
    estimate = spread(entries)
    bound = estimate.mean * (1.0 - estimate.mean)
    classes = table.shape[1]
    inside, varies = bound > _AT_THE_EDGE, estimate.variance > _ROUNDING
    count = bound / max(estimate.variance, _ROUNDING) if inside else float(classes)
    quantile = estimate.quantile if inside and varies else _NORMAL
    low, high = wilson(estimate.mean, count, quantile)
    return Interval(value=scale * estimate.mean, low=scale * low, high=scale * high)


def wilson(share: float, count: float, quantile: float = _NORMAL) -> tuple[float, float]:
    """Wilson's score interval of a share of ``count`` independent trials (Wilson 1927)."""
    square = quantile**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = quantile / (1 + square / count) * sqrt(share * (1 - share) / count + square / (4 * count**2))
    return (
        0.0 if share <= 0.0 else max(0.0, min(share, middle - half)),
        1.0 if share >= 1.0 else min(1.0, max(share, middle + half)),
    )


def exact_share(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of Clopper and Pearson (1934)."""
    tail = (1 - COVERAGE) / 2
    low = 0.0 if successes == 0 else _beta_quantile(tail, successes, trials - successes + 1)
    high = 1.0 if successes == trials else _beta_quantile(1 - tail, successes + 1, trials - successes)
    return low, high


def student_quantile(freedom: float) -> float:
    """The 97.5 % quantile of Student's t; infinite degrees of freedom give the normal one."""
    if freedom == inf:
        return _NORMAL
    tail = 1 - COVERAGE
    # P(|t| > q) = I_x(freedom / 2, 1 / 2) at x = freedom / (freedom + q^2)
    at = _beta_quantile(tail, freedom / 2, 0.5)
    return sqrt(freedom * (1 - at) / max(at, _TINY))


def incomplete_beta(at: float, a: float, b: float) -> float:
    """The regularized incomplete beta function, by its continued fraction (Lentz's method)."""
    if at <= 0.0 or at >= 1.0:
        return float(at >= 1.0)
    if at > (a + 1) / (a + b + 2):
        return 1.0 - incomplete_beta(1.0 - at, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(at) + b * log1p(-at)) / a
    value, numerator, denominator = 1.0, 1.0, 0.0
    for step in range(300):
        half = step // 2
        if step == 0:
            term = 1.0
        elif step % 2 == 0:
            term = half * (b - half) * at / ((a + 2 * half - 1) * (a + 2 * half))
        else:
            term = -(a + half) * (a + b + half) * at / ((a + 2 * half) * (a + 2 * half + 1))
        denominator = 1.0 / _away_from_zero(1.0 + term * denominator)
        numerator = _away_from_zero(1.0 + term / numerator)
        value *= numerator * denominator
        if step and abs(1.0 - numerator * denominator) < 1e-14:
            break
    return front * (value - 1.0)


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _beta_quantile(share: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if incomplete_beta(middle, a, b) < share else (low, middle)
    return (low + high) / 2


def _mean_variance(means: NDArray[np.float64]) -> tuple[float, int]:
    """Variance of the mean of independent values, and its degrees of freedom."""
    return float(means.var(ddof=1)) / len(means), len(means) - 1


def _combined(mean: float, terms: Sequence[tuple[float, int]]) -> Spread:
    variance = sum(term for term, _ in terms)
    below = sum(term**2 / freedom for term, freedom in terms)
    return Spread(mean, variance, variance**2 / below if below > 0.0 else inf)
