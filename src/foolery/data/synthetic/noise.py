"""Noise: uniform, of less contrast, and smooth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.data.synthetic.base import Dice

CONTRASTS = (1 / 32, 1 / 8, 1 / 4, 1 / 2)
GRIDS = (2, 3, 4, 6, 8, 12, 16, 32)


def uniform(dice: Dice, canvas: CanvasShape, _: Canvases | None = None) -> Canvases:
    """Every value of every pixel independent and uniform from 0 to 255."""
    return dice.levels(0, canvas.size).reshape(-1, *canvas.axes)


def scaled(dice: Dice, canvas: CanvasShape, _: Canvases | None = None) -> Canvases:
    """Uniform noise of a part of the full contrast, about a color at which none of it is cut off.

    Picture i has contrast ``CONTRASTS[i % 4]``.
    """
    contrast = np.array(CONTRASTS, np.float32)[dice.rows % len(CONTRASTS)][:, None, None]
    low = dice.shares(1, canvas.channels).astype(np.float32)[:, :, None] * (1 - contrast) * 255
    noise = dice.levels(0, canvas.size).reshape(dice.count, canvas.channels, -1)
    return (low + noise * contrast).astype(np.uint8).reshape(-1, *canvas.axes)


def low_pass(dice: Dice, canvas: CanvasShape, _: Canvases | None = None) -> Canvases:
    """Random levels on a coarse grid, joined smoothly, of full contrast; every second picture is gray.

    Picture i has ``GRIDS[i // 2 % 8]`` grid points along its longer side, fewer along the other.
    """
    canvases = np.empty((dice.count, *canvas.axes), np.uint8)
    which = dice.rows // 2 % len(GRIDS)
    levels = dice.shares(0, canvas.channels * max(GRIDS) ** 2).astype(np.float32)
    levels = levels.reshape(dice.count, canvas.channels, max(GRIDS), max(GRIDS))
    gray = dice.rows % 2 == 0
    levels[gray] = levels[gray, :1]
    longer = max(canvas.height, canvas.width)
    for number, grid in enumerate(GRIDS):
        mine = which == number
        if not mine.any():
            continue
        tall, wide = (max(2, round(grid * side / longer)) for side in (canvas.height, canvas.width))
        down, across = _joined(canvas.height, tall), _joined(canvas.width, wide)
        smooth = down @ levels[mine, :, :tall, :wide] @ across.T
        canvases[mine] = _stretched(smooth.astype(np.float32))
    return canvases


def _joined(side: int, grid: int) -> NDArray[np.float32]:
    """``(side, grid)`` weights of cosine interpolation."""
    place = np.linspace(0, grid - 1, side)
    below = np.minimum(place.astype(np.int64), grid - 2)
    share = (1 - np.cos(np.pi * (place - below))) / 2
    weights = np.zeros((side, grid), np.float32)
    weights[np.arange(side), below] = 1 - share
    weights[np.arange(side), below + 1] = share
    return weights


def _stretched(pictures: NDArray[np.floating]) -> Canvases:
    """Each picture from its lowest to its highest value onto 0 to 255."""
    flat = pictures.reshape(len(pictures), -1)
    low, high = flat.min(axis=1)[:, None], flat.max(axis=1)[:, None]
    levels = (flat - low) / np.maximum(high - low, 1e-6) * 255
    stretched: Canvases = levels.astype(np.uint8).reshape(pictures.shape)
    return stretched
