"""Noise: uniform, of less contrast, and smooth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.data.synthetic.base import ImageRng

CONTRASTS = (1 / 32, 1 / 8, 1 / 4, 1 / 2)
GRIDS = (2, 3, 4, 6, 8, 12, 16, 32)


def uniform(rng: ImageRng, canvas: CanvasShape, _: Canvases | None = None) -> Canvases:
    """Every value of every pixel independent and uniform from 0 to 255."""
    return rng.levels(0, canvas.size).reshape(-1, *canvas.axes)


def scaled(rng: ImageRng, canvas: CanvasShape, _: Canvases | None = None) -> Canvases:
    """Uniform noise of a part of the full contrast, about a color at which none of it is cut off.

    Image i has contrast ``CONTRASTS[i % 4]``.
    """
    contrast = np.array(CONTRASTS, np.float32)[rng.rows % len(CONTRASTS)][:, None, None]
    low = rng.uniforms(1, canvas.channels).astype(np.float32)[:, :, None] * (1 - contrast) * 255
    noise = rng.levels(0, canvas.size).reshape(rng.count, canvas.channels, -1)
    return (low + noise * contrast).astype(np.uint8).reshape(-1, *canvas.axes)


def low_pass(rng: ImageRng, canvas: CanvasShape, _: Canvases | None = None) -> Canvases:
    """Random levels on a coarse grid, joined smoothly, of full contrast; every second image is gray.

    Image i has ``GRIDS[i // 2 % 8]`` grid points along its longer side, fewer along the other.
    """
    canvases = np.empty((rng.count, *canvas.axes), np.uint8)
    which = rng.rows // 2 % len(GRIDS)
    levels = rng.uniforms(0, canvas.channels * max(GRIDS) ** 2).astype(np.float32)
    levels = levels.reshape(rng.count, canvas.channels, max(GRIDS), max(GRIDS))
    gray = rng.rows % 2 == 0
    levels[gray] = levels[gray, :1]
    longer = max(canvas.height, canvas.width)
    for number, grid in enumerate(GRIDS):
        mine = which == number
        if not mine.any():
            continue
        tall, wide = (max(2, round(grid * side / longer)) for side in (canvas.height, canvas.width))
        down, across = _interpolation_weights(canvas.height, tall), _interpolation_weights(canvas.width, wide)
        smooth = down @ levels[mine, :, :tall, :wide] @ across.T
        canvases[mine] = _stretch(smooth.astype(np.float32))
    return canvases


def _interpolation_weights(side: int, grid: int) -> NDArray[np.float32]:
    """``(side, grid)`` weights of cosine interpolation."""
    place = np.linspace(0, grid - 1, side)
    below = np.minimum(place.astype(np.int64), grid - 2)
    fraction = (1 - np.cos(np.pi * (place - below))) / 2
    weights = np.zeros((side, grid), np.float32)
    weights[np.arange(side), below] = 1 - fraction
    weights[np.arange(side), below + 1] = fraction
    return weights


def _stretch(images: NDArray[np.floating]) -> Canvases:
    """Each image from its lowest to its highest value onto 0 to 255."""
    flat = images.reshape(len(images), -1)
    low, high = flat.min(axis=1)[:, None], flat.max(axis=1)[:, None]
    levels = (flat - low) / np.maximum(high - low, 1e-6) * 255
    stretched: Canvases = levels.astype(np.uint8).reshape(images.shape)
    return stretched
