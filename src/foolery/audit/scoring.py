"""The results of all attacks beside each other, and the champions: the best image of every class.

The champion of a class is the image with the largest measure, of all attacks and seeds; of equal ones the
first. ``queries_to_fool`` counts the queries of the quickest attack for the class, from that attack's own
start, and from that of the evolution that an ascent starts from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attackers import AttackRun
from foolery.audit.attacks.base import AttackResult
from foolery.audit.panel import Panel
from foolery.audit.reference import class_medians
from foolery.audit.schema import ReferenceStatistics
from foolery.audit.verdict import Curve
from foolery.canvas import Canvases
from foolery.classifiers.base import Kind
from foolery.classifiers.scores import confidence


def curve(queries_to_fool: NDArray[np.float64], seed: int) -> Curve:
    """fooled@tpr95 after each query at which it rose, from ``(K,)``."""
    when, count = np.unique(queries_to_fool[np.isfinite(queries_to_fool)], return_counts=True)
    shares = np.cumsum(count) / len(queries_to_fool)
    return Curve(seed=seed, queries=tuple(int(each) for each in when), fooled=tuple(map(float, shares)))


def queries_to(share: float, queries_to_fool: NDArray[np.float64]) -> float | None:
    """Queries until ``share`` of the classes were fooled, the median of the seeds; None for never."""
    need = int(np.ceil(share * queries_to_fool.shape[1] - 1e-9))
    when = float(np.median(np.sort(queries_to_fool, axis=1)[:, max(0, need - 1)]))
    return when if np.isfinite(when) else None


_AT_ONCE = 200  # images that a panel is shown


@dataclass(frozen=True)
class AuditResults:
    """The results of all attacks.

    Attributes:
        attack_runs: in the order in which they ran, at least one.
        seeds: how many there are; a seed that has not begun has fooled nothing.
        kind: what a score is.
        reference: None without reference data.
        queries: the budget of a seed.
        targets: ``(T,) int64``: indices of the classes that count; others have no champions.
    """

    attack_runs: Sequence[AttackRun]
    seeds: int
    kind: Kind
    reference: ReferenceStatistics | None
    queries: int
    targets: NDArray[np.int64]

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """``(A, K) float64``, the measure of each attack's best image; -inf where it has none."""
        values = np.stack([run.result.values for run in self.attack_runs])
        counted = np.isin(np.arange(values.shape[1]), self.targets)
        return np.where(counted, values, -np.inf)

    @cached_property
    def winners(self) -> NDArray[np.int64]:
        """``(K,) int64``, the attack run that has each class's champion; -1 where none has."""
        best = self.values.argmax(axis=0)
        return np.where(np.isfinite(self.values.max(axis=0)), best, -1)

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """``(K,) float64``, scores of the champions; -inf where there is none."""
        table = np.stack([run.result.scores for run in self.attack_runs])
        return np.where(self.winners < 0, -np.inf, table[self.winners, np.arange(table.shape[1])])

    @cached_property
    def confidences(self) -> NDArray[np.float64]:
        """``(K,) float64``, confidences of the champions; 0 (for cosines -1) where there is none."""
        there = np.isfinite(self.scores)
        confidences = confidence(np.where(there, self.scores, 0.0), self.kind)
        return np.where(there, confidences, -1.0 if self.kind == "similarity" else 0.0)

    @cached_property
    def queries_to_fool(self) -> NDArray[np.float64]:
        """``(S, K) float64``, queries of each seed until a class was first fooled; infinite for never."""
        return self.fastest(np.zeros_like(self.values, np.bool_))

    def fastest(self, excluded: NDArray[np.bool_]) -> NDArray[np.float64]:
        """As ``queries_to_fool``, without the images ``(A, K)`` that are excluded."""
        fastest = np.full((self.seeds, self.values.shape[1]), np.inf)
        for run, mask in zip(self.attack_runs, excluded, strict=True):
            fastest[run.seed] = np.minimum(
                fastest[run.seed], np.where(mask, np.inf, run.result.queries_to_fool)
            )
        return fastest

    def best_of(self, seed: int) -> NDArray[np.float64]:
        """``(K,) float64``, the measure of one seed's champions; -inf where it has none."""
        rows = [row for row, run in enumerate(self.attack_runs) if run.seed == seed]
        return self.values[rows].max(axis=0) if rows else np.full(self.values.shape[1], -np.inf)

    def canvases(self) -> dict[int, Canvases]:
        """The champions' images ``(C, H, W) uint8`` by class index."""
        canvases: dict[int, Canvases] = {}
        for row, run in enumerate(self.attack_runs):
            classes = np.flatnonzero(self.winners == row)
            if len(classes):
                canvases |= dict(zip(classes.tolist(), run.result.draw(classes), strict=True))
        return canvases

    def curves(self, seed: int) -> tuple[Curve, ...]:
        """One for each seed; ``seed`` is the first one's."""
        return tuple(
            curve(row[self.targets], seed + number) for number, row in enumerate(self.queries_to_fool)
        )

    def of_winners(self, table: NDArray[Any]) -> NDArray[Any]:
        """``(K,)`` of ``(A, K)``: the value for each class's champion."""
        return table[self.winners, np.arange(table.shape[1])]

    def panel_agreement(
        self, panel: Panel, remaining: Callable[[], float] = lambda: inf
    ) -> NDArray[np.float64] | None:
        """``(A, K) float64``: agreement of the panel with champions and with all images that fool.

        Args:
            panel: to ask.
            remaining: how many seconds are left; None is returned where that is not enough.
        """
        agreement = np.full(self.values.shape, np.nan)
        classes = np.arange(self.values.shape[1])
        for row, run in enumerate(self.attack_runs):
            candidates = np.flatnonzero(
                np.isfinite(self.values[row])
                & (np.isfinite(run.result.queries_to_fool) | (self.winners == row))
            )
            for start in range(0, len(candidates), _AT_ONCE):
                if remaining() <= 0:
                    return None
                part = classes[candidates[start : start + _AT_ONCE]]
                agreement[row, part] = panel.agreement(run.result.draw(part), part)
        return agreement


def attack_figures(
    result: AttackResult, kind: Kind, reference: ReferenceStatistics | None, targets: NDArray[np.int64]
) -> dict[str, object]:
    """One attack by itself: fields of ``AttackRecord``; ``targets`` as in ``AuditResults``."""
    results = AuditResults([AttackRun("", 0, result)], 1, kind, None, result.queries, targets)
    figures: dict[str, object] = {
        "queries": result.queries,
        "seconds": result.seconds,
        "median_confidence": float(np.median(results.confidences[targets])),
    }
    if reference is not None:
        figures["fooled_at_tpr95"] = float(np.isfinite(result.queries_to_fool[targets]).mean())
        figures["above_real_median"] = float((result.values > class_medians(reference))[targets].mean())
    return figures
