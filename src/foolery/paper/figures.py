"""Picture: canvases in rows, with words under them, for the page of a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foolery.canvas import Canvases, to_image

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw


BACKGROUND, INK, FRAME = (255, 255, 255), (40, 42, 48), (205, 208, 214)
GAP, TEXT, SIDE = 10, 15, 90
MAX_WIDTH = 1000  # pixels of a picture, about


@dataclass(frozen=True)
class ImageTile:
    """One canvas with words.

    Attributes:
        canvas: ``(C, H, W) uint8``.
        captions: under it, one for each line.
    """

    canvas: Canvases
    captions: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImageRow:
    """Tiles beside each other.

    Attributes:
        title: left of them; empty for none in any row.
        tiles: at least one.
    """

    title: str
    tiles: tuple[ImageTile, ...]


def image_grid(rows: Sequence[ImageRow], side: int | None = None) -> Image:
    """All ``rows`` under each other, RGB on white.

    Args:
        rows: at least one; canvases of any size.
        side: pixels that a canvas is wide; None: as fits a page. Enlarged pixels stay sharp.
    """
    from PIL import Image, ImageDraw

    columns = max(len(row.tiles) for row in rows)
    left = SIDE if any(row.title for row in rows) else GAP
    tile = side or max(28, min(140, (MAX_WIDTH - left) // columns - GAP))
    heights = [tile + TEXT * max(len(each.captions) for each in row.tiles) + GAP for row in rows]
    picture = Image.new("RGB", (left + columns * (tile + GAP), GAP + sum(heights)), BACKGROUND)
    drawing, top = ImageDraw.Draw(picture), GAP
    for row, height in zip(rows, heights, strict=True):
        drawing.text((GAP, top + tile // 2 - TEXT // 2), row.title, fill=INK)
        for column, each in enumerate(row.tiles):
            x = left + column * (tile + GAP)
            image = to_image(each.canvas).convert("RGB")
            how = Image.Resampling.BOX if image.width > tile else Image.Resampling.NEAREST
            picture.paste(image.resize((tile, tile), how), (x, top))
            drawing.rectangle((x - 1, top - 1, x + tile, top + tile), outline=FRAME)
            for line, words in enumerate(each.captions):
                drawing.text((x, top + tile + TEXT * line), _fit_text(words, tile), fill=INK)
        top += height
    return picture


def _fit_text(text_in: str, width: int) -> str:
    """``text_in`` cut to ``width`` pixels, in letters that the font has."""
    from PIL import ImageFont

    font = ImageFont.load_default()
    text = text_in.replace("\N{NARROW NO-BREAK SPACE}", " ")
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}...") > width:
        text = text[:-1]
    return f"{text}..."


WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 900, 420, 60, 230, 20, 50
GRID = (226, 228, 232)
# Colors that color-blind people tell apart (Okabe and Ito).
COLORS = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (86, 180, 233),
    (230, 159, 0),
    (90, 90, 90),
)


@dataclass(frozen=True)
class PlotLine:
    """One line: its name, and a point for each ``xs``, ``ys``."""

    name: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]


def line_plot(plot_lines: Sequence[PlotLine], *, x_label: str, y_label: str) -> Image:
    """All lines over axes from 0, RGB, with their names at the right.

    Args:
        plot_lines: one or more lines, each of one or more points, not negative.
        x_label: what the horizontal axis counts.
        y_label: what the vertical one does.
    """
    from PIL import Image, ImageDraw

    most_x = max(max(line.xs) for line in plot_lines) or 1.0
    most_y = max(max(line.ys) for line in plot_lines) or 1.0
    picture = Image.new(
        "RGB", (2 * WIDTH, 2 * HEIGHT), BACKGROUND
    )  # halved at the end, so that lines are smooth
    drawing = ImageDraw.Draw(picture)

    def place(x: float, y: float) -> tuple[float, float]:
        wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return 2 * (LEFT + wide * x / most_x), 2 * (HEIGHT - BOTTOM - high * y / most_y)

    for tick in _ticks(most_y):
        drawing.line([place(0, tick), place(most_x, tick)], fill=GRID, width=2)
        _write(drawing, place(0, tick), f"{tick:g}", (-50, -14))
    for tick in _ticks(most_x):
        drawing.line([place(tick, 0), place(tick, most_y)], fill=GRID, width=2)
        _write(drawing, place(tick, 0), f"{tick:,.0f}".replace(",", " "), (-30, 12))
    _write(drawing, place(most_x / 2, 0), x_label, (-40, 50))
    _write(drawing, place(0, most_y), y_label, (-50, -38))
    for number, line in enumerate(plot_lines):
        color = COLORS[number % len(COLORS)]
        points = [place(x, y) for x, y in zip(line.xs, line.ys, strict=True)]
        drawing.line(points if len(points) > 1 else points * 2, fill=color, width=5, joint="curve")
        y = 2 * (TOP + 24 * number + 8)
        drawing.line([(2 * (WIDTH - RIGHT + 16), y), (2 * (WIDTH - RIGHT + 38), y)], fill=color, width=6)
        _write(drawing, (2 * (WIDTH - RIGHT + 46), y), line.name, (0, -14))
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.BOX)


def _write(drawing: ImageDraw, at: tuple[float, float], text: str, offset: tuple[int, int]) -> None:
    from PIL import ImageFont

    drawing.text((at[0] + offset[0], at[1] + offset[1]), text, fill=INK, font=ImageFont.load_default(24))


def _ticks(most: float) -> list[float]:
    """Three to eight round numbers from 0 to ``most``."""
    step = 10.0 ** len(str(int(most)))
    while most / step < 3:
        step /= 2 if str(step)[0] in "1" else 2.5 if str(step)[0] == "5" else 2
    return [step * count for count in range(int(most / step) + 1)]
