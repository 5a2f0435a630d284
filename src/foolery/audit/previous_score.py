"""The score of schema 2, of the quickest attack per class at TPR95: kept for one version."""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attacks.transfer import TRANSFER
from foolery.audit.scoring import AuditResults
from foolery.audit.verdict import Interval, PreviousScore

FREE_QUERIES = 100
"""Queries up to which the score counts nothing: so few need no search."""
RESAMPLES = 2000


def areas(queries_to_fool: NDArray[np.float64], queries: int) -> NDArray[np.float64]:
    """``(S, K)`` from 0 to 1: the area under each class's step.

    Args:
        queries_to_fool: ``(S, K) float64`` queries when the threshold was first passed; infinite for never.
        queries: the budget of one seed, more than ``FREE_QUERIES``.
    """
    clipped = np.clip(queries_to_fool, FREE_QUERIES, queries)
    area: NDArray[np.float64] = np.log(queries / clipped) / log(queries / FREE_QUERIES)
    return area


def score(queries_to_fool: NDArray[np.float64], queries: int) -> float:
    """From 0, everything fooled at once, to 100, nothing fooled."""
    return 100.0 * (1.0 - float(areas(queries_to_fool, queries).mean()))


def bootstrap(per_class: NDArray[np.float64], scale: float = 1.0, base: float = 0.0) -> Interval:
    """``base + scale * mean`` over classes, with a 95 % interval of resampled classes.

    It says how far the figure depends on which classes there happen to be, not how far on chance in the
    search; the same numbers give the same interval.
    """
    draw = np.random.default_rng(0).integers(0, len(per_class), (RESAMPLES, len(per_class)))
    means = base + scale * per_class[draw].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(value=base + scale * float(per_class.mean()), low=float(low), high=float(high))


def previous_score(results: AuditResults, recognized: NDArray[np.bool_] | None) -> PreviousScore:
    """The score of ``results``; ``(A, K) bool`` says what the panel recognizes, None without one."""
    table = areas(results.queries_to_fool[:, results.targets], results.queries)

    def without(excluded: NDArray[np.bool_]) -> Interval:
        return _interval(areas(results.fastest(excluded)[:, results.targets], results.queries))

    transferred = np.array([run.attack == TRANSFER for run in results.attack_runs])
    apart = transferred.any() and not transferred.all()
    return PreviousScore(
        score=_interval(table),
        score_without_transfer=without(np.repeat(transferred[:, None], results.values.shape[1], 1))
        if apart
        else None,
        score_unrecognizable=None if recognized is None else without(recognized),
        seed_scores=tuple(100.0 * (1.0 - float(row.mean())) for row in table),
    )


def _interval(table: NDArray[np.float64]) -> Interval:
    return bootstrap(table.mean(axis=0), scale=-100.0, base=100.0)
