"""Coordinate planes: what a CPPN's four inputs are in every pixel. Computed once, they are data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import CanvasShape

COORDINATES = ("raw", "centered")


def planes(canvas: CanvasShape, coordinates: str) -> NDArray[np.float32]:
    """``(4, H * W) float32``: x, y, distance from the centre, 1 (``phen_grayscale_image.hpp``).

    With ``raw``, x and y are the pixel's column and row; with ``centered`` they run from -1 to 1. The
    distance is that of the centered coordinates in both.
    """
    y, x = np.mgrid[: canvas.height, : canvas.width].astype(np.float64)
    right = 2.0 * x / max(canvas.width - 1, 1) - 1.0
    down = 2.0 * y / max(canvas.height - 1, 1) - 1.0
    distance = np.sqrt(right * right + down * down)
    across = (x, y) if coordinates == "raw" else (right, down)
    stack = np.stack([*across, distance, np.ones_like(x)])
    return np.ascontiguousarray(stack.reshape(4, -1).astype(np.float32))
