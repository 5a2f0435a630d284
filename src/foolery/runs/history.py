"""History: what happened in each generation, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Moment:
    """One generation, after its children were told. Confidences are over the champions of all cells.

    Attributes:
        generation: 0 is the initial population.
        queries: images classified since the start.
        jumps: cell replacements since the start, counted one by one (released code, map_elite.hpp).
        median, mean, least, most: of the champions' confidences.
        seconds: of search since the start, summed over resumes.
    """

    generation: int
    queries: int
    jumps: int
    median: float
    mean: float
    least: float
    most: float
    seconds: float


@dataclass(frozen=True)
class History:
    """All moments of a run as columns of one length G.

    ``generation``, ``queries`` and ``jumps`` are ``(G,) int64``; the others ``(G,) float64``.
    """

    generation: NDArray[np.int64]
    queries: NDArray[np.int64]
    jumps: NDArray[np.int64]
    median: NDArray[np.float64]
    mean: NDArray[np.float64]
    least: NDArray[np.float64]
    most: NDArray[np.float64]
    seconds: NDArray[np.float64]

    @classmethod
    def of(cls, moments: Sequence[Moment]) -> History:
        """The columns of ``moments``."""
        return cls(
            np.array([moment.generation for moment in moments], np.int64),
            np.array([moment.queries for moment in moments], np.int64),
            np.array([moment.jumps for moment in moments], np.int64),
            np.array([moment.median for moment in moments], np.float64),
            np.array([moment.mean for moment in moments], np.float64),
            np.array([moment.least for moment in moments], np.float64),
            np.array([moment.most for moment in moments], np.float64),
            np.array([moment.seconds for moment in moments], np.float64),
        )

    def __len__(self) -> int:
        return len(self.generation)
