"""Sheet: champions of one or several runs as a single picture, for a README or a slide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from foolery.errors import UsageError
from foolery.report.wording import NARROW, classifier_name, heading, number
from foolery.text import format_score

if TYPE_CHECKING:
    from PIL import ImageFont
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    from foolery.engine.run import Champion, Exhibit

    Font = ImageFont.ImageFont | ImageFont.FreeTypeFont

# A dark wall with rounded, transparent corners: it looks the same on a white and on a dark page.
WALL, INK, QUIET = (22, 23, 27), (240, 238, 234), (168, 165, 159)
CORNER, MARGIN, GAP = 28, 56, 24
TITLE, NAME, SMALL = 34, 24, 22
UNDER_TITLE, UNDER_PICTURE, BETWEEN_ROWS, BETWEEN_RUNS = 26, 12, 30, 52
TARGET, PER_ROW, LARGEST_SCALE = 140, 10, 64
MOST_PIXELS = 120_000_000  # half a gigabyte while it is drawn
LONGEST_NAME = 60  # letters of a classifier's name


@dataclass(frozen=True)
class _Measures:
    """Sizes in pixels; ``tile`` is the width of a picture and of the text under it."""

    scale: int
    tile: int
    height: int
    columns: int

    @property
    def row(self) -> int:
        """Height of a row of pictures with its two lines of text."""
        return self.height + UNDER_PICTURE + NAME + SMALL + 12

    def band(self, exhibit: Exhibit) -> int:
        """Height of a run with its title."""
        rows = max(1, -(-len(exhibit.champions) // self.columns))
        return TITLE + UNDER_TITLE + rows * self.row + (rows - 1) * BETWEEN_ROWS


def contact_sheet(exhibits: Sequence[Exhibit], *, scale: int | None = None) -> Image:
    """One RGBA picture: per run a title, and its champions with class name and confidence.

    Args:
        exhibits: one under the other, with canvases of any size.
        scale: pixels per canvas pixel, 1 to 64; None chooses one that makes pictures about 140 pixels wide.

    Raises:
        UsageError: for no exhibits, another scale, or a sheet of more than 120 million pixels.
    """
    from PIL import Image, ImageDraw

    if not exhibits:
        raise UsageError("exhibits: expected at least one run, got none")
    if scale is not None and not (isinstance(scale, int) and 1 <= scale <= LARGEST_SCALE):
        raise UsageError(f"scale: expected a whole number from 1 to {LARGEST_SCALE}, got {scale!r}")
    measures = [_measures(exhibit, scale) for exhibit in exhibits]
    bands = [each.band(exhibit) for each, exhibit in zip(measures, exhibits, strict=True)]
    inner = max(each.columns * (each.tile + GAP) - GAP for each in measures)
    inner = max(inner, *(_title_width(exhibit) for exhibit in exhibits))
    size = inner + 2 * MARGIN, sum(bands) + BETWEEN_RUNS * (len(bands) - 1) + 2 * MARGIN
    if size[0] * size[1] > MOST_PIXELS:
        raise UsageError(
            f"scale: the sheet would be {size[0]} x {size[1]} pixels, more than {MOST_PIXELS // 1_000_000} "
            "million; give a smaller scale or fewer runs"
        )
    sheet = Image.new("RGBA", size, WALL)
    drawing = ImageDraw.Draw(sheet)
    top = MARGIN
    for exhibit, each, band in zip(exhibits, measures, bands, strict=True):
        _draw_run(sheet, drawing, exhibit, each, top)
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


def _measures(exhibit: Exhibit, scale: int | None) -> _Measures:
    _, height, width = exhibit.settings.canvas
    scale = max(1, round(TARGET / width)) if scale is None else scale
    columns = min(PER_ROW, max(1, len(exhibit.champions)))
    return _Measures(scale, max(width * scale, 96), height * scale, columns)


def _draw_run(sheet: Image, drawing: ImageDraw, exhibit: Exhibit, measures: _Measures, top: int) -> None:
    title, note = _title(exhibit)
    drawing.text((MARGIN, top), title, font=_font(TITLE), fill=INK)
    left = MARGIN + _length(title, TITLE) + 20
    drawing.text((left, top + TITLE - SMALL - 2), note, font=_font(SMALL), fill=QUIET)
    first = top + TITLE + UNDER_TITLE
    for position, champion in enumerate(exhibit.champions.values()):
        row, column = divmod(position, measures.columns)
        x = MARGIN + column * (measures.tile + GAP)
        y = first + row * (measures.row + BETWEEN_ROWS)
        _draw_champion(sheet, drawing, champion, exhibit, measures, (x, y))


def _draw_champion(
    sheet: Image,
    drawing: ImageDraw,
    champion: Champion,
    exhibit: Exhibit,
    measures: _Measures,
    corner: tuple[int, int],
) -> None:
    from PIL import Image

    x, y = corner
    picture = champion.image().convert("RGB")
    enlarged = (picture.width * measures.scale, picture.height * measures.scale)
    sheet.paste(picture.resize(enlarged, Image.Resampling.NEAREST), corner)
    y += measures.height + UNDER_PICTURE
    shown = _readable(format_score(champion.confidence, exhibit.settings.kind))
    drawing.text((x, y), _fitting(champion.label, NAME, measures.tile), font=_font(NAME), fill=INK)
    drawing.text((x, y + NAME + 6), _fitting(shown, SMALL, measures.tile), font=_font(SMALL), fill=QUIET)


def _title(exhibit: Exhibit) -> tuple[str, str]:
    name = _readable(classifier_name(exhibit))
    name = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    return (
        f"{name}, {_readable(heading(exhibit))}",
        _readable(f"{number(exhibit.summary.get('queries'))} queries"),
    )


def _title_width(exhibit: Exhibit) -> int:
    title, note = _title(exhibit)
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
    return " ".join(
        "".join(sign if sign.isprintable() else " " for sign in text.replace(NARROW, " ")).split()
    )


def _length(text: str, size: int) -> int:
    return int(_font(size).getlength(text)) + 1


@lru_cache(maxsize=8)
def _font(size: int) -> Font:
    """The font that comes with Pillow."""
    from PIL import ImageFont

    return ImageFont.load_default(size)
