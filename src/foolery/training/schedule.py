"""Schedules: the learning rate at each step of a training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Schedule(Protocol):
    """A learning rate for each step."""

    def rate_at(self, step: int, steps: int) -> float:
        """The rate at ``step``, the first of which is 0, of ``steps``."""
        ...

    def describe(self) -> str:
        """In words, for a card."""
        ...


@dataclass(frozen=True)
class Falling:
    """Caffe's ``inv``: ``rate (1 + gamma i) ** -power`` at step i, however many steps there are."""

    rate: float
    gamma: float
    power: float

    def rate_at(self, step: int, steps: int) -> float:
        """The rate at ``step``."""
        return float(self.rate * (1.0 + self.gamma * step) ** -self.power)

    def describe(self) -> str:
        """In words, for a card."""
        return f"learning rate {self.rate} (1 + {self.gamma} i)^-{self.power}"


@dataclass(frozen=True)
class OneCycle:
    """A straight rise to ``peak`` over the share ``rise`` of all steps, then a straight fall to zero."""

    peak: float
    rise: float

    def rate_at(self, step: int, steps: int) -> float:
        """The rate at ``step`` of ``steps``."""
        place, top = (step + 1) / (steps + 1), self.rise
        return self.peak * (place / top if place < top else (1 - place) / (1 - top))

    def describe(self) -> str:
        """In words, for a card."""
        return f"learning rate rising to {self.peak} over {self.rise:.0%} of the steps, then falling to 0"
