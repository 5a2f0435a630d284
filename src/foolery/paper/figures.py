"""Pictures of a result's page: canvases in rows with captions, and curves.

Canvases are pasted pixel by pixel (Pillow), so that the page shows what was scored; curves are drawn by
matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from foolery.canvas import Canvases, to_image
from foolery.errors import MissingExtraError

if TYPE_CHECKING:
    from PIL.Image import Image


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


WIDTH, HEIGHT, DPI = 900, 420, 100
#: Colors that color-blind people tell apart (Okabe and Ito).
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#5a5a5a")
FEW_POINTS = 8  # up to which each is marked


@dataclass(frozen=True)
class PlotLine:
    """One line of a plot.

    Attributes:
        name: beside the plot.
        xs: of its points.
        ys: as many.
    """

    name: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]


def line_plot(plot_lines: Sequence[PlotLine], *, x_label: str, y_label: str) -> Image:
    """All lines over axes from 0, RGB, with their names at the right.

    Args:
        plot_lines: one or more lines, each of one or more points, not negative.
        x_label: what the horizontal axis counts.
        y_label: what the vertical axis counts.

    Raises:
        MissingExtraError: without matplotlib.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("matplotlib", "plots", "draw curves") from None
    from PIL import Image

    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots()
    for line, color in zip(plot_lines, cycle(COLORS), strict=False):
        marker = "o" if len(line.xs) <= FEW_POINTS else ""
        axes.plot(line.xs, line.ys, color=color, label=line.name, linewidth=2, marker=marker)
    axes.set(xlabel=x_label, ylabel=y_label, xlim=(0, None), ylim=(0, None))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,.9g}")
    axes.grid(color="0.89")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", frameon=False)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return Image.fromarray(pixels).convert("RGB")
