"""Terminal: champions on a rich console, with their names and confidences."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.color import Color
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style

from foolery.canvas import Canvases
from foolery.errors import UsageError
from foolery.text import format_confidence, nines

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult


Pixels: TypeAlias = NDArray[np.uint8]

STEPS = 8  # colours are drawn in steps of 8 of 256, so that few styles serve many cells
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
    """Characters from dark to bright for a console without colours, else None."""
    if options.ascii_only:
        return PLAIN_SHADES
    return SHADES if console.color_system is None or console.no_color else None


def picture_lines(pixels: Pixels, ramp: str | None) -> list[list[Segment]]:
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
    """Neighbours of the same two colours share a segment."""
    pairs = zip(top, bottom if bottom is not None else [None] * len(top), strict=True)
    return [Segment("▀" * len(list(same)), _style(*pair)) for pair, same in groupby(pairs)]


@lru_cache(maxsize=65536)
def _style(top: int, bottom: int | None) -> Style:
    return Style(color=_colour(top), bgcolor=None if bottom is None else _colour(bottom))


@lru_cache(maxsize=65536)
def _colour(code: int) -> Color:
    most = 256 // STEPS - 1
    red, green, blue = (round((code >> shift & 255) * 255 / most) for shift in (16, 8, 0))
    return Color.from_rgb(red, green, blue)


def _shaded_lines(pixels: NDArray[np.int64], ramp: str) -> list[list[Segment]]:
    """Where there are no colours: denser characters for brighter pixels."""
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


GAP = 2
MIN_WIDTH = 10  # columns: a confidence such as ">99.9999 %"
MIN_COLUMNS = 5  # pictures side by side
CAPTION = 2  # lines under a picture: name and confidence, bar
FULL_BAR = 6.0  # nines

_NAME, _QUIET, _BAR = Style(bold=True), Style(dim=True), Style(color="bright_cyan")


@dataclass(frozen=True)
class Glyphs:
    """What text and bars are drawn with: a cut name, parts of a bar's cell, the rest of a bar."""

    encoding: str
    cut: str
    blocks: str
    rest: str

    def printable(self, text: str) -> str:
        """``text`` with a question mark for each sign that the console does not have."""
        return text.encode(self.encoding, "replace").decode(self.encoding)


UNICODE = Glyphs("utf-8", "…", " ▏▎▍▌▋▊▉█", "·")
ASCII = Glyphs("ascii", "~", " #", ".")


