"""Budget: what a reproduction will cost, in queries and in minutes on four cores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Queries a second of whole searches, measured on 4 cores: lenet; MobileNet v1 of width 0.25 at 128 pixels
#: for photos; cifar for small ones. Experiments with gradients count a step as several queries
#: (``Part.passes``).
RATES: Mapping[str, float] = {
    "digits": 13_000.0,
    "digits-b": 13_000.0,
    "photos": 1_100.0,
    "photos-b": 550.0,
    "small-photos": 4_000.0,
}
LONG = 10.0  # minutes from which on a reproduction says that it is long


@dataclass(frozen=True)
class Part:
    """One kind of work.

    Attributes:
        role: of the classifier that is asked.
        queries: images classified.
        passes: what one query costs in forward passes; about 3 with a gradient.
    """

    role: str
    queries: int
    passes: float = 1.0


@dataclass(frozen=True)
class Budget:
    """The sum of some parts."""

    parts: tuple[Part, ...]

    @property
    def queries(self) -> int:
        """Images classified in all."""
        return sum(part.queries for part in self.parts)

    def minutes(self, rates: Mapping[str, float] = RATES) -> float:
        """At ``rates`` images a second, by role; a role without one has that of ``RATES``, or of photos."""
        known = {**RATES, **rates}
        return (
            sum(part.queries * part.passes / known.get(part.role, known["photos"]) for part in self.parts)
            / 60.0
        )


def in_words(minutes: float) -> str:
    """``40 s``, ``28 min`` or ``3.5 h``."""
    if minutes < 2.0:
        return f"{max(1, round(minutes * 60))} s"
    return f"{minutes:.0f} min" if minutes < 120.0 else f"{minutes / 60:.1f} h"
