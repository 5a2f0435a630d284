"""Dots: a few colored squares on black."""

from __future__ import annotations

import numpy as np

from foolery.canvas import Canvases, CanvasShape
from foolery.data.synthetic.base import ImageRng

MAX_DOTS = 64


def dots(rng: ImageRng, canvas: CanvasShape, _: Canvases | None = None) -> Canvases:
    """1 to 64 squares, all of one size: a pixel, or a 64th, a 16th or an 8th of the shorter side.

    Later squares cover earlier ones; those at the edge are cut off.
    """
    shorter = min(canvas.height, canvas.width)
    sizes = np.array([max(1, shorter // part) for part in (shorter, 64, 16, 8)])[rng.rows % 4]
    counts = (2 ** (rng.uniforms(2, 1)[:, 0] * 6.99)).astype(np.int64)
    places = rng.uniforms(0, 2 * MAX_DOTS).reshape(-1, MAX_DOTS, 2)
    colors = rng.levels(1, MAX_DOTS * canvas.channels).reshape(-1, MAX_DOTS, canvas.channels)
    tops = (places[..., 0] * canvas.height).astype(np.int64)
    lefts = (places[..., 1] * canvas.width).astype(np.int64)
    canvases = np.zeros((rng.count, *canvas.axes), np.uint8)
    y, x = np.arange(canvas.height)[:, None], np.arange(canvas.width)
    for dot in range(MAX_DOTS):  # one square of every image at a time
        rows = np.flatnonzero(counts > dot)
        if not len(rows):
            break
        down = y[None] - tops[rows, dot, None, None]
        right = x[None, None] - lefts[rows, dot, None, None]
        size = sizes[rows, None, None]
        inside = (down >= 0) & (down < size) & (right >= 0) & (right < size)
        image, row, column = np.nonzero(inside)
        canvases[rows[image], :, row, column] = colors[rows[image], dot]
    return canvases
