"""Statistics: the tests that the paper uses. They need scipy, of the extra ``paper``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEEDS_SCIPY = (("scipy", "paper"),)


@dataclass(frozen=True)
class RankTest:
    """A Mann-Whitney U test, two-sided as in the paper.

    Attributes:
        u: of the first sample: in how many pairs its member is the larger one, ties counting half.
        p: probability of so uneven a split if both came from one distribution.
        share: ``u`` divided by the number of pairs: 1 where every first is larger, 0.5 for no difference.
    """

    u: float
    p: float
    share: float

    def __str__(self) -> str:
        return f"Mann-Whitney U = {self.u:.0f}, {p_in_words(self.p)}"


def mann_whitney(first: NDArray[np.float64], second: NDArray[np.float64]) -> RankTest:
    """Compare two samples, ``(N,)`` and ``(M,)``; where all are equal, p is 1."""
    from scipy.stats import mannwhitneyu

    if np.unique(np.concatenate([first, second])).size == 1:
        return RankTest(len(first) * len(second) / 2, 1.0, 0.5)
    found = mannwhitneyu(first, second, alternative="two-sided")
    u = float(found.statistic)
    return RankTest(u, float(found.pvalue), u / (len(first) * len(second)))


def p_in_words(p: float) -> str:
    """``p = 0.012``, or ``p < 0.0001`` as the paper writes it."""
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.2g}"
