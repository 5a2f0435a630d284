"""Traces: when an attack had a better image of a class, and how good it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Trace:
    """M better images, of one attack or of several.

    Attributes:
        classes: ``(M,) int64``, of which class each is.
        queries: ``(M,) int64``, that had been made when it was found.
        values: ``(M,) float64``, its measure.
    """

    classes: NDArray[np.int64]
    queries: NDArray[np.int64]
    values: NDArray[np.float64]

    @classmethod
    def empty(cls) -> Trace:
        """Nothing was found."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))

    @classmethod
    def final(cls, values: NDArray[np.float64], queries: NDArray[np.float64]) -> Trace:
        """The last image of each class alone, ``(K,)``, where no more is known; -inf for none."""
        classes = np.flatnonzero(np.isfinite(values) & np.isfinite(queries))
        return cls(classes, queries[classes].astype(np.int64), values[classes])

    def __len__(self) -> int:
        return len(self.classes)

    def later(self, queries: int) -> Trace:
        """The same, begun after so many queries; a negative number is earlier."""
        return Trace(self.classes, self.queries + queries, self.values)

    def of_classes(self, kept: NDArray[np.bool_]) -> Trace:
        """Without the images of classes that ``(K,) bool`` does not keep."""
        rows = kept[self.classes]
        return Trace(self.classes[rows], self.queries[rows], self.values[rows])

    def best(self, classes: int, queries: float) -> NDArray[np.float64]:
        """``(K,) float64``: the measure of the best image of each class within ``queries``; -inf for none."""
        best, rows = np.full(classes, -np.inf), self.queries <= queries
        np.maximum.at(best, self.classes[rows], self.values[rows])
        return best


def merged(traces: Sequence[Trace]) -> Trace:
    """All images of several traces."""
    if not traces:
        return Trace.empty()
    return Trace(
        *(np.concatenate([getattr(one, name) for one in traces]) for name in ("classes", "queries", "values"))
    )
