"""Plain: single colors, and gradients from one color to another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.data.synthetic.base import Dice


def colors(dice: Dice, canvas: CanvasShape, _: Canvases | None = None) -> Canvases:
    """One color a picture. The first are black, white and middle gray."""
    levels = dice.levels(0, canvas.channels)
    for row, level in enumerate((0, 255, 128)):
        levels[dice.rows == row] = level
    return np.ascontiguousarray(np.broadcast_to(levels[:, :, None, None], (dice.count, *canvas.axes)))


def gradients(dice: Dice, canvas: CanvasShape, _: Canvases | None = None) -> Canvases:
    """From one color to another along a straight line in any direction."""
    angle = dice.shares(1, 1) * 2 * np.pi
    along = across(canvas, angle)
    low, high = along.min(axis=1, keepdims=True), along.max(axis=1, keepdims=True)
    share = (along - low) / np.maximum(high - low, 1e-6)
    return mixed(canvas, dice.levels(0, 2 * canvas.channels), share)


def across(canvas: CanvasShape, angle: NDArray[np.float64]) -> NDArray[np.float32]:
    """``(N, H * W)``: where each pixel lies along the direction ``angle`` ``(N, 1)``, in pixels."""
    y, x = np.mgrid[: canvas.height, : canvas.width].reshape(2, 1, -1).astype(np.float32)
    return np.cos(angle).astype(np.float32) * x + np.sin(angle).astype(np.float32) * y


def mixed(canvas: CanvasShape, pairs: NDArray[np.uint8], share: NDArray[np.floating]) -> Canvases:
    """Pictures mixed of two colors each.

    Args:
        canvas: what is drawn.
        pairs: ``(N, 2 * C) uint8``.
        share: ``(N, H * W)`` of the second color, 0 to 1.
    """
    first, second = pairs.astype(np.float32).reshape(-1, 2, canvas.channels, 1).transpose(1, 0, 2, 3)
    levels = first + (second - first) * share[:, None].astype(np.float32)
    return np.rint(levels).astype(np.uint8).reshape(-1, *canvas.axes)
