"""Variation of pixels: steps of mutation, and simulated binary crossover.

Crossover is as in the released code (``evo_float_image.hpp``); the paper describes mutation only, so it is an
option. The original set genes on which both parents agree to 0.5; here they keep the common value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from foolery.errors import UsageError
from foolery.jit import jit, jit_inline
from foolery.rng import Purpose, Stream, philox

RATE = 0.5
CROSSOVER_ETA = 10.0
_GENE = np.uint64(Purpose.CROSSOVER_GENE)
_ONE = np.uint64(1)


def _sbx_mates(stream: Stream) -> NDArray[np.int64]:
    """``(N,)``: the other row of the pair for the pairs that cross, else -1."""
    if len(stream) % 2:
        raise UsageError(f"batch: crossover needs an even number of children, got {len(stream)}")
    rows = np.arange(len(stream), dtype=np.int64)
    mates = rows ^ 1
    crossed = stream.words(Purpose.CROSSOVER)[rows & ~1, 0] < np.uint64(RATE * 2**32)
    return np.where(crossed, mates, -1)


def _no_mates(stream: Stream) -> NDArray[np.int64]:
    return np.full(len(stream), -1, np.int64)


CROSSOVERS: Mapping[str, Callable[[Stream], NDArray[np.int64]]] = {"none": _no_mates, "sbx": _sbx_mates}
"""Name of a crossover to the function that gives the mate of every row."""


@jit_inline
def _spread(r: float, beta: float) -> float:
    """The factor ``betaq``: how far a child lies from the middle of its parents."""
    alpha = 2.0 - beta ** -(CROSSOVER_ETA + 1.0)
    if r * alpha <= 1.0:
        return float((r * alpha) ** (1.0 / (CROSSOVER_ETA + 1.0)))
    return float((1.0 / (2.0 - r * alpha)) ** (1.0 / (CROSSOVER_ETA + 1.0)))


@jit
def _cross_pair(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    child: np.uint64,
    generation: np.uint64,
    seed: np.uint64,
) -> None:
    """Cross two images in place, gene by gene, in levels 0 to 255."""
    for gene in range(first.size):
        low, high = float(min(first[gene], second[gene])), float(max(first[gene], second[gene]))
        if low == high:
            continue
        words = philox(np.uint64(gene), child, generation, _GENE, seed)
        r = (np.float64(words[0]) + 0.5) * 2.0**-32
        below = _spread(r, 1.0 + 2.0 * low / (high - low))
        above = _spread(r, 1.0 + 2.0 * (255.0 - high) / (high - low))
        left = round(min(max(0.5 * (low + high - below * (high - low)), 0.0), 255.0))
        right = round(min(max(0.5 * (low + high + above * (high - low)), 0.0), 255.0))
        if words[1] & _ONE:
            left, right = right, left
        first[gene], second[gene] = np.uint8(left), np.uint8(right)


@jit
def _cross_rows(
    levels: NDArray[np.uint8],
    mates: NDArray[np.int64],
    seeds: NDArray[np.uint64],
    children: NDArray[np.uint64],
    generation: np.uint64,
) -> None:
    for i in range(0, levels.shape[0], 2):
        if mates[i] >= 0:
            _cross_pair(levels[i], levels[i + 1], children[i], generation, seeds[i])


def cross(levels: NDArray[np.uint8], stream: Stream) -> NDArray[np.uint8]:
    """``(N, genes) uint8``: a copy in which half of the pairs of rows (2k, 2k + 1) are crossed.

    The powers come from the platform's mathematics, so these numbers are promised on one machine only.

    Raises:
        UsageError: for an odd number of rows.
    """
    mates, children = _sbx_mates(stream), levels.copy()
    _cross_rows(children, mates, stream.seeds, stream.children, np.uint64(stream.generation))
    return children


MUTATION_ETA = 15
LEVELS = 255
_GUIDE_BITS = 12
_GUIDE_SHIFT = np.uint64(32 - _GUIDE_BITS)


@jit_inline
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


@jit_inline
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


def step_guide(steps: NDArray[np.uint64]) -> NDArray[np.int16]:
    """``(4096,) int16``: for the upper 12 bits of a word, where in ``steps`` the search for it may begin."""
    lowest = np.arange(1 << _GUIDE_BITS, dtype=np.uint64) << np.uint64(32 - _GUIDE_BITS)
    return np.searchsorted(steps, lowest, side="right").astype(np.int16)


@jit_inline
def guided_step(word: np.uint64, steps: NDArray[np.uint64], guide: NDArray[np.int16]) -> np.int64:
    """As ``level_step``, from where the guide of ``steps`` points: one or two comparisons, as a rule."""
    at = np.uintp(guide[word >> _GUIDE_SHIFT])
    while at < np.uintp(steps.size) and steps[at] <= word:
        at += np.uintp(1)
    return np.int64(at) - LEVELS
