"""Colors: from three planes of 8-bit levels to RGB, in exact arithmetic, so equal on any machine.

``rgb`` planes are R, G and B themselves, for images that are not evolved (direct encoding only).
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
from foolery.errors import UsageError, did_you_mean
from foolery.jit import jit, jit_inline, jit_internal
from foolery.workers import parallel_for

COLORS = ("hsv", "hls")
RGB = "rgb"


PLAIN, HSV, HLS = 0, *(1 + COLORS.index(name) for name in COLORS)
"""Argument ``colors`` of ``convert``: planes that stay as they are, and the colors of others."""

_MAGIC = np.float32(12582912.0)
_0, _1 = np.float32(0.0), np.float32(1.0)
_6, _60, _120 = np.float32(6.0), np.float32(60.0), np.float32(120.0)
_255, _510 = np.float32(255.0), np.float32(510.0)
_PER_255, _PER_15300 = np.float32(1.0 / 255.0), np.float32(1.0 / 15300.0)
_65025, _PER_65025 = np.float32(65025.0), np.float32(1.0 / 65025.0)


# All numbers below are whole and under 2^24, so float32 arithmetic on them is exact; vectors of it are faster
# than those of integers. In each sixth of the wheel one channel is at the top, one low and one between;
# ``third`` (0 to 2, 3 for hue 255) is the pair of sixths, ``late`` the second of the pair.


@jit_inline
def _round(value: np.float32) -> np.float32:
    return (value + _MAGIC) - _MAGIC


@jit_internal
def _divide_rounded(numerator: np.float32, denominator: np.float32, inverse: np.float32) -> np.float32:
    """The exact quotient rounded, a half up: the nearest by float32 is at most one off."""
    q = _round(numerator * inverse)
    rest = (numerator - q * denominator) * np.float32(2.0)
    q += _1 if rest >= denominator else _0
    return q - (_1 if rest < -denominator else _0)


@jit_internal
def _write_pixel(
    red: NDArray[np.uint8],
    green: NDArray[np.uint8],
    blue: NDArray[np.uint8],
    p: int,
    third: np.float32,
    late: bool | np.bool_,
    top: np.float32,
    middle: np.float32,
    low: np.float32,
) -> None:
    """Write R, G, B of one pixel."""
    first, second = (middle if late else top), (top if late else middle)
    one, two = third == _1, third == np.float32(2.0)
    red[p] = np.uint8(np.int32(low if one else (second if two else first)))
    green[p] = np.uint8(np.int32(first if one else (low if two else second)))
    blue[p] = np.uint8(np.int32(second if one else (first if two else low)))


@jit_internal
def _hsv_to_rgb(first: NDArray[np.uint8], second: NDArray[np.uint8], third: NDArray[np.uint8]) -> None:
    """H, S, V in place to R, G, B."""
    for p in range(first.size):
        hue, saturation, value = np.float32(first[p]), np.float32(second[p]), np.float32(third[p])
        pair = (_1 if first[p] >= 85 else _0) + (_1 if first[p] >= 170 else _0)
        pair += _1 if first[p] == 255 else _0
        angle = _6 * hue - _510 * pair
        away = abs(angle - _255)
        middle = _divide_rounded(value * (_65025 - saturation * away), _65025, _PER_65025)
        low = _round(value * (_255 - saturation) * _PER_255)
        _write_pixel(first, second, third, p, pair, angle >= _255, value, middle, low)


@jit_internal
def _hls_to_rgb(first: NDArray[np.uint8], second: NDArray[np.uint8], third: NDArray[np.uint8]) -> None:
    """H, L, S in place to R, G, B; ``high`` and ``low`` are in units of 1 / 65025."""
    for p in range(first.size):
        hue, light, saturation = np.float32(first[p]), np.float32(second[p]), np.float32(third[p])
        hue = hue + hue - (np.float32(360.0) if first[p] >= 180 else _0)
        product = light * saturation
        high = _255 * light + (product if second[p] <= 127 else _255 * saturation - product)
        low = _510 * light - high
        pair = (_1 if hue >= _120 else _0) + (_1 if hue >= np.float32(240.0) else _0)
        angle = hue - _120 * pair
        near = _60 - abs(angle - _60)
        middle = _divide_rounded(_60 * low + (high - low) * near, np.float32(15300.0), _PER_15300)
        top, bottom = _round(high * _PER_255), _round(low * _PER_255)
        _write_pixel(first, second, third, p, pair, angle >= _60, top, middle, bottom)


@jit
def convert(
    colors: int, first: NDArray[np.uint8], second: NDArray[np.uint8], third: NDArray[np.uint8]
) -> None:
    """Three planes ``(P,)`` of levels in place to R, G, B; ``colors`` is ``PLAIN``, ``HSV`` or ``HLS``."""
    if colors == HSV:
        _hsv_to_rgb(first, second, third)
    elif colors == HLS:
        _hls_to_rgb(first, second, third)


@jit
def _convert_all(colors: int, planes: NDArray[np.uint8]) -> None:
    for i in range(planes.shape[0]):
        convert(colors, planes[i, 0], planes[i, 1], planes[i, 2])


def color_code(colors: str | None) -> int:
    """The number that ``convert`` takes for ``colors``; None is gray."""
    return PLAIN if colors is None else 1 + COLORS.index(colors)


def to_rgb(canvases: Canvases, colors: str) -> Canvases:
    """``(N, 3, H, W) uint8`` planes of ``colors`` to RGB, in place; gray and RGB stay as they are."""
    if canvases.shape[1] == 1 or colors == RGB:
        return canvases
    planes, number = canvases.reshape(len(canvases), 3, -1), color_code(colors)

    def work(start: int, stop: int) -> None:
        _convert_all(number, planes[start:stop])

    parallel_for(work, len(planes), chunk=4)
    return canvases


def check_colors(colors: str, canvas: CanvasShape, choices: tuple[str, ...] = COLORS) -> None:
    """Raise UsageError for ``colors`` that are not ``choices``, or for a choice of them on a gray canvas."""
    if colors not in choices:
        raise UsageError(f"colors: {colors!r} is unknown; {did_you_mean(colors, list(choices))}")
    if canvas.channels == 1 and colors != COLORS[0]:
        raise UsageError(f"colors: the canvas is gray and has none, got {colors!r}; leave --colors out")


def color_options(colors: str, canvas: CanvasShape) -> Mapping[str, str]:
    """The option as a run records it: nothing on a gray canvas."""
    return {} if canvas.channels == 1 else {"colors": colors}
