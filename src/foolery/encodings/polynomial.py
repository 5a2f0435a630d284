"""Polynomial mutation with eta 15, as the paper's code has it (sferes ``evo_float.hpp``; paper 2.2).

A step of a gene in [0, 1] is, for r uniform in [0, 1), ``(2r)^(1/16) - 1`` below r = 0.5 and
``1 - (2(1 - r))^(1/16)`` above: mean size 1/17, plain add and clip, not Deb's boundary-aware form.
A 16th root is four square roots, and its inverse four squarings: both are exact IEEE operations, so the
draws are the same on any machine.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from foolery.jit import inlined

ETA = 15
LEVELS = 255
_GUIDE_BITS = 12
_GUIDE_SHIFT = np.uint64(32 - _GUIDE_BITS)


@inlined
def step(word: np.uint64) -> float:
    """The step of a real gene, in (-1, 1), for a random 32-bit ``word``."""
    r = (np.float64(word) + 0.5) * 2.0**-32
    tail = 2.0 * r if r < 0.5 else 2.0 * (1.0 - r)
    root = math.sqrt(math.sqrt(math.sqrt(math.sqrt(tail))))
    return root - 1.0 if r < 0.5 else 1.0 - root


@lru_cache(maxsize=1)
def level_steps() -> NDArray[np.uint64]:
    """``(510,) uint64``: entry k + 255 is 2^32 times the probability of a step of at most k levels.

    A step of an 8-bit level is the real step times 255, rounded to the nearest whole number.
    """
    edges = (np.arange(-LEVELS, LEVELS) + 0.5) / LEVELS
    tail = 1.0 - np.abs(edges)
    for _ in range(4):
        tail = tail * tail
    cumulative = np.where(edges < 0.0, 0.5 * tail, 1.0 - 0.5 * tail)
    return np.rint(cumulative * 2.0**32).astype(np.uint64)


@inlined
def level_step(word: np.uint64, steps: NDArray[np.uint64]) -> int:
    """The step in levels, -255 to 255, for a random 32-bit ``word`` and the table ``level_steps()``."""
    low, high = 0, steps.size
    while low < high:
        middle = (low + high) >> 1
        if steps[middle] <= word:
            low = middle + 1
        else:
            high = middle
    return low - LEVELS


def guide_of(steps: NDArray[np.uint64]) -> NDArray[np.int16]:
    """``(4096,) int16``: for the upper 12 bits of a word, where in ``steps`` the search for it may begin."""
    lowest = np.arange(1 << _GUIDE_BITS, dtype=np.uint64) << np.uint64(32 - _GUIDE_BITS)
    return np.searchsorted(steps, lowest, side="right").astype(np.int16)


@inlined
def guided_step(word: np.uint64, steps: NDArray[np.uint64], guide: NDArray[np.int16]) -> np.int64:
    """As ``level_step``, from where the guide of ``steps`` points: one or two comparisons, as a rule."""
    at = np.uintp(guide[word >> _GUIDE_SHIFT])
    while at < np.uintp(steps.size) and steps[at] <= word:
        at += np.uintp(1)
    return np.int64(at) - LEVELS
