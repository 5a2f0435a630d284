"""Standing: all attacks of an audit laid beside each other, one archive over them.

The champion of a class is the picture with the largest measure, of all attacks and seeds; of equal ones the
first found. Queries of an attack count from the end of the attacks before it, of the same seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.contract import Kind
from foolery.classifiers.scores import confidence
from foolery.experiments.audit.document import Curve, Interval, Verdict, Yardstick
from foolery.experiments.audit.panel import AGREES
from foolery.experiments.audit.score import areas, bootstrap, curve, queries_to
from foolery.experiments.audit.trail import Trail
from foolery.experiments.audit.yardstick import real_medians

LEVELS = ("0.5", "0.9", "0.99", "0.9999")


@dataclass(frozen=True)
class Entry:
    """One attack: its name, its seed by number from 0, the queries before it, and what it found."""

    attack: str
    seed: int
    offset: int
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
    """

    entries: Sequence[Entry]
    seeds: int
    kind: Kind
    yardstick: Yardstick | None
    queries: int

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """``(A, K) float64`` the measure of each attack's best picture; -inf where it has none."""
        return np.stack([entry.trail.values for entry in self.entries])

    @cached_property
    def winners(self) -> NDArray[np.int64]:
        """``(K,) int64`` the entry that has each class's champion, -1 where nobody has."""
        best = self.values.argmax(axis=0)
        return np.where(np.isfinite(self.values.max(axis=0)), best, -1)

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """``(K,) float64`` of the champions; -inf where there is none."""
        table = np.stack([entry.trail.scores for entry in self.entries])
        return table[self.winners, np.arange(table.shape[1])]

    @cached_property
    def confidences(self) -> NDArray[np.float64]:
        """``(K,) float64`` of the champions; 0 (for cosines -1) where there is none."""
        there = np.isfinite(self.scores)
        sure = confidence(np.where(there, self.scores, 0.0), self.kind)
        return np.where(there, sure, -1.0 if self.kind == "similarity" else 0.0)

    @cached_property
    def passed(self) -> NDArray[np.float64]:
        """``(S, K) float64`` queries of each seed when a class first passed keep95; infinite for never."""
        found = np.full((self.seeds, self.values.shape[1]), np.inf)
        for entry in self.entries:
            found[entry.seed] = np.minimum(found[entry.seed], entry.offset + entry.trail.passed)
        return found

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
        return tuple(curve(row, seed + number) for number, row in enumerate(self.passed))

    def areas(self, recognised: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """``(S, K)`` from 0 to 1, see ``score``; 0 for classes whose champion the panel recognises."""
        found = areas(self.passed, self.queries)
        return found if recognised is None else np.where(_known(recognised), 0.0, found)

    def verdict(self, recognised: NDArray[np.float64] | None = None) -> Verdict:
        """The headline figures.

        Args:
            recognised: ``(K,) float64`` share of the panel that agrees, NaN where it cannot say; None
                without a panel.
        """
        sure = self.confidences
        known = None if recognised is None else _known(recognised)
        plain = Verdict(
            median_confidence=float(np.median(sure)),
            above={level: float((sure >= float(level)).mean()) for level in LEVELS},
            recognised=None if known is None else float(known.mean()),
        )
        if self.yardstick is None:
            return plain
        fooled, table = np.isfinite(self.passed), self.areas()
        medians = real_medians(self.yardstick)
        beats = np.stack([self.best_of(seed) > medians for seed in range(self.seeds)])
        return plain.model_copy(
            update={
                "score": _score(table),
                "score_of_nonsense": None if recognised is None else _score(self.areas(recognised)),
                "fooled_at_keep95": bootstrap(fooled.mean(axis=0)),
                "fooled_by_nonsense": None if known is None else float((fooled & ~known).mean()),
                "beats_real": bootstrap(beats.mean(axis=0)),
                "seed_scores": tuple(100.0 * (1.0 - float(row.mean())) for row in table),
                "queries_to_half": queries_to(0.5, self.passed),
            }
        )


def _score(table: NDArray[np.float64]) -> Interval:
    return bootstrap(table.mean(axis=0), scale=-100.0, base=100.0)


def _known(recognised: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.nan_to_num(recognised, nan=0.0) >= AGREES
