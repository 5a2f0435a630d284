"""Champions on a rich console, with their names and confidences."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style

from foolery.canvas import Canvases
from foolery.errors import UsageError
from foolery.report.terminal import Pixels, image_lines, ramp, shrink, shrunk_height
from foolery.text import format_confidence, nines

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult


GAP = 2
MIN_WIDTH = 10  # columns: a confidence such as ">99.9999 %"
MIN_COLUMNS = 5  # images side by side
BAR = 1  # lines
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


def progress_panel(
    labels: Sequence[str],
    canvases: Canvases,
    confidences: Sequence[float] | NDArray[np.float64],
    *,
    width: int,
    height: int | None = None,
) -> ProgressPanel:
    """Champions side by side, each with its name, its confidence and a bar that is full at 99.9999 %.

    Images are as large as they can be such that five fit beside each other and all fit under each other.
    Where a name and its confidence do not fit side by side, the name has a line of its own. The bar grows
    with -log10(1 - confidence): 90 % is a sixth of it.

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
    names = [_clean(label) for label in labels]
    grid = _Grid.fitting(canvases.shape, max((cell_len(name) for name in names), default=0), width, height)
    count = grid.shown
    return ProgressPanel(
        grid,
        shrink(canvases[:count], grid.image),
        tuple(names[:count]),
        tuple(float(confidence) for confidence in confidences[:count]),
        len(labels) - count,
    )


@dataclass(frozen=True)
class _Grid:
    """Where champions stand: ``item`` and ``image`` are widths in columns, ``shown`` a number of items.

    ``caption`` is the number of lines for a name and its confidence: 1, or 2 where they need a line each.
    """

    columns: int
    item: int
    image: int
    shown: int
    caption: int

    @classmethod
    def fitting(cls, shape: tuple[int, ...], name: int, width: int, height: int | None) -> _Grid:
        """The largest images of which five (or all) fit side by side, and all within ``height``.

        ``name`` is the width of the longest name in columns.
        """
        count, width = shape[0], max(1, width)
        for side in range(min(shape[3], width), 0, -1):
            grid = cls._with(count, side, name, width)
            lines = -(-count // grid.columns) * grid._lines(shape)
            enough = grid.columns >= min(MIN_COLUMNS, count) and (height is None or lines - 1 <= height)
            if enough or grid.image <= MIN_WIDTH:
                break
        if height is None or lines - 1 <= height:
            return grid
        rows = max(1, height // grid._lines(shape))
        return replace(grid, shown=min(count, rows * grid.columns))

    @classmethod
    def _with(cls, count: int, image: int, name: int, width: int) -> _Grid:
        item = min(max(image, MIN_WIDTH), width)
        most = max(1, min(count, (width + GAP) // (item + GAP)))
        rows = -(-count // most)
        caption = 1 if item > MIN_WIDTH + name else 2
        return cls(max(1, -(-count // max(rows, 1))), item, image, count, caption)

    def _lines(self, shape: tuple[int, ...]) -> int:
        """Lines of one row of items, with the empty line under it."""
        return -(-shrunk_height(shape, self.image) // 2) + self.caption + BAR + 1


@dataclass(frozen=True)
class ProgressPanel:
    """A rich renderable: ``pixels`` is ``(N, H, W, 3) uint8``; ``left_out`` champions are only counted."""

    grid: _Grid
    pixels: Pixels
    labels: tuple[str, ...]
    confidences: tuple[float, ...]
    left_out: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Rows of items with an empty line between them."""
        shades, glyphs = ramp(console, options), ASCII if options.ascii_only else UNICODE
        for start in range(0, len(self.labels), self.grid.columns):
            if start:
                yield Segment.line()
            stop = min(start + self.grid.columns, len(self.labels))
            items = [self._item(at, shades, glyphs) for at in range(start, stop)]
            for pieces in zip(*items, strict=True):
                yield from self._joined(pieces)
                yield Segment.line()
        if self.left_out:
            yield Segment(set_cell_size(f"and {self.left_out} more", self._width), _QUIET)
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """As wide as its items."""
        return Measurement(self._width, self._width)

    @property
    def _width(self) -> int:
        return self.grid.columns * (self.grid.item + GAP) - GAP

    def _joined(self, pieces: Sequence[list[Segment]]) -> Iterator[Segment]:
        for position, piece in enumerate(pieces):
            if position:
                yield Segment(" " * GAP)
            yield from piece

    def _item(self, at: int, ramp: str | None, glyphs: Glyphs) -> list[list[Segment]]:
        """Lines of segments, each ``item`` columns wide."""
        width, confidence = self.grid.item, self.confidences[at]
        pad = Segment(" " * (width - self.pixels.shape[2]))
        lines = [[*line, pad] for line in image_lines(self.pixels[at], ramp)]
        name, percentage = glyphs.printable(self.labels[at]), glyphs.printable(format_confidence(confidence))
        return [
            *lines,
            *_caption(name, percentage, width, self.grid.caption, glyphs),
            _bar(confidence, width, glyphs),
        ]


def _caption(name: str, percentage: str, width: int, lines: int, glyphs: Glyphs) -> list[list[Segment]]:
    """Name on the left, confidence on the right or, of two lines, below it."""
    if lines == 2:
        return [[_name(name, width, glyphs)], [Segment(set_cell_size(percentage, width))]]
    return [[_name(name, width - len(percentage) - 1, glyphs), Segment(f" {percentage}")]]


def _name(name: str, room: int, glyphs: Glyphs) -> Segment:
    cut = name if cell_len(name) <= room else set_cell_size(name, room - 1) + glyphs.cut
    return Segment(set_cell_size(cut, room), _NAME)


def _bar(confidence: float, width: int, glyphs: Glyphs) -> list[Segment]:
    blocks, parts = glyphs.blocks, len(glyphs.blocks) - 1
    done = min(int(width * parts * nines(confidence) / FULL_BAR + 1e-6), width * parts)
    full, part = divmod(done, parts)
    bar = blocks[-1] * full + (blocks[part] if part else "")
    return [Segment(bar, _BAR), Segment(glyphs.rest * (width - len(bar)), _QUIET)]


def _clean(label: str) -> str:
    """A class name without anything that a terminal would obey; signs that only format are left out."""
    seen = "".join(sign for sign in label if unicodedata.category(sign) != "Cf")
    return "".join(" " if sign.isspace() else sign if sign.isprintable() else "�" for sign in seen)
