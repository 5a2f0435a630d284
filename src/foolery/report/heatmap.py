"""A heat map: a matrix of shares as an image (SVG)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from math import isfinite

# From paper to the page's own red; equal steps in lightness, so that it reads in gray too.
_SCALE = ((247, 240, 235), (240, 203, 184), (222, 142, 112), (184, 80, 50), (110, 29, 12))
_EMPTY = (226, 224, 220)
_CELL, _ROW, _HEAD, _LETTER = 96, 34, 34, 7.3
_DARK, _LIGHT = "#1b1a18", "#ffffff"


@dataclass(frozen=True)
class HeatMap:
    """A matrix to be drawn.

    Attributes:
        title: what its numbers are, in words.
        rows: names.
        columns: names.
        values: a row for each of ``rows``, from 0 (light) to 1 (dark); NaN for an empty cell.
        texts: the same as text.
        framed: whether a cell gets a frame, as those on which rows and columns agree do.
    """

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    texts: tuple[tuple[str, ...], ...]
    framed: tuple[tuple[bool, ...], ...]


def heat_map_svg(heat_map: HeatMap, *, alone: bool = False) -> str:
    """The heat map as an SVG element; every cell has its text, so that color is not all there is.

    Args:
        heat_map: to be drawn.
        alone: for a file of its own, with a background and its name space.
    """
    left = 16 + _LETTER * max(len(_short(name)) for name in heat_map.rows)
    cell = max(_CELL, 16 + _LETTER * max(len(_short(name)) for name in heat_map.columns))
    width, height = left + cell * len(heat_map.columns) + 1, _HEAD + _ROW * len(heat_map.rows) + 1
    parts = [_text(left + (at + 0.5) * cell, 21, _short(name), "middle", "currentColor", name)
             for at, name in enumerate(heat_map.columns)]  # fmt: skip
    for row, name in enumerate(heat_map.rows):
        top = _HEAD + row * _ROW
        parts.append(_text(left - 12, top + 22, _short(name), "end", "currentColor", name))
        for column, value in enumerate(heat_map.values[row]):
            parts.append(_cell(heat_map, row, column, left + column * cell, top, cell, value))
    name_space = ' xmlns="http://www.w3.org/2000/svg"' if alone else ""
    ground = f'<rect width="100%" height="100%" fill="#ffffff"/><g color="{_DARK}">' if alone else "<g>"
    return (
        f'<svg{name_space} class="heat" role="img" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="system-ui, sans-serif" font-size="13">'
        f"<title>{escape(heat_map.title)}</title>{ground}{''.join(parts)}</g></svg>"
    )


def _cell(
    heat_map: HeatMap, row: int, column: int, left: float, top: float, width: float, value: float
) -> str:
    color = _color(value)
    ink = _LIGHT if _luminance(color) < 0.3 else _DARK
    frame = ' stroke="currentColor" stroke-width="2"' if heat_map.framed[row][column] else ""
    inset = 2 if frame else 1
    box = (
        f'<rect x="{left + inset:.1f}" y="{top + inset}" width="{width - 2 * inset:.1f}" '
        f'height="{_ROW - 2 * inset}" fill="#{"".join(f"{part:02x}" for part in color)}"{frame}/>'
    )
    text = f"{heat_map.rows[row]}, scored by {heat_map.columns[column]}: {heat_map.texts[row][column]}"
    return f"<g><title>{escape(text)}</title>{box}" + (
        _text(left + width / 2, top + 22, heat_map.texts[row][column], "middle", ink) + "</g>"
    )


def _text(x: float, y: float, text: str, anchor: str, ink: str, whole: str | None = None) -> str:
    title = f"<title>{escape(whole)}</title>" if whole is not None and whole != text else ""
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" fill="{ink}">{escape(text)}{title}</text>'


def _short(name: str, limit: int = 34) -> str:
    """The end of a long name: that is where references differ."""
    name = re.sub(r"\s+", " ", name)
    return name if len(name) <= limit else f"…{name[1 - limit :]}"


def _color(value: float) -> tuple[int, int, int]:
    if not isfinite(value):
        return _EMPTY
    position = min(max(value, 0.0), 1.0) * (len(_SCALE) - 1)
    at = min(int(position), len(_SCALE) - 2)
    low, high = _SCALE[at], _SCALE[at + 1]
    red, green, blue = (round(a + (b - a) * (position - at)) for a, b in zip(low, high, strict=True))
    return red, green, blue


def _luminance(color: tuple[int, int, int]) -> float:
    """Relative, from 0 to 1 (WCAG 2)."""
    linear = [(part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4) for part in color]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
