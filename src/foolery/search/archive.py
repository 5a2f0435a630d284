"""The archive: one champion per class, and every child compared with every class (paper 2.2).

A child takes each cell where it is strictly better; ties keep the incumbent; within a batch the first
best child wins. Quality-diversity libraries put a child in one cell only and need far more evaluations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.kernels import kernel

NOBODY = -1


@kernel
def _challenge(objective: NDArray[np.float64], best: NDArray[np.float64], winners: NDArray[np.int64]) -> int:
    """One batch ``(B, K)`` against the cells ``(K,)``, child by child; returns the replacements."""
    jumps = 0
    for child in range(objective.shape[0]):
        row = objective[child]
        for cell in range(best.size):
            if row[cell] > best[cell]:
                best[cell] = row[cell]
                winners[cell] = child
                jumps += 1
    return jumps


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
        winners = np.full(self.objective.shape, NOBODY, np.int64)
        for replicate in range(len(winners)):
            self.jumps[replicate] += _challenge(
                objective[replicate], self.objective[replicate], winners[replicate]
            )
        replicates, cells = np.nonzero(winners != NOBODY)
        children = winners[replicates, cells]
        previous = self.individual[replicates, cells]
        self.score[replicates, cells] = scores[replicates, children, cells]
        self.individual[replicates, cells] = first + children
        self.born[replicates, cells] = generation
        return Takeover(replicates, cells, children, previous)
