"""Champions of one or several runs as one image, for a README or a slide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from foolery.errors import UsageError
from foolery.report.wording import heading, short_name
from foolery.text import format_count, format_score

if TYPE_CHECKING:
    from PIL import ImageFont
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    from foolery.engine.run import Champion, RunResult

    Font = ImageFont.ImageFont | ImageFont.FreeTypeFont

# A dark background with rounded, transparent corners looks the same on a white and on a dark page.
BACKGROUND, INK, SECONDARY = (22, 23, 27), (240, 238, 234), (168, 165, 159)
CORNER, MARGIN, GAP = 28, 56, 24
TITLE, NAME, SMALL = 34, 24, 22
UNDER_TITLE, UNDER_IMAGE, BETWEEN_ROWS, BETWEEN_RUNS = 26, 12, 30, 52
TARGET, PER_ROW, MAX_SCALE = 140, 10, 64
MAX_PIXELS = 120_000_000  # half a gigabyte in memory
MAX_NAME = 60  # letters of a classifier's name


@dataclass(frozen=True)
class _SheetLayout:
    """Sizes in pixels; ``column_width`` is the width of an image and of the text under it."""

    scale: int
    column_width: int
    height: int
    columns: int

    @property
    def row(self) -> int:
        """Height of a row of images with its two lines of text."""
        return self.height + UNDER_IMAGE + NAME + SMALL + 12

    def band(self, result: RunResult) -> int:
        """Height of a run with its title."""
        rows = max(1, -(-len(result.champions) // self.columns))
        return TITLE + UNDER_TITLE + rows * self.row + (rows - 1) * BETWEEN_ROWS


def contact_sheet(results: Sequence[RunResult], *, scale: int | None = None) -> Image:
    """One RGBA image: per run a title, and its champions with class name and confidence.

    Args:
        results: one under the other, with canvases of any size.
        scale: pixels per canvas pixel, 1 to 64; None chooses one that makes images about 140 pixels wide.

    Raises:
        UsageError: for no results, another scale, or a sheet of more than 120 million pixels.
    """
    from PIL import Image, ImageDraw

    if not results:
        raise UsageError("results: expected at least one run, got none")
    if scale is not None and not (isinstance(scale, int) and 1 <= scale <= MAX_SCALE):
        raise UsageError(f"scale: expected a whole number from 1 to {MAX_SCALE}, got {scale!r}")
    layouts = [_layout(result, scale) for result in results]
    bands = [each.band(result) for each, result in zip(layouts, results, strict=True)]
    inner = max(each.columns * (each.column_width + GAP) - GAP for each in layouts)
    inner = max(inner, *(_title_width(result) for result in results))
    size = inner + 2 * MARGIN, sum(bands) + BETWEEN_RUNS * (len(bands) - 1) + 2 * MARGIN
    if size[0] * size[1] > MAX_PIXELS:
        raise UsageError(
            f"scale: the sheet would be {size[0]} x {size[1]} pixels, more than {MAX_PIXELS // 1_000_000} "
            "million; give a smaller scale or fewer runs"
        )
    sheet = Image.new("RGBA", size, BACKGROUND)
    drawing = ImageDraw.Draw(sheet)
    top = MARGIN
    for result, each, band in zip(results, layouts, bands, strict=True):
        _draw_run(sheet, drawing, result, each, top)
        top += band + BETWEEN_RUNS
    sheet.putalpha(_rounded(size))
    return sheet


def _rounded(size: tuple[int, int]) -> Image:
    """Opaque but for the corners, whose edges are smooth: each is drawn four times as large."""
    from PIL import Image, ImageDraw

    side = 2 * CORNER
    disc = Image.new("L", (4 * side, 4 * side), 0)
    ImageDraw.Draw(disc).ellipse((0, 0, 4 * side - 1, 4 * side - 1), fill=255)
    disc = disc.resize((side, side), Image.Resampling.BOX)
    mask = Image.new("L", size, 255)
    for x in (0, CORNER):
        for y in (0, CORNER):
            at = (size[0] - CORNER if x else 0, size[1] - CORNER if y else 0)
            mask.paste(disc.crop((x, y, x + CORNER, y + CORNER)), at)
    return mask


def _layout(result: RunResult, scale: int | None) -> _SheetLayout:
    _, height, width = result.settings.canvas
    scale = max(1, round(TARGET / width)) if scale is None else scale
    columns = min(PER_ROW, max(1, len(result.champions)))
    return _SheetLayout(scale, max(width * scale, 96), height * scale, columns)


def _draw_run(sheet: Image, drawing: ImageDraw, result: RunResult, layout: _SheetLayout, top: int) -> None:
    title, note = _title(result)
    drawing.text((MARGIN, top), title, font=_font(TITLE), fill=INK)
    left = MARGIN + _length(title, TITLE) + 20
    drawing.text((left, top + TITLE - SMALL - 2), note, font=_font(SMALL), fill=SECONDARY)
    first = top + TITLE + UNDER_TITLE
    for position, champion in enumerate(result.champions.values()):
        row, column = divmod(position, layout.columns)
        x = MARGIN + column * (layout.column_width + GAP)
        y = first + row * (layout.row + BETWEEN_ROWS)
        _draw_champion(sheet, drawing, champion, result, layout, (x, y))


def _draw_champion(
    sheet: Image,
    drawing: ImageDraw,
    champion: Champion,
    result: RunResult,
    layout: _SheetLayout,
    corner: tuple[int, int],
) -> None:
    from PIL import Image

    x, y = corner
    image = champion.image().convert("RGB")
    enlarged = (image.width * layout.scale, image.height * layout.scale)
    sheet.paste(image.resize(enlarged, Image.Resampling.NEAREST), corner)
    y += layout.height + UNDER_IMAGE
    confidence = _readable(format_score(champion.confidence, result.settings.kind))
    drawing.text((x, y), _fitting(champion.label, NAME, layout.column_width), font=_font(NAME), fill=INK)
    drawing.text(
        (x, y + NAME + 6), _fitting(confidence, SMALL, layout.column_width), font=_font(SMALL), fill=SECONDARY
    )


def _title(result: RunResult) -> tuple[str, str]:
    name = _readable(short_name(result.settings.classifier))
    name = name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"
    return (
        f"{name}, {_readable(heading(result.settings))}",
        _readable(f"{format_count(result.summary.get('queries'))} queries"),
    )


def _title_width(result: RunResult) -> int:
    title, note = _title(result)
    return _length(title, TITLE) + 20 + _length(note, SMALL)


def _fitting(text: str, size: int, width: int) -> str:
    """``text`` cut to ``width`` pixels."""
    text = _readable(text[:width])  # no letter is narrower than a pixel
    if _length(text, size) <= width:
        return text
    while text and _length(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _readable(text: str) -> str:
    """One line of ``text``, with spaces that the font knows."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _length(text: str, size: int) -> int:
    return int(_font(size).getlength(text)) + 1


@lru_cache(maxsize=8)
def _font(size: int) -> Font:
    """The font that comes with Pillow."""
    from PIL import ImageFont

    return ImageFont.load_default(size)
