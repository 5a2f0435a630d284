"""Standing: all attacks of an audit laid beside each other, one archive over them.

The champion of a class is the picture with the largest measure, of all attacks and seeds; of equal ones the
first found. A class falls after as many queries as the quickest attack took for it, counted from that
attack's own start, and from that of the evolution that an ascent goes on from: an attacker chooses one. So it
does not matter in which order the audit tries them, and another attack never makes a classifier look safer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attacks.base import TRANSFER, AttackResult
from foolery.audit.panel import MIN_AGREEMENT, Panel
from foolery.audit.reference import class_medians
from foolery.audit.schema import AuditVerdict, Curve, Interval, ReferenceStatistics
from foolery.canvas import Canvases
from foolery.classifiers.base import Kind
from foolery.classifiers.scores import confidence
from foolery.errors import UsageError

FREE_QUERIES = 100
"""Queries from which on the score counts."""
RESAMPLES = 2000
NEVER = np.inf


def check_queries(queries: int) -> int:
    """``queries``; raises UsageError for a budget that leaves the score no room."""
    if queries < 10 * FREE_QUERIES:
        raise UsageError(f"--budget: expected at least {10 * FREE_QUERIES} queries, got {queries}")
    return queries


def areas(queries_to_fool: NDArray[np.float64], queries: int) -> NDArray[np.float64]:
    """``(S, K)`` from 0 to 1: the area under each class's step.

    Args:
        queries_to_fool: ``(S, K) float64`` queries when the threshold was first passed; infinite for never.
        queries: the budget of one seed, more than ``FIRST``.
    """
    clipped = np.clip(queries_to_fool, FREE_QUERIES, queries)
    area: NDArray[np.float64] = np.log(queries / clipped) / log(queries / FREE_QUERIES)
    return area


def score(queries_to_fool: NDArray[np.float64], queries: int) -> float:
    """From 0, everything fooled at once, to 100, nothing fooled."""
    return 100.0 * (1.0 - float(areas(queries_to_fool, queries).mean()))


def curve(queries_to_fool: NDArray[np.float64], seed: int) -> Curve:
    """fooled@keep95 after each query at which it rose, from ``(K,)``."""
    when, count = np.unique(queries_to_fool[np.isfinite(queries_to_fool)], return_counts=True)
    shares = np.cumsum(count) / len(queries_to_fool)
    return Curve(seed=seed, queries=tuple(int(each) for each in when), fooled=tuple(map(float, shares)))


def queries_to(share: float, queries_to_fool: NDArray[np.float64]) -> float | None:
    """Queries until ``share`` of the classes were fooled, the median of the seeds; None for never."""
    need = int(np.ceil(share * queries_to_fool.shape[1] - 1e-9))
    when = float(np.median(np.sort(queries_to_fool, axis=1)[:, max(0, need - 1)]))
    return when if np.isfinite(when) else None


def bootstrap(per_class: NDArray[np.float64], scale: float = 1.0, base: float = 0.0) -> Interval:
    """``base + scale * mean`` over classes, with a 95 % interval of resampled classes.

    It says how far the figure depends on which classes there happen to be, not how far on chance in the
    search; the same numbers give the same interval.
    """
    draw = np.random.default_rng(0).integers(0, len(per_class), (RESAMPLES, len(per_class)))
    means = base + scale * per_class[draw].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(value=base + scale * float(per_class.mean()), low=float(low), high=float(high))


LEVELS = ("0.5", "0.9", "0.99", "0.9999")
_AT_ONCE = 200  # pictures that a panel is shown


@dataclass(frozen=True)
class AttackRun:
    """One attack: its name, its seed by number from 0, and what it found."""

    attack: str
    seed: int
    result: AttackResult


@dataclass(frozen=True)
class AuditResults:
    """What all attacks have found.

    Attributes:
        attack_runs: in the order in which they ran, at least one.
        seeds: how many there are; a seed that has not begun has fooled nothing.
        kind: what scores are.
        reference: None without real pictures.
        queries: the budget of a seed.
        targets: ``(T,) int64``: places of the classes that count; others have no champions.
    """

    attack_runs: Sequence[AttackRun]
    seeds: int
    kind: Kind
    reference: ReferenceStatistics | None
    queries: int
    targets: NDArray[np.int64]

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """``(A, K) float64`` the measure of each attack's best picture; -inf where it has none."""
        values = np.stack([entry.result.values for entry in self.attack_runs])
        counted = np.isin(np.arange(values.shape[1]), self.targets)
        return np.where(counted, values, -np.inf)

    @cached_property
    def winners(self) -> NDArray[np.int64]:
        """``(K,) int64`` the entry that has each class's champion, -1 where nobody has."""
        best = self.values.argmax(axis=0)
        return np.where(np.isfinite(self.values.max(axis=0)), best, -1)

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """``(K,) float64`` of the champions; -inf where there is none."""
        table = np.stack([entry.result.scores for entry in self.attack_runs])
        return np.where(self.winners < 0, -np.inf, table[self.winners, np.arange(table.shape[1])])

    @cached_property
    def confidences(self) -> NDArray[np.float64]:
        """``(K,) float64`` of the champions; 0 (for cosines -1) where there is none."""
        there = np.isfinite(self.scores)
        confidences = confidence(np.where(there, self.scores, 0.0), self.kind)
        return np.where(there, confidences, -1.0 if self.kind == "similarity" else 0.0)

    @cached_property
    def queries_to_fool(self) -> NDArray[np.float64]:
        """``(S, K) float64`` queries of each seed when a class first passed keep95; infinite for never."""
        return self._fastest(np.zeros_like(self.values, np.bool_))

    def _fastest(self, excluded: NDArray[np.bool_]) -> NDArray[np.float64]:
        """As ``passed``, without the pictures ``(A, K)`` that are left out."""
        fastest = np.full((self.seeds, self.values.shape[1]), np.inf)
        for entry, mask in zip(self.attack_runs, excluded, strict=True):
            fastest[entry.seed] = np.minimum(
                fastest[entry.seed], np.where(mask, np.inf, entry.result.queries_to_fool)
            )
        return fastest

    def _area(self, excluded: NDArray[np.bool_]) -> NDArray[np.float64]:
        """``(S, T)``: see ``areas``."""
        return areas(self._fastest(excluded)[:, self.targets], self.queries)

    def best_of(self, seed: int) -> NDArray[np.float64]:
        """``(K,) float64`` the measure of one seed's champions; -inf where it has none."""
        rows = [row for row, entry in enumerate(self.attack_runs) if entry.seed == seed]
        return self.values[rows].max(axis=0) if rows else np.full(self.values.shape[1], -np.inf)

    def canvases(self) -> dict[int, Canvases]:
        """The champions' pictures ``(C, H, W) uint8`` by class index."""
        canvases: dict[int, Canvases] = {}
        for row, entry in enumerate(self.attack_runs):
            classes = np.flatnonzero(self.winners == row)
            if len(classes):
                canvases |= dict(zip(classes.tolist(), entry.result.draw(classes), strict=True))
        return canvases

    def curves(self, seed: int) -> tuple[Curve, ...]:
        """One for each seed; ``seed`` is the first one's."""
        return tuple(
            curve(row[self.targets], seed + number) for number, row in enumerate(self.queries_to_fool)
        )

    def verdict(self, agreement: NDArray[np.float64] | None = None) -> AuditVerdict:
        """The headline figures.

        Args:
            agreement: ``(A, K) float64`` share of the panel that agrees with each attack's best picture,
                NaN where it was not asked or cannot say; None without a panel.
        """
        confidences, targets = self.confidences[self.targets], self.targets
        recognized = None if agreement is None else _recognized(agreement)
        verdict = AuditVerdict(
            median_confidence=float(np.median(confidences)),
            above={level: float((confidences >= float(level)).mean()) for level in LEVELS},
            recognised=None if recognized is None else float(self.of_winners(recognized)[targets].mean()),
        )
        if self.reference is None:
            return verdict
        queries_to_fool = self.queries_to_fool[:, targets]
        table, medians = areas(queries_to_fool, self.queries), class_medians(self.reference)
        above_median = np.stack([(self.best_of(seed) > medians)[targets] for seed in range(self.seeds)])
        found = verdict.model_copy(
            update={
                "score": _score(table),
                "fooled_at_keep95": bootstrap(np.isfinite(queries_to_fool).mean(axis=0)),
                "beats_real": bootstrap(above_median.mean(axis=0)),
                "seed_scores": tuple(100.0 * (1.0 - float(row.mean())) for row in table),
                "queries_to_half": queries_to(0.5, queries_to_fool),
            }
        )
        transferred = np.array([entry.attack == TRANSFER for entry in self.attack_runs])
        if transferred.any() and not transferred.all():
            excluded = np.repeat(transferred[:, None], self.values.shape[1], axis=1)
            found = found.model_copy(update={"score_of_search": _score(self._area(excluded))})
        if recognized is None:
            return found
        unrecognized = self._fastest(recognized)[:, targets]
        return found.model_copy(
            update={
                "score_of_nonsense": _score(areas(unrecognized, self.queries)),
                "fooled_by_nonsense": float(np.isfinite(unrecognized).mean()),
            }
        )

    def of_winners(self, table: NDArray[Any]) -> NDArray[Any]:
        """``(K,)`` of ``(A, K)``: the entry of each class's champion."""
        return table[self.winners, np.arange(table.shape[1])]

    def panel_agreement(self, panel: Panel) -> NDArray[np.float64]:
        """``(A, K) float64``: what the panel says of champions and of all pictures that pass keep95."""
        agreement = np.full(self.values.shape, np.nan)
        classes = np.arange(self.values.shape[1])
        for row, entry in enumerate(self.attack_runs):
            candidates = np.flatnonzero(
                np.isfinite(self.values[row])
                & (np.isfinite(entry.result.queries_to_fool) | (self.winners == row))
            )
            for start in range(0, len(candidates), _AT_ONCE):
                part = classes[candidates[start : start + _AT_ONCE]]
                agreement[row, part] = panel.agreement(entry.result.draw(part), part)
        return agreement


def attack_figures(
    result: AttackResult, kind: Kind, reference: ReferenceStatistics | None, targets: NDArray[np.int64]
) -> dict[str, object]:
    """What one attack has found by itself: fields of ``Attack``; ``targets`` as in ``Standing``."""
    results = AuditResults([AttackRun("", 0, result)], 1, kind, None, result.queries, targets)
    figures: dict[str, object] = {
        "queries": result.queries,
        "seconds": result.seconds,
        "median_confidence": float(np.median(results.confidences[targets])),
    }
    if reference is not None:
        figures["fooled_at_keep95"] = float(np.isfinite(result.queries_to_fool[targets]).mean())
        figures["beats_real"] = float((result.values > class_medians(reference))[targets].mean())
    return figures


def _score(table: NDArray[np.float64]) -> Interval:
    return bootstrap(table.mean(axis=0), scale=-100.0, base=100.0)


def _recognized(agreement: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.nan_to_num(agreement, nan=0.0) >= MIN_AGREEMENT
