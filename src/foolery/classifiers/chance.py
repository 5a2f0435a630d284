"""Chance: whether a share of right answers could be had by guessing."""

from __future__ import annotations

from math import sqrt

SURE = 3.0  # standard errors above guessing


def better_than_chance(accuracy: float, pictures: int, classes: int) -> bool:
    """Whether ``accuracy`` on so many pictures is beyond what guessing among ``classes`` would give."""
    chance, count = 1 / classes, max(1, pictures)
    # Half a picture less: the normal curve is not a count, and is too narrow where few guesses hit.
    return accuracy - 0.5 / count > chance + SURE * sqrt(chance * (1 - chance) / count)
