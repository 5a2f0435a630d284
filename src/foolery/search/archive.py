"""The archive: one champion per class, and every child compared with every class (paper 2.2).

A child takes each cell where it is strictly better; ties keep the incumbent; within a batch the first
best child wins. Quality-diversity libraries put a child in one cell only and need far more evaluations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.jit import kernel

NOBODY = -1


@kernel
def _compare(
    objective: NDArray[np.float64], best: NDArray[np.float64], winners: NDArray[np.int64]
) -> tuple[int, int]:
    """One batch ``(B, K)`` against the cells ``(K,)``, child by child.

    Returns:
        How often a value was replaced, and how many values are NaN or infinite.
    """
    jumps, broken = 0, 0
    for child in range(objective.shape[0]):
        row, beats, finite = objective[child], 0, 0
        for cell in range(best.size):  # vector code: hardly a child beats anybody
            beats += row[cell] > best[cell]
            finite += abs(row[cell]) < np.inf
        broken += best.size - finite
        if beats == 0:
            continue
        jumps += beats
        for cell in range(best.size):
            if row[cell] > best[cell]:
                best[cell] = row[cell]
                winners[cell] = child
    return jumps, broken


@kernel
def _crown(
    winners: NDArray[np.int64],
    scores: NDArray[np.float64],
    first: int,
    generation: int,
    score: NDArray[np.float64],
    individual: NDArray[np.int64],
    born: NDArray[np.int64],
    taken: NDArray[np.int64],
) -> int:
    """Let ``winners`` ``(R, K)`` reign; fills ``taken`` ``(4, R * K)`` with the columns of a ``Takeover``.

    Returns how many rows it has.
    """
    count = 0
    for replicate in range(winners.shape[0]):
        for cell in range(winners.shape[1]):
            child = winners[replicate, cell]
            if child != NOBODY:
                taken[0, count], taken[1, count], taken[2, count] = replicate, cell, child
                taken[3, count] = individual[replicate, cell]
                count += 1
                score[replicate, cell] = scores[replicate, child, cell]
                individual[replicate, cell] = first + child
                born[replicate, cell] = generation
    return count


@kernel
def count_broken(scores: NDArray[np.float64]) -> int:
    """How many of ``(B, K)`` scores are NaN or infinite."""
    broken = 0
    for row in range(scores.shape[0]):
        for column in range(scores.shape[1]):
            broken += not abs(scores[row, column]) < np.inf
    return broken


@dataclass(frozen=True)
class Takeover:
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
class Contest:
    """A batch compared with the champions, of whom none is replaced yet.

    Attributes:
        winners: ``(R, K) int64`` the child that is best in a cell, -1 where the champion is.
        best: ``(R, K) float64`` what each cell would have.
        jumps: for each replicate, replacements counted one by one.
        broken: how many of the batch's values are NaN or infinite.
    """

    winners: NDArray[np.int64]
    best: NDArray[np.float64]
    jumps: tuple[int, ...]
    broken: int


class Archive:
    """Champions of R replicates in K cells, as arrays ``(R, K)``.

    Attributes:
        objective: ``float64`` what was maximised, -inf where a cell is empty.
        score: ``float64`` the true score of the cell's class.
        individual: ``int64`` number of the champion, -1 where a cell is empty.
        born: ``int64`` generation of the champion, -1 where a cell is empty.
        jumps: ``(R,) int64`` replacements since the start, counted one by one as the released code does.
    """

    def __init__(self, replicates: int, cells: int) -> None:
        self.objective = np.full((replicates, cells), -np.inf)
        self.score = np.full((replicates, cells), -np.inf)
        self.individual = np.full((replicates, cells), NOBODY, np.int64)
        self.born = np.full((replicates, cells), NOBODY, np.int64)
        self.jumps = np.zeros(replicates, np.int64)

    def challenge(
        self,
        objective: NDArray[np.float64],
        scores: NDArray[np.float64],
        *,
        first: int,
        generation: int,
    ) -> Takeover:
        """Let a batch compete for every cell.

        Args:
            objective: ``(R, B, K) float64``, without NaN.
            scores: ``(R, B, K) float64`` true scores.
            first: number of the batch's first individual within its replicate.
            generation: of the batch.
        """
        return self.crown(self.compare(objective), scores, first=first, generation=generation)

    def compare(self, objective: NDArray[np.float64]) -> Contest:
        """What a batch ``(R, B, K) float64`` would change; the archive stays as it is."""
        best, winners = self.objective.copy(), np.full(self.objective.shape, NOBODY, np.int64)
        found = [_compare(objective[row], best[row], winners[row]) for row in range(len(best))]
        return Contest(winners, best, tuple(jumps for jumps, _ in found), sum(broken for _, broken in found))

    def crown(
        self, contest: Contest, scores: NDArray[np.float64], *, first: int, generation: int
    ) -> Takeover:
        """Let the winners of ``compare`` reign; the other arguments are those of ``challenge``."""
        if not any(contest.jumps):
            return NOTHING
        self.jumps += contest.jumps
        self.objective[...] = contest.best
        taken = np.empty((4, contest.winners.size), np.int64)
        places = self.score, self.individual, self.born
        count = _crown(contest.winners, scores, first, generation, *places, taken)
        return Takeover(*taken[:, :count])


NOTHING = Takeover(*(np.empty(0, np.int64) for _ in range(4)))
"""No child was better than any champion."""
