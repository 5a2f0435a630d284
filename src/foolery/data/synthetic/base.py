"""Kinds of synthetic images, and the random numbers of a batch of them, a row for each image.

Row i is the same however many rows are drawn beside it, so images 0 to 99 and 100 to 199 of one seed
can be made together or one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.data.fitting import fit_all
from foolery.errors import UsageError
from foolery.rng import Purpose, Stream, check_seed

_BLOCK_SIZE = 1 << 24
"""Philox blocks set aside for each ``block`` of numbers: enough for the bytes of the largest canvas."""
_MAX_NUMBER = 1 << 31


@dataclass(frozen=True)
class ImageRng:
    """The random numbers of images ``first`` to ``first + count`` of one kind and one seed.

    Args:
        seed: 0 to 2^64 - 1.
        number: of the kind; each has numbers of its own.
        count: of images.
        first: number of the first image.

    Raises:
        UsageError: for a seed or a count that makes no sense.
    """

    seed: int
    number: int
    count: int
    first: int = 0

    def __post_init__(self) -> None:
        check_seed(self.seed)
        for name in ("count", "first"):
            value = getattr(self, name)
            if not 0 <= value < _MAX_NUMBER:
                raise UsageError(f"{name}: expected a whole number from 0, got {value!r}")

    @property
    def rows(self) -> NDArray[np.int64]:
        """``(N,)``: the numbers of the images."""
        return np.arange(self.first, self.first + self.count)

    def levels(self, block: int, size: int) -> NDArray[np.uint8]:
        """``(N, size) uint8``, uniform; each ``block`` (0 to 255) has numbers of its own."""
        seeds = np.full(self.count, self.seed, np.uint64)
        stream = Stream(seeds, self.rows.astype(np.uint64), self.number)
        return stream.bytes(Purpose.SYNTHETIC, size, block * _BLOCK_SIZE)

    def uniforms(self, block: int, size: int) -> NDArray[np.float64]:
        """``(N, size) float64`` in [0, 1), 32 random bits each."""
        return self.levels(block, 4 * size).view("<u4") * 2.0**-32


#: From numbers, a canvas and photos of that canvas (none where it needs none) to ``(N, C, H, W) uint8``.
Generator: TypeAlias = Callable[[ImageRng, CanvasShape, Canvases | None], Canvases]


@dataclass(frozen=True)
class SyntheticKind:
    """One kind of synthetic images.

    Attributes:
        name: in the registry and in reports.
        about: one line for reports.
        number: of its random numbers; never reused.
        generator: makes them.
        needs_photos: True where they are made of real photos.
    """

    name: str
    about: str
    number: int
    generator: Generator
    needs_photos: bool = False

    def images(
        self, canvas: CanvasShape, count: int, seed: int, photos: Canvases | None = None, *, first: int = 0
    ) -> Canvases:
        """``(count, C, H, W) uint8``: images ``first``, ``first`` + 1 … of ``seed``.

        An image depends on its number, the seed, the canvas and the photos, not on ``count``.

        Args:
            canvas: what is drawn.
            count: of images, from 0.
            seed: 0 to 2^64 - 1.
            photos: ``(M, C, H, W) uint8``, at least one, of any canvas; only where ``needs_photos``.
            first: number of the first image.

        Raises:
            UsageError: without photos where they are needed, and for a seed or count that makes no sense.
        """
        rng = ImageRng(seed, self.number, count, first)
        if self.needs_photos and (photos is None or not len(photos)):
            raise UsageError(f"synthetic images {self.name}: made of photos; give some (--data DATA)")
        if not count:
            return np.empty((0, *canvas.axes), np.uint8)
        if photos is None or not self.needs_photos:
            return self.generator(rng, canvas, None)
        return self.generator(rng, canvas, fit_all(photos, canvas))