def picture(canvas: Canvases, width: int) -> TerminalImage:
    """A picture for a rich console.

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
        """The lines of the picture, cut to the width of the console."""
        for line in picture_lines(self.pixels[:, : options.max_width], ramp(console, options)):
            yield from line
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """As wide as its pixels."""
        width = min(self.pixels.shape[1], options.max_width)
        return Measurement(width, width)


def digits_panel(
    labels: Sequence[str],
    canvases: Canvases,
    confidences: Sequence[float] | NDArray[np.float64],
    *,
    width: int,
    height: int | None = None,
) -> ProgressPanel:
    """Champions side by side, each with its name, its confidence and a bar that is full at 99.9999 %.

    Pictures are shown in full, or in a half, a third … such that five fit beside each other and all
    fit under each other. The bar grows with -log10(1 - confidence): 90 % is a sixth of it.

    Args:
        labels: N class names.
        canvases: ``(N, C, H, W) uint8``.
        confidences: N probabilities.
        width: columns that may be used; no line is longer.
        height: lines that may be used, or None; what does not fit is counted in the last line.

    Raises:
        UsageError: where the numbers of labels, canvases and confidences differ.
    """
    if not len(labels) == len(canvases) == len(confidences):
        raise UsageError(
            f"labels: expected one for each of {len(canvases)} canvases and {len(confidences)} confidences, "
            f"got {len(labels)}"
        )
    grid = _Grid.fitting(canvases.shape, max(1, width), height)
    count = grid.shown
    return ProgressPanel(
        grid,
        shrink(canvases[:count], grid.picture),
        tuple(_clean(label) for label in labels[:count]),
        tuple(float(confidence) for confidence in confidences[:count]),
        len(labels) - count,
    )


@dataclass(frozen=True)
class _Grid:
    """Where champions stand: ``tile`` and ``picture`` are widths in columns, ``shown`` a number of tiles."""

    columns: int
    tile: int
    picture: int
    shown: int

    @classmethod
    def fitting(cls, shape: tuple[int, ...], width: int, height: int | None) -> _Grid:
        """The largest pictures of which five (or all) fit side by side, and all within ``height``."""
        count, side = shape[0], shape[3]
        for divisor in range(1, side + 1):
            grid = cls._with(count, min(-(-side // divisor), width), width)
            lines = -(-count // grid.columns) * grid._lines(shape)
            enough = grid.columns >= min(MIN_COLUMNS, count) and (height is None or lines - 1 <= height)
            if enough or grid.picture <= MIN_WIDTH:
                break
        if height is None or lines - 1 <= height:
            return grid
        rows = max(1, height // grid._lines(shape))
        return cls(grid.columns, grid.tile, grid.picture, min(count, rows * grid.columns))

    @classmethod
    def _with(cls, count: int, picture: int, width: int) -> _Grid:
        tile = min(max(picture, MIN_WIDTH), width)
        most = max(1, min(count, (width + GAP) // (tile + GAP)))
        rows = -(-count // most)
        return cls(max(1, -(-count // max(rows, 1))), tile, picture, count)

    def _lines(self, shape: tuple[int, ...]) -> int:
        """Lines of one row of tiles, with the empty line under it."""
        return -(-shrunk_height(shape, self.picture) // 2) + CAPTION + 1


@dataclass(frozen=True)
class ProgressPanel:
    """A rich renderable: ``pixels`` is ``(N, H, W, 3) uint8``; ``left_out`` champions are only counted."""

    grid: _Grid
    pixels: Pixels
    labels: tuple[str, ...]
    confidences: tuple[float, ...]
    left_out: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Rows of tiles with an empty line between them."""
        shades, signs = ramp(console, options), ASCII if options.ascii_only else UNICODE
        for start in range(0, len(self.labels), self.grid.columns):
            if start:
                yield Segment.line()
            stop = min(start + self.grid.columns, len(self.labels))
            tiles = [self._tile(at, shades, signs) for at in range(start, stop)]
            for pieces in zip(*tiles, strict=True):
                yield from self._joined(pieces)
                yield Segment.line()
        if self.left_out:
            yield Segment(set_cell_size(f"and {self.left_out} more", self._width), _QUIET)
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """As wide as its tiles."""
        return Measurement(self._width, self._width)

    @property
    def _width(self) -> int:
        return self.grid.columns * (self.grid.tile + GAP) - GAP

    def _joined(self, pieces: Sequence[list[Segment]]) -> Iterator[Segment]:
        for position, piece in enumerate(pieces):
            if position:
                yield Segment(" " * GAP)
            yield from piece

    def _tile(self, at: int, ramp: str | None, signs: Glyphs) -> list[list[Segment]]:
        """Lines of segments, each ``tile`` columns wide."""
        width, confidence = self.grid.tile, self.confidences[at]
        pad = Segment(" " * (width - self.pixels.shape[2]))
        lines = [[*line, pad] for line in picture_lines(self.pixels[at], ramp)]
        caption = _caption(self.labels[at], confidence, width, signs)
        return [*lines, caption, _bar(confidence, width, signs)]


def _caption(label: str, confidence: float, width: int, signs: Glyphs) -> list[Segment]:
    """Name on the left, confidence on the right; the name gives way."""
    label, percentage = signs.printable(label), signs.printable(format_confidence(confidence))
    room = width - len(percentage) - 1
    if room < 1:
        return [Segment(set_cell_size(percentage, width))]
    name = label if cell_len(label) <= room else set_cell_size(label, room - 1) + signs.cut
    return [Segment(set_cell_size(name, room), _NAME), Segment(f" {percentage}")]


def _bar(confidence: float, width: int, signs: Glyphs) -> list[Segment]:
    blocks, parts = signs.blocks, len(signs.blocks) - 1
    done = min(int(width * parts * nines(confidence) / FULL_BAR + 1e-6), width * parts)
    full, part = divmod(done, parts)
    bar = blocks[-1] * full + (blocks[part] if part else "")
    return [Segment(bar, _BAR), Segment(signs.rest * (width - len(bar)), _QUIET)]


def _clean(label: str) -> str:
    """A class name without anything that a terminal would obey; signs that only format are left out."""
    seen = "".join(sign for sign in label if unicodedata.category(sign) != "Cf")
    return "".join(" " if sign.isspace() else sign if sign.isprintable() else "�" for sign in seen)
