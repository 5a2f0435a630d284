"""The archive: one champion per class, and every child compared with every class (paper 2.2).

A child takes each cell where it is strictly better; ties keep the incumbent; within a batch the first
best child wins. Quality-diversity libraries put a child in one cell only and need far more evaluations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.jit import jit

EMPTY = -1


@jit
def _compare(
    objective: NDArray[np.float64], best: NDArray[np.float64], winners: NDArray[np.int64]
) -> tuple[int, int]:
    """One batch ``(B, K)`` against the cells ``(K,)``, child by child.

    Returns:
        How often a value was improved, and how many values are NaN or infinite.
    """
    improvements, not_finite = 0, 0
    for child in range(objective.shape[0]):
        row, beats, finite = objective[child], 0, 0
        for cell in range(best.size):  # vector code: hardly a child beats a champion
            beats += row[cell] > best[cell]
            finite += abs(row[cell]) < np.inf
        not_finite += best.size - finite
        if beats == 0:
            continue
        improvements += beats
        for cell in range(best.size):
            if row[cell] > best[cell]:
                best[cell] = row[cell]
                winners[cell] = child
    return improvements, not_finite


@jit
def _replace(
    winners: NDArray[np.int64],
    scores: NDArray[np.float64],
    first: int,
    generation: int,
    score: NDArray[np.float64],
    individual: NDArray[np.int64],
    generations: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> int:
    """Replace champions by ``winners`` ``(R, K)``; fills ``columns`` ``(4, R * K)``, see ``EliteUpdate``.

    Returns how many rows it has.
    """
    count = 0
    for replicate in range(winners.shape[0]):
        for cell in range(winners.shape[1]):
            child = winners[replicate, cell]
            if child != EMPTY:
                columns[0, count], columns[1, count], columns[2, count] = replicate, cell, child
                columns[3, count] = individual[replicate, cell]
                count += 1
                score[replicate, cell] = scores[replicate, child, cell]
                individual[replicate, cell] = first + child
                generations[replicate, cell] = generation
    return count


@jit
def count_not_finite(scores: NDArray[np.float64]) -> int:
    """How many of ``(B, K)`` scores are NaN or infinite."""
    not_finite = 0
    for row in range(scores.shape[0]):
        for column in range(scores.shape[1]):
            not_finite += not abs(scores[row, column]) < np.inf
    return not_finite


@dataclass(frozen=True)
class EliteUpdate:
    """What one batch changed.

    Attributes:
        replicates, cells: ``(M,) int64`` where a champion was replaced.
        children: ``(M,) int64`` the row, within its replicate's batch, that took the cell.
        previous: ``(M,) int64`` number of the individual that held it before, or -1.
    """

    replicates: NDArray[np.int64]
    cells: NDArray[np.int64]
    children: NDArray[np.int64]
    previous: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.cells)


@dataclass(frozen=True)
class Comparison:
    """A batch compared with the champions, none of which is replaced yet.

    Attributes:
        winners: ``(R, K) int64`` the child that is best in a cell, -1 where the champion is.
        best: ``(R, K) float64`` what each cell would have.
        improvements: for each replicate, how often a cell was improved, counted child by child.
        not_finite: how many of the batch's values are NaN or infinite.
    """

    winners: NDArray[np.int64]
    best: NDArray[np.float64]
    improvements: tuple[int, ...]
    not_finite: int


class Archive:
    """Champions of R replicates in K cells, as arrays ``(R, K)``.

    Attributes:
        objective: ``float64`` what is maximized, -inf where a cell is empty.
        score: ``float64`` the true score of the cell's class.
        individual: ``int64`` number of the champion, -1 where a cell is empty.
        generation: ``int64`` generation of the champion, -1 where a cell is empty.
        improvements: ``(R,) int64`` of cells since the start, counted child by child: the released code calls
            them jumps.
    """

    def __init__(self, replicates: int, cells: int) -> None:
        self.objective = np.full((replicates, cells), -np.inf)
        self.score = np.full((replicates, cells), -np.inf)
        self.individual = np.full((replicates, cells), EMPTY, np.int64)
        self.generation = np.full((replicates, cells), EMPTY, np.int64)
        self.improvements = np.zeros(replicates, np.int64)

    def add(
        self,
        objective: NDArray[np.float64],
        scores: NDArray[np.float64],
        *,
        first: int,
        generation: int,
    ) -> EliteUpdate:
        """Let a batch compete for every cell.

        Args:
            objective: ``(R, B, K) float64``, without NaN.
            scores: ``(R, B, K) float64`` true scores.
            first: number of the batch's first individual within its replicate.
            generation: of the batch.
        """
        return self.replace(self.compare(objective), scores, first=first, generation=generation)

    def compare(self, objective: NDArray[np.float64]) -> Comparison:
        """What a batch ``(R, B, K) float64`` would change; the archive stays as it is."""
        best, winners = self.objective.copy(), np.full(self.objective.shape, EMPTY, np.int64)
        counts = [_compare(objective[row], best[row], winners[row]) for row in range(len(best))]
        return Comparison(
            winners, best, tuple(count for count, _ in counts), sum(not_finite for _, not_finite in counts)
        )

    def replace(
        self, comparison: Comparison, scores: NDArray[np.float64], *, first: int, generation: int
    ) -> EliteUpdate:
        """Replace champions by the winners of ``compare``; the other arguments are those of ``add``."""
        if not any(comparison.improvements):
            return NO_UPDATE
        self.improvements += comparison.improvements
        self.objective[...] = comparison.best
        columns = np.empty((4, comparison.winners.size), np.int64)
        arrays = self.score, self.individual, self.generation
        count = _replace(comparison.winners, scores, first, generation, *arrays, columns)
        return EliteUpdate(*columns[:, :count])


NO_UPDATE = EliteUpdate(*(np.empty(0, np.int64) for _ in range(4)))
"""No child was better than any champion."""
