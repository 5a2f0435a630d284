"""Trend: does a measure rise or fall with the order of its groups?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foolery.analysis.statistics_statistics import p_in_words


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
        return f"Kendall's tau = {self.tau:.2f}, {p_in_words(self.p)}"

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
    found = kendalltau(groups, rankdata(values))
    return Trend(float(found.statistic), float(found.pvalue))
