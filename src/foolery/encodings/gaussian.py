"""The encoding ``gaussian``: pixels as genes, and Gaussian noise on all of them.

How most quality-diversity libraries vary images: pyribs' tutorial "Generating Images to Fool an MNIST
Classifier" starts from gray and adds noise of sigma 0.5 (of the range of a gene) to every pixel of every
child, cut to the range. It is here to be compared with; ``direct`` is the paper's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.direct import Direct, DirectGenomes
from foolery.encodings.variation import LEVELS, level_step
from foolery.errors import UsageError
from foolery.jit import jit
from foolery.rng import Purpose, Stream, philox
from foolery.workers import parallel_for

SIGMA = 0.5
GRAY = 128
_STEP = np.uint64(Purpose.STEP)


@jit
def _add_noise_rows(
    levels: NDArray[np.uint8],
    steps: NDArray[np.uint64],
    seeds: NDArray[np.uint64],
    children: NDArray[np.uint64],
    generation: np.uint64,
) -> None:
    """Move every gene in place by one step of the table, four of one Philox block."""
    for i in range(levels.shape[0]):
        for start in range(0, levels.shape[1], 4):
            block = philox(np.uint64(start >> 2), children[i], generation, _STEP, seeds[i])
            for offset in range(min(4, levels.shape[1] - start)):
                gene = start + offset
                moved = np.int64(levels[i, gene]) + level_step(block[offset], steps)
                levels[i, gene] = np.uint8(min(max(int(moved), 0), 255))


@lru_cache(maxsize=8)
def normal_steps(sigma: float) -> NDArray[np.uint64]:
    """``(510,) uint64``: entry k + 255 is 2^32 times the probability of a step of at most k levels.

    A step is normal with standard deviation ``sigma * 255``, rounded; one beyond 255 counts as 255, which
    ends at the bound all the same.
    """
    edges = (np.arange(-LEVELS, LEVELS) + 0.5) / (LEVELS * sigma)
    cumulative = [0.5 * math.erfc(-edge / math.sqrt(2.0)) for edge in edges.tolist()]
    return np.rint(np.array(cumulative) * 2.0**32).astype(np.uint64)


@dataclass(frozen=True)
class Gaussian(Direct):
    """Pixels as genes: gray with noise at the start, then noise on every gene.

    Args:
        canvas: what is drawn.
        colors: what the three planes of a color canvas mean, as in ``Direct``.
        sigma: of the noise, in units of a gene's range.
    """

    sigma: float = SIGMA

    name = "gaussian"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.crossover != "none":
            raise UsageError(f"crossover: gaussian has none, got {self.crossover!r}")
        if not 0.0 < self.sigma <= 10.0:
            raise UsageError(f"sigma: expected a number above 0 and up to 10, got {self.sigma!r}")

    @property
    def options(self) -> Mapping[str, str | int | float | bool]:
        """``sigma``, and ``colors`` where there are any."""
        options = {name: value for name, value in super().options.items() if name != "crossover"}
        return {"sigma": self.sigma, **options}

    def initial(self, stream: Stream) -> DirectGenomes:
        """Gray with noise, one image for every row of ``stream``."""
        return self.vary(DirectGenomes(np.full((len(stream), self.canvas.size), GRAY, np.uint8)), stream)

    def _mutated(self, levels: NDArray[np.uint8], stream: Stream) -> DirectGenomes:
        """Noise on every gene, in the memory of the parents ``levels``."""
        steps = normal_steps(self.sigma)
        generation = np.uint64(stream.generation)

        def work(start: int, stop: int) -> None:
            rows = slice(start, stop)
            _add_noise_rows(levels[rows], steps, stream.seeds[rows], stream.children[rows], generation)

        parallel_for(work, len(stream), chunk=16)
        return DirectGenomes(levels)
