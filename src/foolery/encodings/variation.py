"""Crossover of pictures: simulated binary crossover, as the released code has it (``evo_float_image.hpp``).

The paper describes mutation only, so it is an option. The original set genes on which both parents agree
to 0.5; here they keep the common value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from foolery.errors import UsageError
from foolery.jit import inlined, kernel
from foolery.rng import Purpose, Stream, philox

RATE = 0.5
ETA = 10.0
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
"""Name of a crossover to the function that says who is crossed with whom."""


@inlined
def _spread(r: float, beta: float) -> float:
    """The factor ``betaq``: how far a child lies from the middle of its parents."""
    alpha = 2.0 - beta ** -(ETA + 1.0)
    if r * alpha <= 1.0:
        return float((r * alpha) ** (1.0 / (ETA + 1.0)))
    return float((1.0 / (2.0 - r * alpha)) ** (1.0 / (ETA + 1.0)))


@kernel
def _cross_pair(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    child: np.uint64,
    generation: np.uint64,
    seed: np.uint64,
) -> None:
    """Cross two pictures in place, gene by gene, in levels 0 to 255."""
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


@kernel
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

    The powers come from the platform's mathematics, so these draws are promised on one machine only.

    Raises:
        UsageError: for an odd number of rows.
    """
    mates, children = _sbx_mates(stream), levels.copy()
    _cross_rows(children, mates, stream.seeds, stream.children, np.uint64(stream.generation))
    return children
