"""Images on a rich console, in half blocks or, without colors, in characters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style

from foolery.canvas import Canvases

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult


Pixels: TypeAlias = NDArray[np.uint8]

STEPS = 8  # colors are drawn in steps of 8 of 256, so that few styles serve many cells
SHADES, PLAIN_SHADES = " ░▒▓█", " .:-=+*#%@"


def shrink(canvases: Canvases, width: int) -> Pixels:
    """``(N, H, W, 3) uint8`` with at most ``width`` columns: every pixel the mean of those it replaces."""
    width = min(width, canvases.shape[3])
    small = canvases
    if width < canvases.shape[3]:
        means = _averages(_averages(canvases, 2, shrunk_height(canvases.shape, width)), 3, width)
        small = means.round().astype(np.uint8)
    return np.ascontiguousarray(
        np.broadcast_to(small, (len(small), 3, *small.shape[2:])).transpose(0, 2, 3, 1)
    )


def shrunk_height(shape: tuple[int, ...], width: int) -> int:
    """Rows of an ``(N, C, H, W)`` canvas that is shown ``width`` columns wide."""
    return max(1, round(shape[2] * width / shape[3]))


def ramp(console: Console, options: ConsoleOptions) -> str | None:
    """Characters from dark to bright for a console without colors, else None."""
    if options.ascii_only:
        return PLAIN_SHADES
    return SHADES if console.color_system is None or console.no_color else None


def image_lines(pixels: Pixels, ramp: str | None) -> list[list[Segment]]:
    """One list of segments for every two rows of ``(H, W, 3)`` pixels; ``ramp`` is from ``ramp``."""
    height, width, _ = pixels.shape
    even = np.zeros((height + height % 2, width, 3), np.int64)
    even[:height] = pixels
    if ramp is not None:
        return _shaded_lines(even, ramp)
    coded = (even // STEPS) @ np.array([65536, 256, 1])
    return [
        _line(top, bottom if 2 * at + 1 < height else None)
        for at, (top, bottom) in enumerate(zip(coded[::2].tolist(), coded[1::2].tolist(), strict=True))
    ]


def _line(top: list[int], bottom: list[int] | None) -> list[Segment]:
    """Neighbours of the same two colors share a segment."""
    pairs = zip(top, bottom if bottom is not None else [None] * len(top), strict=True)
    return [Segment("▀" * len(list(same)), _style(*pair)) for pair, same in groupby(pairs)]


@lru_cache(maxsize=65536)
def _style(top: int, bottom: int | None) -> Style:
    return Style(color=_color(top), bgcolor=None if bottom is None else _color(bottom))


@lru_cache(maxsize=65536)
def _color(code: int) -> Color:
    most = 256 // STEPS - 1
    red, green, blue = (round((code >> shift & 255) * 255 / most) for shift in (16, 8, 0))
    return Color.from_rgb(red, green, blue)


def _shaded_lines(pixels: NDArray[np.int64], ramp: str) -> list[list[Segment]]:
    """Where there are no colors: denser characters for brighter pixels."""
    light = pixels.reshape(len(pixels) // 2, 2, -1, 3).mean(axis=(1, 3))
    steps = (light * len(ramp) / 256).astype(np.int64)
    return [[Segment("".join(ramp[step] for step in row))] for row in steps.tolist()]


def _averages(values: NDArray[Any], axis: int, count: int) -> NDArray[np.float64]:
    """Means over ``count`` nearly equal parts of an axis."""
    edges = np.arange(count + 1) * values.shape[axis] // count
    sums: NDArray[np.float64] = np.add.reduceat(values, edges[:-1], axis=axis, dtype=np.float64)
    shape = [1] * values.ndim
    shape[axis] = count
    means: NDArray[np.float64] = sums / np.diff(edges).reshape(shape)
    return means


def terminal_image(canvas: Canvases, width: int) -> TerminalImage:
    """An image for a rich console.

    Args:
        canvas: ``(C, H, W) uint8``, gray or RGB.
        width: in columns; a canvas with fewer pixels is shown one column to a pixel.
    """
    return TerminalImage(shrink(canvas[None], max(1, width))[0])


@dataclass(frozen=True)
class TerminalImage:
    """A rich renderable: ``pixels`` is ``(H, W, 3) uint8``, shown W columns wide and H / 2 lines high."""

    pixels: Pixels

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines of the image, cut to the width of the console."""
        for line in image_lines(self.pixels[:, : options.max_width], ramp(console, options)):
            yield from line
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """As wide as its pixels."""
        width = min(self.pixels.shape[1], options.max_width)
        return Measurement(width, width)
