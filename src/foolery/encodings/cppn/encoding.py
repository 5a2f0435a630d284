"""The encoding ``cppn``: genomes, their mutation and their drawing behind the one contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.encodings.base import Encoding
from foolery.encodings.colors import COLORS, check_colors, color_options
from foolery.encodings.cppn import crossover, genome, render_cpu, variation
from foolery.encodings.cppn.genome import CppnGenomes
from foolery.errors import UsageError, did_you_mean
from foolery.rng import Stream

if TYPE_CHECKING:
    from foolery.encodings.differentiable import DifferentiableEncoding

COORDINATES = ("raw", "centered")


def planes(
    canvas: CanvasShape, coordinates: str, sides: tuple[int, int] | None = None
) -> NDArray[np.float32]:
    """``(4, H * W) float32``: x, y, distance from the centre, 1 (``phen_grayscale_image.hpp``).

    With ``raw``, x and y are the pixel's column and row; with ``centered`` they run from -1 to 1. The
    distance is that of the centered coordinates in both. With ``sides``, height and width in pixels, the same
    ranges are divided into more or fewer steps.
    """
    height, width = sides or (canvas.height, canvas.width)
    y, x = np.mgrid[:height, :width].astype(np.float64)
    if sides is not None:
        y *= (canvas.height - 1) / max(height - 1, 1)
        x *= (canvas.width - 1) / max(width - 1, 1)
    right = 2.0 * x / max(canvas.width - 1, 1) - 1.0
    down = 2.0 * y / max(canvas.height - 1, 1) - 1.0
    distance = np.sqrt(right * right + down * down)
    across = (x, y) if coordinates == "raw" else (right, down)
    stack = np.stack([*across, distance, np.ones_like(x)])
    return np.ascontiguousarray(stack.reshape(4, -1).astype(np.float32))


@dataclass(frozen=True)
class Cppn(Encoding[CppnGenomes]):
    """Compositional pattern-producing networks (paper 2.2; ``gen_dnn_ff.hpp``).

    Args:
        canvas: what is drawn; one output a channel.
        coordinates: ``raw`` pixel indices as the released code feeds them, or ``centered`` in [-1, 1].
        colors: what the three outputs of a color canvas mean: ``hsv`` as published, or ``hls``.
    """

    canvas: CanvasShape
    coordinates: str = "raw"
    colors: str = COLORS[0]

    name = "cppn"
    keeps_ancestors = True

    def __post_init__(self) -> None:
        if self.coordinates not in COORDINATES:
            hint = did_you_mean(self.coordinates, list(COORDINATES))
            raise UsageError(f"coordinates: {self.coordinates!r} is unknown; {hint}")

        check_colors(self.colors, self.canvas)

    @property
    def options(self) -> Mapping[str, str | int | float | bool]:
        """``coordinates``, and ``colors`` where there are any."""
        return {"coordinates": self.coordinates, **color_options(self.colors, self.canvas)}

    @cached_property
    def planes(self) -> NDArray[np.float32]:
        """``(4, H * W) float32``: what the four inputs are in every pixel."""
        return planes(self.canvas, self.coordinates)

    def initial(self, stream: Stream) -> CppnGenomes:
        """Networks without hidden nodes, one for every row of ``stream``."""
        return variation.initial(self.canvas.channels, stream)

    def vary(self, parents: CppnGenomes, stream: Stream) -> CppnGenomes:
        """One mutated clone of every parent."""
        return variation.vary(parents, self.canvas.channels, stream)

    def offspring(self, pool: CppnGenomes, parent_rows: NDArray[np.int64], stream: Stream) -> CppnGenomes:
        """One mutated clone of the genome at each of the rows ``parent_rows``."""
        return variation.offspring(pool, parent_rows, self.canvas.channels, stream)

    def cross(self, parents: CppnGenomes, mates: CppnGenomes, stream: Stream) -> CppnGenomes:
        """One child of every parent and its mate, not mutated; see ``crossover.py``."""
        return crossover.cross(parents, mates, self.canvas.channels, stream)

    def take(self, genomes: CppnGenomes, index: NDArray[np.int64]) -> CppnGenomes:
        """The genomes at ``index``, repeats allowed."""
        return genome.take(genomes, index)

    def put(self, genomes: CppnGenomes, index: NDArray[np.int64], source: CppnGenomes) -> CppnGenomes:
        """``genomes`` with ``genomes[index[i]] = source[i]``."""
        return genome.put(genomes, index, source)

    def join(self, parts: Sequence[CppnGenomes]) -> CppnGenomes:
        """The genomes of all ``parts``, in order."""
        return genome.join(parts)

    def render(self, genomes: CppnGenomes) -> Canvases:
        """``(N, C, H, W) uint8``; a value v becomes the level floor(255 min(abs(v), 1))."""
        canvases = np.empty((len(genomes), *self.canvas.axes), np.uint8)
        self.render_into(genomes, canvases)
        return canvases

    def render_into(self, genomes: CppnGenomes, canvases: Canvases) -> None:
        """As ``render``, into ``canvases``, which are contiguous."""
        colors = None if self.canvas.channels == 1 else self.colors
        levels = canvases.reshape(len(genomes), self.canvas.channels, self.planes.shape[1])
        render_cpu.draw_into(genomes, self.planes, levels, colors)

    def render_at(self, genomes: CppnGenomes, size: int) -> Canvases:
        """``(N, C, H', W') uint8``: the same networks drawn with a longer side of ``size`` pixels.

        It is another picture than the canvas, finer or coarser; no classifier has seen it.
        """
        longer = max(self.canvas.height, self.canvas.width)
        height, width = (max(1, round(side * size / longer)) for side in self.canvas.axes[1:])
        colors = None if self.canvas.channels == 1 else self.colors
        at = planes(self.canvas, self.coordinates, (height, width))
        levels = render_cpu.draw(genomes, at, self.canvas.channels, colors)
        return levels.reshape(len(genomes), self.canvas.channels, height, width)

    def on_device(self, device: str) -> Cppn:
        """The same encoding, drawing in the memory of ``device`` where that is ``cuda``; else itself."""
        if device.partition(":")[0] != "cuda":
            return self
        from foolery.encodings.cppn.cuda.encoding import cuda_cppn

        return cuda_cppn(self, device)

    def differentiable(self, device: str = "cpu") -> DifferentiableEncoding[CppnGenomes]:
        """With the weights as parameters."""
        from foolery.encodings.cppn.render_torch import TorchCppn

        return TorchCppn(self, device)

    def pack(self, genomes: CppnGenomes) -> list[bytes]:
        """One byte string per genome; see ``genome.py`` for the layout."""
        return genome.pack(genomes, self.canvas.channels)

    def unpack(self, blobs: Sequence[bytes]) -> CppnGenomes:
        """The inverse of ``pack``; UsageError for anything else."""
        return genome.unpack(blobs, self.canvas.channels)
