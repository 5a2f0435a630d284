"""Plain: single colors, and gradients from one color to another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.data.synthetic.base import ImageRng


def colors(rng: ImageRng, canvas: CanvasShape, _: Canvases | None = None) -> Canvases:
    """One color an image. The first are black, white and middle gray."""
    levels = rng.levels(0, canvas.channels)
    for row, level in enumerate((0, 255, 128)):
        levels[rng.rows == row] = level
    return np.ascontiguousarray(np.broadcast_to(levels[:, :, None, None], (rng.count, *canvas.axes)))


def gradients(rng: ImageRng, canvas: CanvasShape, _: Canvases | None = None) -> Canvases:
    """From one color to another along a straight line in any direction."""
    angle = rng.uniforms(1, 1) * 2 * np.pi
    along = project(canvas, angle)
    low, high = along.min(axis=1, keepdims=True), along.max(axis=1, keepdims=True)
    fraction = (along - low) / np.maximum(high - low, 1e-6)
    return mix_colors(canvas, rng.levels(0, 2 * canvas.channels), fraction)


def project(canvas: CanvasShape, angle: NDArray[np.float64]) -> NDArray[np.float32]:
    """``(N, H * W)``: where each pixel lies along the direction ``angle`` ``(N, 1)``, in pixels."""
    y, x = np.mgrid[: canvas.height, : canvas.width].reshape(2, 1, -1).astype(np.float32)
    return np.cos(angle).astype(np.float32) * x + np.sin(angle).astype(np.float32) * y


def mix_colors(canvas: CanvasShape, pairs: NDArray[np.uint8], fraction: NDArray[np.floating]) -> Canvases:
    """Images mixed of two colors each.

    Args:
        canvas: what is drawn.
        pairs: ``(N, 2 * C) uint8``.
        fraction: ``(N, H * W)`` of the second color, 0 to 1.
    """
    first, second = pairs.astype(np.float32).reshape(-1, 2, canvas.channels, 1).transpose(1, 0, 2, 3)
    levels = first + (second - first) * fraction[:, None].astype(np.float32)
    return np.rint(levels).astype(np.uint8).reshape(-1, *canvas.axes)
