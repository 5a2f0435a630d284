"""Statistics on distances and differences: the Mantel test, label permutations, the bootstrap.

Random numbers come from a seed, so the same data give the same p. The rank test of the paper is
``foolery.analysis.statistics.mann_whitney``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.errors import UsageError

PERMUTATIONS = 9999


@dataclass(frozen=True)
class PermutationTest:
    """A statistic beside its values under random relabelling.

    Attributes:
        statistic: as measured.
        p: share of relabellings (the measured one included) whose statistic is at least as large; one-sided.
        permutations: number of relabellings.
    """

    statistic: float
    p: float
    permutations: int


def mantel(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    *,
    counted: NDArray[np.bool_] | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> PermutationTest:
    """Do two matrices over the same things agree? Spearman's rank correlation of their upper triangles.

    Rows and columns of ``second`` are relabelled together (Mantel 1967), because the pairs are not
    independent. Relabelled ranks are those of the whole triangle, also where not all pairs are counted.

    Args:
        first: ``(K, K)``, symmetric, the diagonal does not count.
        second: likewise.
        counted: ``(K, K)``, the pairs that count; all if None.
        permutations: number of relabellings.
        seed: of these.

    Raises:
        UsageError: for fewer than four things, or where all counted values are equal.
    """
    count = len(first)
    upper = np.triu(np.ones((count, count), bool), 1)
    upper &= True if counted is None else counted
    if count < 4 or upper.sum() < 6:
        raise UsageError(f"mantel: expected at least four classes and six pairs, got {count}, {upper.sum()}")
    rows, columns = np.nonzero(upper)
    ranks = _ranks(first[rows, columns]).astype(np.float64)
    whole = np.zeros_like(second, dtype=np.float64)
    every = np.triu_indices(count, 1)
    whole[every] = _ranks(second[every])
    whole += whole.T
    if np.ptp(ranks) == 0 or np.ptp(whole[rows, columns]) == 0:
        raise UsageError("mantel: all values are equal, so nothing can agree with them")
    generator = np.random.default_rng(seed)
    measured = _correlation(ranks, whole[rows, columns])
    at_least = 1
    for _ in range(permutations):
        order = generator.permutation(count)
        at_least += _correlation(ranks, whole[order[rows], order[columns]]) >= measured - 1e-12
    return PermutationTest(measured, at_least / (permutations + 1), permutations)


def neighbor_test(
    distances: NDArray[np.float64],
    similarity: NDArray[np.float64],
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> PermutationTest:
    """Is each thing near the one that is most similar to it, among all others?

    The statistic is the mean, over things, of the share of others that are farther than the most similar one
    (ties count half); 0.5 by chance.

    Args:
        distances: ``(K, K)``, symmetric, the diagonal does not count.
        similarity: likewise, of the same things; relabelled.
        permutations: number of relabellings.
        seed: of these.
    """
    from scipy.stats import rankdata

    count = len(distances)
    without = distances.astype(np.float64).copy()
    np.fill_diagonal(without, np.inf)
    farther = 1 - (rankdata(without, axis=1) - 1) / max(count - 2, 1)
    among = similarity.astype(np.float64).copy()
    np.fill_diagonal(among, -np.inf)
    partner = among.argmax(axis=1)
    generator, things, at_least = np.random.default_rng(seed), np.arange(count), 1
    measured = float(farther[things, partner].mean())
    for _ in range(permutations):
        order = generator.permutation(count)
        at_least += float(farther[order, order[partner]].mean()) >= measured - 1e-12
    return PermutationTest(measured, at_least / (permutations + 1), permutations)


def same_label_test(
    distances: NDArray[np.float64],
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> PermutationTest:
    """Are things of one label in different groups closer than things of different labels?

    The statistic is the mean distance of pairs from different groups with different labels, minus that with
    equal labels; labels are shuffled within each group.

    Args:
        distances: ``(M, M)``, symmetric.
        labels: ``(M,)``, for instance classes.
        groups: ``(M,)``, for instance runs.
        permutations: number of shuffles.
        seed: of these.
    """
    rows, columns = np.nonzero(np.triu(groups[:, None] != groups[None, :], 1))
    values = distances[rows, columns]
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]

    def statistic(shuffled: NDArray[np.int64]) -> float:
        same = shuffled[rows] == shuffled[columns]
        if not same.any() or same.all():
            return 0.0
        return float(values[~same].mean() - values[same].mean())

    generator, measured, at_least = np.random.default_rng(seed), statistic(labels), 1
    for _ in range(permutations):
        shuffled = labels.copy()
        for member in members:
            shuffled[member] = generator.permutation(labels[member])
        at_least += statistic(shuffled) >= measured - 1e-12
    return PermutationTest(measured, at_least / (permutations + 1), permutations)


def signed_rank(differences: NDArray[np.float64]) -> float:
    """Two-sided p of Wilcoxon's signed-rank test that ``(N,)`` differences lie around 0; 1 if all are 0."""
    from scipy.stats import wilcoxon

    if not np.any(differences):
        return 1.0
    return float(wilcoxon(differences, zero_method="pratt", method="asymptotic").pvalue)


def correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[float, float]:
    """Spearman's rank correlation of two ``(N,)`` samples and its two-sided p; 0 and 1 for equal values."""
    from scipy.stats import spearmanr

    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0, 1.0
    result = spearmanr(first, second)
    return float(result.statistic), float(result.pvalue)


def bootstrap_median(
    values: NDArray[np.float64], *, level: float = 0.95, draws: int = 9999, seed: int = 0
) -> tuple[float, float]:
    """Ends of the percentile bootstrap interval of the median of ``(N,)`` values."""
    generator = np.random.default_rng(seed)
    medians = np.median(values[generator.integers(0, len(values), (draws, len(values)))], axis=1)
    low, high = np.quantile(medians, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1, ties shared."""
    from scipy.stats import rankdata

    ranks: NDArray[np.float64] = rankdata(values)
    return ranks


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    a, b = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale else 0.0


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
        return f"Mann-Whitney U = {self.u:.0f}, {format_p(self.p)}"


def mann_whitney(first: NDArray[np.float64], second: NDArray[np.float64]) -> RankTest:
    """Compare two samples, ``(N,)`` and ``(M,)``; where all are equal, p is 1."""
    from scipy.stats import mannwhitneyu

    if np.unique(np.concatenate([first, second])).size == 1:
        return RankTest(len(first) * len(second) / 2, 1.0, 0.5)
    result = mannwhitneyu(first, second, alternative="two-sided")
    u = float(result.statistic)
    return RankTest(u, float(result.pvalue), u / (len(first) * len(second)))


def format_p(p: float) -> str:
    """``p = 0.012``, or ``p < 0.0001`` as the paper writes it."""
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.2g}"


@dataclass(frozen=True)
class Trend:
    """Kendall's rank correlation (tau-b) of group and measure, two-sided.

    With ordered groups it is the Jonckheere-Terpstra test, scaled to -1 … 1: both count the pairs from
    different groups in which the later group's member is the larger one.

    Attributes:
        tau: 1 where every member of a later group is larger than all of earlier ones; 0 for no trend.
        p: probability of so strong a trend either way, were the measure independent of the group.
    """

    tau: float
    p: float

    def __str__(self) -> str:
        return f"Kendall's tau = {self.tau:.2f}, {format_p(self.p)}"

    @property
    def rises(self) -> bool:
        """Whether it goes up, at the 5 % level."""
        return self.tau > 0 and self.p < 0.05

    @property
    def falls(self) -> bool:
        """Whether it goes down, at the 5 % level."""
        return self.tau < 0 and self.p < 0.05


def trend(groups: Sequence[float], values: Sequence[float]) -> Trend:
    """Of ``values``, one for each of ``groups``; infinity counts as larger than any number.

    Where either is the same for all, there is no trend: tau 0, p 1.
    """
    from scipy.stats import kendalltau, rankdata

    if len(set(groups)) < 2 or len(set(values)) < 2:
        return Trend(0.0, 1.0)
    result = kendalltau(groups, rankdata(values))
    return Trend(float(result.statistic), float(result.pvalue))
