"""Event: something that happened to a run and that its settings do not say."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 500  # characters


@dataclass(frozen=True, slots=True)
class Event:
    """One line about one generation.

    Attributes:
        generation: that was being computed when it happened.
        what: for instance that memory was short, so that slices are smaller from then on, and scores may
            differ in their last bits from those of a run without it.
    """

    generation: int
    what: str
