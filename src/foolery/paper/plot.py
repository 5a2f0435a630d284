"""Plot: a few lines over one axis each way, drawn with Pillow alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 900, 420, 60, 230, 20, 50
PAPER, INK, GRID = (255, 255, 255), (40, 42, 48), (226, 228, 232)
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
class Line:
    """One line: its name, and a point for each ``xs``, ``ys``."""

    name: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]


def lines(found: Sequence[Line], *, across: str, up: str) -> Image:
    """All lines over axes from 0, RGB, with their names at the right.

    Args:
        found: one or more lines, each of one or more points, not negative.
        across: what the horizontal axis counts.
        up: what the vertical one does.
    """
    from PIL import Image, ImageDraw

    most_x = max(max(line.xs) for line in found) or 1.0
    most_y = max(max(line.ys) for line in found) or 1.0
    sheet = Image.new("RGB", (2 * WIDTH, 2 * HEIGHT), PAPER)  # halved at the end, so that lines are smooth
    drawing = ImageDraw.Draw(sheet)

    def place(x: float, y: float) -> tuple[float, float]:
        wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return 2 * (LEFT + wide * x / most_x), 2 * (HEIGHT - BOTTOM - high * y / most_y)

    for tick in _ticks(most_y):
        drawing.line([place(0, tick), place(most_x, tick)], fill=GRID, width=2)
        _write(drawing, place(0, tick), f"{tick:g}", (-50, -14))
    for tick in _ticks(most_x):
        drawing.line([place(tick, 0), place(tick, most_y)], fill=GRID, width=2)
        _write(drawing, place(tick, 0), f"{tick:,.0f}".replace(",", " "), (-30, 12))
    _write(drawing, place(most_x / 2, 0), across, (-40, 50))
    _write(drawing, place(0, most_y), up, (-50, -38))
    for number, line in enumerate(found):
        color = COLORS[number % len(COLORS)]
        points = [place(x, y) for x, y in zip(line.xs, line.ys, strict=True)]
        drawing.line(points if len(points) > 1 else points * 2, fill=color, width=5, joint="curve")
        y = 2 * (TOP + 24 * number + 8)
        drawing.line([(2 * (WIDTH - RIGHT + 16), y), (2 * (WIDTH - RIGHT + 38), y)], fill=color, width=6)
        _write(drawing, (2 * (WIDTH - RIGHT + 46), y), line.name, (0, -14))
    return sheet.resize((WIDTH, HEIGHT), Image.Resampling.BOX)


def _write(drawing: ImageDraw, at: tuple[float, float], words: str, off: tuple[int, int]) -> None:
    from PIL import ImageFont

    drawing.text((at[0] + off[0], at[1] + off[1]), words, fill=INK, font=ImageFont.load_default(24))


def _ticks(most: float) -> list[float]:
    """Three to eight round numbers from 0 to ``most``."""
    step = 10.0 ** len(str(int(most)))
    while most / step < 3:
        step /= 2 if str(step)[0] in "1" else 2.5 if str(step)[0] == "5" else 2
    return [step * count for count in range(int(most / step) + 1)]
