"""What an experiment costs: queries by role, and minutes at a measured or a usual rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Queries a second of whole searches, measured on 4 cores: lenet; MobileNet v1 of width 0.25 at 128 pixels
#: for photos; cifar for small ones. Experiments with gradients count a step as several queries
#: (``CostItem.query_cost``).
QUERIES_PER_SECOND: Mapping[str, float] = {
    "digits": 13_000.0,
    "digits-b": 13_000.0,
    "photos": 1_100.0,
    "photos-b": 550.0,
    "small-photos": 4_000.0,
}
LONG_MINUTES = 10.0  # from here on a reproduction warns that it takes long


@dataclass(frozen=True)
class CostItem:
    """One kind of work.

    Attributes:
        role: of the classifier.
        queries: images classified.
        query_cost: what one query costs in forward passes; about 3 with a gradient.
    """

    role: str
    queries: int
    query_cost: float = 1.0


@dataclass(frozen=True)
class Cost:
    """What an experiment costs, kind by kind of work."""

    items: tuple[CostItem, ...]

    @property
    def queries(self) -> int:
        """Images classified in all."""
        return sum(item.queries for item in self.items)

    def minutes(self, rates: Mapping[str, float] = QUERIES_PER_SECOND) -> float:
        """At ``rates`` queries a second, by role; a role without one has its usual rate."""
        all_rates = {**QUERIES_PER_SECOND, **rates}
        seconds = (
            item.queries * item.query_cost / all_rates.get(item.role, all_rates["photos"])
            for item in self.items
        )
        return sum(seconds) / 60.0


def evolution_cost(role: str, runs: int, generations: int, batch: int, query_cost: float = 1.0) -> Cost:
    """That of so many runs of MAP-Elites, the initial population of each included."""
    return Cost((CostItem(role, runs * (generations + 1) * batch, query_cost),))


def format_minutes(minutes: float) -> str:
    """``40 s``, ``28 min`` or ``3.5 h``."""
    if minutes < 2.0:
        return f"{max(1, round(minutes * 60))} s"
    return f"{minutes:.0f} min" if minutes < 120.0 else f"{minutes / 60:.1f} h"
