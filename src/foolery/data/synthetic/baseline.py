"""Baseline: one kind of picture that needs no search, drawn in batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from foolery.canvas import Canvases, CanvasShape
from foolery.data.fit import fit_all
from foolery.data.synthetic.base import Dice
from foolery.errors import UsageError

#: From numbers, a canvas and photos of that canvas (none where it needs none) to ``(N, C, H, W) uint8``.
Paint: TypeAlias = Callable[[Dice, CanvasShape, Canvases | None], Canvases]


@dataclass(frozen=True)
class Baseline:
    """Pictures of one kind.

    Attributes:
        name: in the registry and in reports.
        about: one line for reports.
        number: of its random numbers; never reused.
        paint: draws them.
        needs_photos: True where it is made of real photos.
    """

    name: str
    about: str
    number: int
    paint: Paint
    needs_photos: bool = False

    def draw(
        self, canvas: CanvasShape, count: int, seed: int, photos: Canvases | None = None, *, first: int = 0
    ) -> Canvases:
        """``(count, C, H, W) uint8``: pictures ``first``, ``first`` + 1 … of ``seed``.

        A picture depends on its number, the seed, the canvas and the photos, not on ``count``.

        Args:
            canvas: what is drawn.
            count: of pictures, from 0.
            seed: 0 to 2^64 - 1.
            photos: ``(M, C, H, W) uint8``, at least one, of any canvas; only where ``needs_photos``.
            first: number of the first picture.

        Raises:
            UsageError: without photos where they are needed, and for a seed or count that makes no sense.
        """
        dice = Dice(seed, self.number, count, first)
        if self.needs_photos and (photos is None or not len(photos)):
            raise UsageError(f"baseline {self.name}: is made of photos; give some (--data DATA)")
        if not count:
            return np.empty((0, *canvas.axes), np.uint8)
        if photos is None or not self.needs_photos:
            return self.paint(dice, canvas, None)
        return self.paint(dice, canvas, fit_all(photos, canvas))
