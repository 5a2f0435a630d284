"""Picture: canvases in rows, with words under them, for the page of a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foolery.canvas import Canvases, to_image

if TYPE_CHECKING:
    from PIL.Image import Image

PAPER, INK, FRAME = (255, 255, 255), (40, 42, 48), (205, 208, 214)
GAP, TEXT, SIDE = 10, 15, 90
MOST_WIDTH = 1000  # pixels of a picture, about


@dataclass(frozen=True)
class Tile:
    """One canvas with words.

    Attributes:
        canvas: ``(C, H, W) uint8``.
        words: under it, one for each line.
    """

    canvas: Canvases
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """Tiles beside each other.

    Attributes:
        title: left of them; empty for none in any row.
        tiles: at least one.
    """

    title: str
    tiles: tuple[Tile, ...]


def wall(rows: Sequence[Row], side: int | None = None) -> Image:
    """All ``rows`` under each other, RGB on white.

    Args:
        rows: at least one; canvases of any size.
        side: pixels that a canvas is wide; None: as fits a page. Enlarged pixels stay sharp.
    """
    from PIL import Image, ImageDraw

    columns = max(len(row.tiles) for row in rows)
    left = SIDE if any(row.title for row in rows) else GAP
    tile = side or max(28, min(140, (MOST_WIDTH - left) // columns - GAP))
    heights = [tile + TEXT * max(len(each.words) for each in row.tiles) + GAP for row in rows]
    sheet = Image.new("RGB", (left + columns * (tile + GAP), GAP + sum(heights)), PAPER)
    drawing, top = ImageDraw.Draw(sheet), GAP
    for row, height in zip(rows, heights, strict=True):
        drawing.text((GAP, top + tile // 2 - TEXT // 2), row.title, fill=INK)
        for column, each in enumerate(row.tiles):
            x = left + column * (tile + GAP)
            drawn = to_image(each.canvas).convert("RGB")
            how = Image.Resampling.BOX if drawn.width > tile else Image.Resampling.NEAREST
            sheet.paste(drawn.resize((tile, tile), how), (x, top))
            drawing.rectangle((x - 1, top - 1, x + tile, top + tile), outline=FRAME)
            for line, words in enumerate(each.words):
                drawing.text((x, top + tile + TEXT * line), _fitting(words, tile), fill=INK)
        top += height
    return sheet


def _fitting(words: str, width: int) -> str:
    """``words`` cut to ``width`` pixels, in letters that the font has."""
    from PIL import ImageFont

    font = ImageFont.load_default()
    text = words.replace("\N{NARROW NO-BREAK SPACE}", " ")
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}...") > width:
        text = text[:-1]
    return f"{text}..."
