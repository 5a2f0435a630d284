"""Colors: from three planes of 8-bit levels to RGB, in whole numbers only, so equal on any machine.

``hsv`` is what the paper writes (2.2): hue 0 to 255 runs once around the wheel (255 is red again, as 0 is).
``hls`` is what its code does: planes in the order H, L, S, read as an 8-bit OpenCV HLS image, whose hue
counts in steps of two degrees and wraps, so that 0 to 255 runs around the wheel 1.42 times.
Every value is the exact one rounded to the nearest level.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.errors import UsageError, nearest
from foolery.kernels import inlined, kernel
from foolery.lanes import share

COLORS = ("hsv", "hls")


@inlined
def _rounded(numerator: np.int32, denominator: int) -> np.uint8:
    return np.uint8((2 * numerator + denominator) // (2 * denominator))


@inlined
def _place(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    third: NDArray[np.uint8],
    p: int,
    sector: np.int32,
    top: np.uint8,
    low: np.uint8,
    rising: np.uint8,
    falling: np.uint8,
) -> None:
    """Write R, G, B of one pixel: in each sixth of the wheel one channel is at the top and one low."""
    if sector == 0:
        first[p], second[p], third[p] = top, rising, low
    elif sector == 1:
        first[p], second[p], third[p] = falling, top, low
    elif sector == 2:
        first[p], second[p], third[p] = low, top, rising
    elif sector == 3:
        first[p], second[p], third[p] = low, falling, top
    elif sector == 4:
        first[p], second[p], third[p] = rising, low, top
    else:
        first[p], second[p], third[p] = top, low, falling


@kernel
def _hsv_to_rgb(first: NDArray[np.uint8], second: NDArray[np.uint8], third: NDArray[np.uint8]) -> None:
    """H, S, V in place to R, G, B."""
    for p in range(first.size):
        hue, saturation, value = np.int32(first[p]) * 6, np.int32(second[p]), np.int32(third[p])
        sector, part = (hue // 255) % 6, hue % 255
        low = _rounded(value * (255 - saturation), 255)
        falling = _rounded(value * (65025 - saturation * part), 65025)
        rising = _rounded(value * (65025 - saturation * (255 - part)), 65025)
        top = third[p]
        _place(first, second, third, p, sector, top, low, rising, falling)


@kernel
def _hls_to_rgb(first: NDArray[np.uint8], second: NDArray[np.uint8], third: NDArray[np.uint8]) -> None:
    """H, L, S in place to R, G, B; ``high`` and ``low`` are in units of 1 / 65025."""
    for p in range(first.size):
        hue, light, saturation = 2 * np.int32(first[p]) % 360, np.int32(second[p]), np.int32(third[p])
        if 2 * light <= 255:
            high = light * (255 + saturation)
        else:
            high = 255 * (light + saturation) - light * saturation
        low = 510 * light - high
        sector, part = hue // 60, hue % 60
        rising = _rounded(60 * low + (high - low) * part, 15300)
        falling = _rounded(60 * low + (high - low) * (60 - part), 15300)
        top, bottom = _rounded(high, 255), _rounded(low, 255)
        _place(first, second, third, p, sector, top, bottom, rising, falling)


@kernel
def _hsv_rows(planes: NDArray[np.uint8]) -> None:
    for i in range(planes.shape[0]):
        _hsv_to_rgb(planes[i, 0], planes[i, 1], planes[i, 2])


@kernel
def _hls_rows(planes: NDArray[np.uint8]) -> None:
    for i in range(planes.shape[0]):
        _hls_to_rgb(planes[i, 0], planes[i, 1], planes[i, 2])


_CONVERSIONS = {"hsv": _hsv_rows, "hls": _hls_rows}


def to_rgb(canvases: Canvases, colors: str) -> Canvases:
    """``(N, 3, H, W) uint8`` planes of ``colors`` to RGB, in place; gray canvases stay as they are."""
    if canvases.shape[1] == 1:
        return canvases
    convert = _CONVERSIONS[colors]
    planes = canvases.reshape(len(canvases), 3, -1)

    def work(start: int, stop: int) -> None:
        convert(planes[start:stop])

    share(work, len(planes), grain=4)
    return canvases


def check_colors(colors: str, canvas: CanvasShape) -> None:
    """Raise UsageError for unknown ``colors``, or for a choice of them on a gray canvas."""
    if colors not in COLORS:
        raise UsageError(f"colors: {colors!r} is unknown; {nearest(colors, list(COLORS))}")
    if canvas.channels == 1 and colors != COLORS[0]:
        raise UsageError(f"colors: the canvas is gray and has none, got {colors!r}; leave --colors out")


def color_options(colors: str, canvas: CanvasShape) -> Mapping[str, str]:
    """The option as a run records it: nothing on a gray canvas."""
    return {} if canvas.channels == 1 else {"colors": colors}
