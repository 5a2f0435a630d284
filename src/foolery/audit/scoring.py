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

from foolery.audit.attacks.base import STARTER, Trail
from foolery.audit.panel import AGREES, Panel
from foolery.audit.reference import real_medians
from foolery.audit.schema import Curve, Interval, Verdict, Yardstick
from foolery.canvas import Canvases
from foolery.classifiers.base import Kind
from foolery.classifiers.scores import confidence
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


LEVELS = ("0.5", "0.9", "0.99", "0.9999")
_AT_ONCE = 200  # pictures that a panel is shown


@dataclass(frozen=True)
class Entry:
    """One attack: its name, its seed by number from 0, and what it found."""

    attack: str
    seed: int
    trail: Trail


@dataclass(frozen=True)
class Standing:
    """What all attacks have found.

    Attributes:
        entries: in the order in which they ran, at least one.
        seeds: how many there are; a seed that has not begun has fooled nothing.
        kind: what scores are.
        yardstick: None without real pictures.
        queries: the budget of a seed.
        targets: ``(T,) int64``: places of the classes that count; others have no champions.
    """

    entries: Sequence[Entry]
    seeds: int
    kind: Kind
    yardstick: Yardstick | None
    queries: int
    targets: NDArray[np.int64]

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """``(A, K) float64`` the measure of each attack's best picture; -inf where it has none."""
        found = np.stack([entry.trail.values for entry in self.entries])
        counted = np.isin(np.arange(found.shape[1]), self.targets)
        return np.where(counted, found, -np.inf)

    @cached_property
    def winners(self) -> NDArray[np.int64]:
        """``(K,) int64`` the entry that has each class's champion, -1 where nobody has."""
        best = self.values.argmax(axis=0)
        return np.where(np.isfinite(self.values.max(axis=0)), best, -1)

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """``(K,) float64`` of the champions; -inf where there is none."""
        table = np.stack([entry.trail.scores for entry in self.entries])
        return np.where(self.winners < 0, -np.inf, table[self.winners, np.arange(table.shape[1])])

    @cached_property
    def confidences(self) -> NDArray[np.float64]:
        """``(K,) float64`` of the champions; 0 (for cosines -1) where there is none."""
        there = np.isfinite(self.scores)
        sure = confidence(np.where(there, self.scores, 0.0), self.kind)
        return np.where(there, sure, -1.0 if self.kind == "similarity" else 0.0)

    @cached_property
    def passed(self) -> NDArray[np.float64]:
        """``(S, K) float64`` queries of each seed when a class first passed keep95; infinite for never."""
        return self._fastest(np.zeros_like(self.values, np.bool_))

    def _fastest(self, left_out: NDArray[np.bool_]) -> NDArray[np.float64]:
        """As ``passed``, without the pictures ``(A, K)`` that are left out."""
        found = np.full((self.seeds, self.values.shape[1]), np.inf)
        for entry, out in zip(self.entries, left_out, strict=True):
            found[entry.seed] = np.minimum(found[entry.seed], np.where(out, np.inf, entry.trail.passed))
        return found

    def _area(self, left_out: NDArray[np.bool_]) -> NDArray[np.float64]:
        """``(S, T)``: see ``areas``."""
        return areas(self._fastest(left_out)[:, self.targets], self.queries)

    def best_of(self, seed: int) -> NDArray[np.float64]:
        """``(K,) float64`` the measure of one seed's champions; -inf where it has none."""
        rows = [row for row, entry in enumerate(self.entries) if entry.seed == seed]
        return self.values[rows].max(axis=0) if rows else np.full(self.values.shape[1], -np.inf)

    def canvases(self) -> dict[int, Canvases]:
        """The champions' pictures ``(C, H, W) uint8`` by class index."""
        drawn: dict[int, Canvases] = {}
        for row, entry in enumerate(self.entries):
            mine = np.flatnonzero(self.winners == row)
            if len(mine):
                drawn |= dict(zip(mine.tolist(), entry.trail.draw(mine), strict=True))
        return drawn

    def curves(self, seed: int) -> tuple[Curve, ...]:
        """One for each seed; ``seed`` is the first one's."""
        return tuple(curve(row[self.targets], seed + number) for number, row in enumerate(self.passed))

    def verdict(self, recognised: NDArray[np.float64] | None = None) -> Verdict:
        """The headline figures.

        Args:
            recognised: ``(A, K) float64`` share of the panel that agrees with each attack's best picture,
                NaN where it was not asked or cannot say; None without a panel.
        """
        sure, targets = self.confidences[self.targets], self.targets
        known = None if recognised is None else _known(recognised)
        plain = Verdict(
            median_confidence=float(np.median(sure)),
            above={level: float((sure >= float(level)).mean()) for level in LEVELS},
            recognised=None if known is None else float(self.of_winners(known)[targets].mean()),
        )
        if self.yardstick is None:
            return plain
        passed = self.passed[:, targets]
        table, medians = areas(passed, self.queries), real_medians(self.yardstick)
        beats = np.stack([(self.best_of(seed) > medians)[targets] for seed in range(self.seeds)])
        found = plain.model_copy(
            update={
                "score": _score(table),
                "fooled_at_keep95": bootstrap(np.isfinite(passed).mean(axis=0)),
                "beats_real": bootstrap(beats.mean(axis=0)),
                "seed_scores": tuple(100.0 * (1.0 - float(row.mean())) for row in table),
                "queries_to_half": queries_to(0.5, passed),
            }
        )
        given = np.array([entry.attack == STARTER for entry in self.entries])
        if given.any() and not given.all():
            left_out = np.repeat(given[:, None], self.values.shape[1], axis=1)
            found = found.model_copy(update={"score_of_search": _score(self._area(left_out))})
        if known is None:
            return found
        nonsense = self._fastest(known)[:, targets]
        return found.model_copy(
            update={
                "score_of_nonsense": _score(areas(nonsense, self.queries)),
                "fooled_by_nonsense": float(np.isfinite(nonsense).mean()),
            }
        )

    def of_winners(self, table: NDArray[Any]) -> NDArray[Any]:
        """``(K,)`` of ``(A, K)``: the entry of each class's champion."""
        return table[self.winners, np.arange(table.shape[1])]

    def asked_of(self, panel: Panel) -> NDArray[np.float64]:
        """``(A, K) float64``: what the panel says of champions and of all pictures that pass keep95."""
        told = np.full(self.values.shape, np.nan)
        classes = np.arange(self.values.shape[1])
        for row, entry in enumerate(self.entries):
            claimed = np.flatnonzero(
                np.isfinite(self.values[row]) & (np.isfinite(entry.trail.passed) | (self.winners == row))
            )
            for start in range(0, len(claimed), _AT_ONCE):
                part = classes[claimed[start : start + _AT_ONCE]]
                told[row, part] = panel.recognised_by(entry.trail.draw(part), part)
        return told


def figures_alone(
    trail: Trail, kind: Kind, yardstick: Yardstick | None, targets: NDArray[np.int64]
) -> dict[str, object]:
    """What one attack has found by itself: fields of ``Attack``; ``targets`` as in ``Standing``."""
    alone = Standing([Entry("", 0, trail)], 1, kind, None, trail.queries, targets)
    figures: dict[str, object] = {
        "queries": trail.queries,
        "seconds": trail.seconds,
        "median_confidence": float(np.median(alone.confidences[targets])),
    }
    if yardstick is not None:
        figures["fooled_at_keep95"] = float(np.isfinite(trail.passed[targets]).mean())
        figures["beats_real"] = float((trail.values > real_medians(yardstick))[targets].mean())
    return figures


def _score(table: NDArray[np.float64]) -> Interval:
    return bootstrap(table.mean(axis=0), scale=-100.0, base=100.0)


def _known(recognised: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.nan_to_num(recognised, nan=0.0) >= AGREES
