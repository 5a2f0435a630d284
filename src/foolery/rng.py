"""Random numbers: a counter-based generator keyed by (seed, generation, child, purpose).

Generation g of a run gets the same numbers whether or not the process was restarted in between, and
whichever other children are varied beside it: there is no generator state to save. The generator is
Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from foolery.errors import UsageError
from foolery.jit import jit, jit_inline, jit_with_gil
from foolery.workers import parallel_for

_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_BYTE = np.uint64(0xFF)
_ROUND_0, _ROUND_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL_0, _WEYL_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)

MAX_SEED = 2**64 - 1


class Purpose(IntEnum):
    """What a random number decides. A value is never reused: stored runs depend on it."""

    INITIAL = 0
    PARENT = 1
    MUTATE = 2
    STEP = 3
    ACTIVATION = 4
    STRUCTURE = 5
    CROSSOVER = 6
    CROSSOVER_GENE = 7
    SYNTHETIC = 8


@jit_inline
def philox(
    index: np.uint64, child: np.uint64, generation: np.uint64, purpose: np.uint64, seed: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Four random 32-bit words (as uint64) for one counter and one key; inside kernels only."""
    c0, c1, c2, c3 = index, child, generation, purpose
    k0, k1 = seed & _LOW, seed >> _32
    for _ in range(10):
        product_0, product_1 = _ROUND_0 * c0, _ROUND_1 * c2
        c0, c1, c2, c3 = (
            (product_1 >> _32) ^ c1 ^ k0,
            product_1 & _LOW,
            (product_0 >> _32) ^ c3 ^ k1,
            product_0 & _LOW,
        )
        k0, k1 = (k0 + _WEYL_0) & _LOW, (k1 + _WEYL_1) & _LOW
    return c0, c1, c2, c3


@jit
def _words(
    seeds: NDArray[np.uint64], children: NDArray[np.uint64], generation: np.uint64, purpose: np.uint64
) -> NDArray[np.uint64]:
    words = np.empty((seeds.size, 4), np.uint64)
    for row in range(seeds.size):
        block = philox(np.uint64(0), children[row], generation, purpose, seeds[row])
        for column in range(4):
            words[row, column] = block[column]
    return words


@jit
def _fill_bytes(
    levels: NDArray[np.uint8],
    seeds: NDArray[np.uint64],
    children: NDArray[np.uint64],
    generation: np.uint64,
    purpose: np.uint64,
    start: np.uint64,
) -> None:
    """Fill ``(n, size)`` with independent uniform bytes, sixteen of one block."""
    for row in range(levels.shape[0]):
        for first in range(0, levels.shape[1], 16):
            block = philox(start + np.uint64(first >> 4), children[row], generation, purpose, seeds[row])
            for place in range(first, min(first + 16, levels.shape[1])):
                word = block[(place >> 2) & 3]
                levels[row, place] = np.uint8((word >> np.uint64(8 * (place & 3))) & _BYTE)


@jit_with_gil
def _fill_integers(
    seeds: NDArray[np.uint64],
    children: NDArray[np.uint64],
    generation: np.uint64,
    purpose: np.uint64,
    size: np.uint64,
    integers: NDArray[np.int64],
) -> None:
    for row in range(seeds.size):
        high, low, _, _ = philox(np.uint64(0), children[row], generation, purpose, seeds[row])
        integers[row] = np.int64((high * size + ((low * size) >> _32)) >> _32)


@dataclass(frozen=True)
class Stream:
    """The random numbers of one generation: row i is child ``children[i]`` of the run with ``seeds[i]``.

    Attributes:
        seeds: ``(N,) uint64``.
        children: ``(N,) uint64``, the number of a child within its run's generation, below 2^32.
        generation: below 2^32; 0 is the initial population.
    """

    seeds: NDArray[np.uint64]
    children: NDArray[np.uint64]
    generation: int

    @classmethod
    def of(cls, seed: int, generation: int, count: int) -> Stream:
        """Those of ``count`` children of one run."""
        check_seed(seed)
        return cls(np.full(count, seed, np.uint64), np.arange(count, dtype=np.uint64), generation)

    def __len__(self) -> int:
        return self.seeds.size

    def rows(self, start: int, stop: int) -> Stream:
        """Those of rows ``start`` to ``stop``."""
        return Stream(self.seeds[start:stop], self.children[start:stop], self.generation)

    def words(self, purpose: Purpose) -> NDArray[np.uint64]:
        """``(N, 4) uint64``: four random 32-bit words for every child."""
        return _words(self.seeds, self.children, np.uint64(self.generation), np.uint64(purpose))

    def bytes(self, purpose: Purpose, size: int, start: int = 0) -> NDArray[np.uint8]:
        """``(N, size) uint8``: independent uniform bytes, those of the blocks from ``start`` on."""
        levels = np.empty((len(self), size), np.uint8)
        key = np.uint64(self.generation), np.uint64(purpose), np.uint64(start)

        def work(first: int, last: int) -> None:
            rows = slice(first, last)
            _fill_bytes(levels[rows], self.seeds[rows], self.children[rows], *key)

        parallel_for(work, len(self), chunk=16)
        return levels

    def integers(self, purpose: Purpose, size: int) -> NDArray[np.int64]:
        """``(N,) int64``: for every child one number below ``size``, uniform to within size / 2^64."""
        generation, bound, integers = (
            np.uint64(self.generation),
            np.uint64(size),
            np.empty(len(self), np.int64),
        )
        _fill_integers(self.seeds, self.children, generation, np.uint64(purpose), bound, integers)
        return integers


def check_seed(seed: int) -> int:
    """Return ``seed``, or raise UsageError unless it is a whole number from 0 to 2^64 - 1."""
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or not 0 <= seed <= MAX_SEED:
        raise UsageError(f"seed: expected a whole number from 0 to 2^64 - 1, got {seed!r}")
    return int(seed)
