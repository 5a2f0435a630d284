"""Effects beside p: a difference of medians and a share with their intervals, and a blocked trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from foolery.analysis.statistics import RankTest, format_p, mann_whitney

_Z = 1.959963984540054  # of 95 %


@dataclass(frozen=True)
class MedianComparison:
    """Two samples of independent units.

    Attributes:
        test: Mann-Whitney U; its share says how often a member of the first is larger.
        first: median of the first.
        second: median of the second.
        low: lower end of the 95 % interval of the difference of medians, second less first.
        high: upper end.
    """

    test: RankTest
    first: float
    second: float
    low: float
    high: float

    def __str__(self) -> str:
        direction = "lower" if self.test.share > 0.5 else "higher" if self.test.share < 0.5 else "equal"
        pairs = max(self.test.share, 1 - self.test.share)
        return (
            f"{direction} in {pairs:.0%} of pairs, difference of medians {self.second - self.first:+.3g} "
            f"(95 % {self.low:+.3g} to {self.high:+.3g}), {self.test}"
        )


def compare(
    first: Sequence[float], second: Sequence[float], *, draws: int = 9999, seed: int = 0
) -> MedianComparison:
    """Is the second sample lower or higher than the first, and by how much? ``(N,)`` and ``(M,)`` values."""
    one, two = np.asarray(first, np.float64), np.asarray(second, np.float64)
    generator = np.random.default_rng(seed)
    drawn = [
        np.median(values[generator.integers(0, len(values), (draws, len(values)))], axis=1)
        for values in (one, two)
    ]
    low, high = np.quantile(drawn[1] - drawn[0], [0.025, 0.975])
    return MedianComparison(
        mann_whitney(one, two), float(np.median(one)), float(np.median(two)), float(low), float(high)
    )


def share_interval(count: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson (1927); 0 to 1 for nothing counted.

    Example:
        >>> [round(end, 2) for end in share_interval(45, 50)]
        [0.79, 0.96]
    """
    if not total:
        return 0.0, 1.0
    share, z = count / total, _Z * _Z / total
    centre, half = share + z / 2, _Z * np.sqrt(share * (1 - share) / total + z / (4 * total))
    return float(max(0.0, (centre - half) / (1 + z))), float(min(1.0, (centre + half) / (1 + z)))


@dataclass(frozen=True)
class BlockedTrend:
    """Page's test: do the values rise along the columns within every block?

    Attributes:
        rho: mean over blocks of Spearman's rank correlation of column and value; 1 for a rise everywhere.
        p: that of so strong a trend either way.
        blocks: number of them, the units.
    """

    rho: float
    p: float
    blocks: int

    def __str__(self) -> str:
        rho = f"mean rank correlation {self.rho:.2f}"
        return f"Page's test over {self.blocks} families, {rho}, {format_p(self.p)}"


def blocked_trend(rows: Sequence[Sequence[float]]) -> BlockedTrend:
    """Of ``(blocks, columns)`` values; infinity counts as larger than any number (Page 1963).

    With one block, or two columns, there is no test: p is 1.
    """
    from scipy.stats import page_trend_test, rankdata

    values = np.array([rankdata(row) for row in rows])
    columns = np.arange(1, values.shape[1] + 1)
    spread = values.std(axis=1) * columns.std()
    covariance = ((values - values.mean(axis=1, keepdims=True)) * (columns - columns.mean())).mean(axis=1)
    rho = float(np.mean(np.divide(covariance, spread, out=np.zeros_like(spread), where=spread > 0)))
    if len(values) < 2 or values.shape[1] < 3:
        return BlockedTrend(rho, 1.0, len(values))
    ordered = values if rho >= 0 else values[:, ::-1]
    p = min(1.0, 2 * float(page_trend_test(ordered, ranked=True, method="exact").pvalue))
    return BlockedTrend(rho, p, len(values))


@dataclass(frozen=True)
class SignFlipTest:
    """Paired differences of independent units: is their mean 0? Exact, over all ways to flip their signs.

    Attributes:
        mean: of the differences.
        low: lower end of its 95 % bootstrap interval.
        high: upper end.
        p: two-sided.
        units: number of differences.
    """

    mean: float
    low: float
    high: float
    p: float
    units: int


def sign_flip(differences: Sequence[float], *, draws: int = 9999, seed: int = 0) -> SignFlipTest:
    """Of ``(N,)`` differences, at most 20 of them; with ten the smallest p is 2 / 1024."""
    values = np.asarray(differences, np.float64)
    if not 1 <= len(values) <= 20:
        raise ValueError(f"differences: expected 1 to 20 of them, got {len(values)}")
    signs = 1 - 2 * ((np.arange(2 ** len(values))[:, None] >> np.arange(len(values))) & 1)
    means = signs @ values / len(values)
    p = float((np.abs(means) >= abs(values.mean()) - 1e-12).mean())
    drawn = values[np.random.default_rng(seed).integers(0, len(values), (draws, len(values)))].mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return SignFlipTest(float(values.mean()), float(low), float(high), p, len(values))
