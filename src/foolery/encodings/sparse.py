"""The encoding ``sparse``: a few squares on one color.

After the sparse fooling images of Kumano, Kera and Yamasaki (2020), whose images are of one color but for a
few pixels; squares, because a pixel of a large canvas is nothing to most networks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.encodings.base import Encoding
from foolery.encodings.direct import Direct, DirectGenomes
from foolery.errors import UsageError
from foolery.jit import jit
from foolery.rng import Stream
from foolery.workers import parallel_for

MAX_SQUARES = 1000
SIDE_DIVISOR = 8  # the side of the largest square is the canvas's shorter side over this
_PLACE_GENES = 3  # genes of a square before its color: row, column, side


@jit
def _draw_squares(genes: NDArray[np.uint8], canvases: NDArray[np.uint8], max_side: int) -> None:
    """Draw one image for each row of ``genes``: the color of the ground, then square after square."""
    channels, height, width = canvases.shape[1:]
    size = _PLACE_GENES + channels
    for i in range(genes.shape[0]):
        for channel in range(channels):
            canvases[i, channel] = genes[i, channel]
        for start in range(channels, genes.shape[1], size):
            top = np.int64(genes[i, start]) * height // 256
            left = np.int64(genes[i, start + 1]) * width // 256
            side = 1 + np.int64(genes[i, start + 2]) * max_side // 256
            for channel in range(channels):
                level = genes[i, start + _PLACE_GENES + channel]
                for row in range(top, min(height, top + side)):
                    for column in range(left, min(width, left + side)):
                        canvases[i, channel, row, column] = level


@dataclass(frozen=True)
class Sparse(Encoding[DirectGenomes]):
    """Squares as genes: where each begins, how large it is, and its color; and the color of the ground.

    Genes are numbers from 0 to 255, drawn, mutated and stored as those of ``direct`` are.

    Args:
        canvas: what is drawn.
        squares: how many.
    """

    canvas: CanvasShape
    squares: int = 16

    name = "sparse"
    keeps_ancestors = True

    def __post_init__(self) -> None:
        if not isinstance(self.squares, int) or not 1 <= self.squares <= MAX_SQUARES:
            raise UsageError(
                f"squares: expected a whole number from 1 to {MAX_SQUARES}, got {self.squares!r}"
            )

    @property
    def options(self) -> Mapping[str, str | int | float | bool]:
        """``squares``."""
        return {"squares": self.squares}

    @cached_property
    def _genes(self) -> Direct:
        """The encoding that varies and stores the genes, as if they were an image of one row."""
        channels = self.canvas.channels
        count = channels + self.squares * (_PLACE_GENES + channels)
        return Direct(CanvasShape(channels=1, height=1, width=count))

    def initial(self, stream: Stream) -> DirectGenomes:
        """Squares at random, one image for every row of ``stream``."""
        return self._genes.initial(stream)

    def vary(self, parents: DirectGenomes, stream: Stream) -> DirectGenomes:
        """One mutated child of every parent."""
        return self._genes.vary(parents, stream)

    def offspring(self, pool: DirectGenomes, parent_rows: NDArray[np.int64], stream: Stream) -> DirectGenomes:
        """One mutated child of the image at each of the rows ``parent_rows``."""
        return self._genes.offspring(pool, parent_rows, stream)

    def take(self, genomes: DirectGenomes, index: NDArray[np.int64]) -> DirectGenomes:
        """The genomes at ``index``, repeats allowed."""
        return self._genes.take(genomes, index)

    def put(self, genomes: DirectGenomes, index: NDArray[np.int64], source: DirectGenomes) -> DirectGenomes:
        """``genomes`` with ``genomes[index[i]] = source[i]``, in the memory of ``genomes``."""
        return self._genes.put(genomes, index, source)

    def join(self, parts: Sequence[DirectGenomes]) -> DirectGenomes:
        """The genomes of all ``parts``, in order."""
        return self._genes.join(parts)

    def render(self, genomes: DirectGenomes) -> Canvases:
        """``(N, C, H, W) uint8``: later squares lie on earlier ones."""
        canvases = np.empty((len(genomes), *self.canvas.axes), np.uint8)
        self.render_into(genomes, canvases)
        return canvases

    def render_into(self, genomes: DirectGenomes, canvases: Canvases) -> None:
        """As ``render``, into ``canvases``, which are contiguous."""
        max_side = max(1, min(self.canvas.height, self.canvas.width) // SIDE_DIVISOR)

        def work(start: int, stop: int) -> None:
            _draw_squares(genomes.levels[start:stop], canvases[start:stop], max_side)

        parallel_for(work, len(genomes), chunk=16)

    def pack(self, genomes: DirectGenomes) -> list[bytes]:
        """One byte string per genome."""
        return self._genes.pack(genomes)

    def unpack(self, blobs: Sequence[bytes]) -> DirectGenomes:
        """The inverse of ``pack``; UsageError for anything else."""
        return self._genes.unpack(blobs)
