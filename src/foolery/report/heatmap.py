"""Heat map: a matrix of shares as a picture (SVG), and a page of heat maps with their table."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from foolery.report.html import PAGE, STYLE, asset, policy_of, templates
from foolery.report.output_folder import OutputFolder
from foolery.report.wording import heading, number
from foolery.text import format_confidence

if TYPE_CHECKING:
    from foolery.analysis.transferability import TransferCell, TransferMatrix, TransferRow
    from foolery.report.model import RunReport


DATA = "transfer.json"
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


@dataclass(frozen=True)
class HeatMapFigure:
    """One heat map on the page, and the figure that it shows."""

    heading: str
    about: str
    svg: str
    file: str


#: Field of ``Passage``, heading, and what it is.
_MEASURES = (
    (
        "match_rate",
        "First answer agrees",
        "Share of the images whose class is the classifier's first answer.",
    ),
    ("confidence", "Confidence in the class", "Mean confidence in the class that an image was evolved for."),
    (
        "both_99",
        "Certain, both of them",
        "Share of the images that are given at least 99 % for their class by both classifiers.",
    ),
)


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


def transfer_maps(transfer: TransferMatrix) -> tuple[HeatMap, ...]:
    """Match rate, mean confidence in the class, and share above 99 % on both; pooled by classifier."""
    return tuple(_map(transfer.pooled, transfer.columns, field, title) for field, title, _ in _MEASURES)


def write_transfer(transfer: TransferMatrix, out: Path, *, overwrite: bool = False) -> Path:
    """Write a page of heat maps and tables into the folder ``out``; returns the path of its ``index.html``.

    Beside it lie the heat maps as SVG files and all figures as ``transfer.json``.

    Raises:
        UsageError: for a folder with other files in it, or one that cannot be written.
    """
    maps = transfer_maps(transfer)
    files = [f"{field}.svg" for field, _, _ in _MEASURES]
    folder = OutputFolder.claim(out, [PAGE, DATA, *files], overwrite=overwrite)
    for heat_map, file in zip(maps, files, strict=True):
        folder.write(file, heat_map_svg(heat_map, alone=True).encode(errors="replace"))
    text = json.dumps(transfer.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    folder.write(DATA, text.encode(errors="replace"))
    parts = [
        HeatMapFigure(heading, about, heat_map_svg(heat_map), file)
        for (_, heading, about), heat_map, file in zip(_MEASURES, maps, files, strict=True)
    ]
    folder.write(PAGE, _page(transfer, parts).encode(errors="replace"))
    folder.finish()
    return out / PAGE


def transfer_rows(rows: Sequence[TransferRow], columns: Sequence[str]) -> list[tuple[str, ...]]:
    """One line of text for each row and column: what the table shows, under ``TABLE_HEAD``."""
    return [
        (row.name, column, *_cells(passage))
        for row in rows
        for column, passage in zip(columns, row.cells, strict=True)
    ]


TABLE_HEAD = (
    "evolved against", "asked", "images", "agrees", "in its class", "if it agrees", "if not",
    "both ≥ 99 %", "both ≥ 99.99 %",
)  # fmt: skip


def _cells(passage: TransferCell) -> tuple[str, ...]:
    images = number(passage.pictures) + (f" (of {number(passage.pictures + passage.excluded)})"
                                         if passage.excluded else "")  # fmt: skip
    shares = (passage.both_99, passage.both_9999)
    means = (passage.confidence, passage.confidence_matched, passage.confidence_mismatched)
    return (
        images,
        _share(passage.match_rate),
        *(_mean(value) for value in means),
        *(_share(value) for value in shares),
    )


def _share(value: float) -> str:
    """``12.3 %``; only what is all is ``100 %``, and only nothing ``0 %``."""
    return format_confidence(value) if not isfinite(value) or value < 0.999 else (
        "100 %" if value >= 1 else ">99.9 %")  # fmt: skip


def _mean(value: float) -> str:
    return "–" if not isfinite(value) else f"{value:.3f}".replace("-", "−")


def _map(rows: Sequence[TransferRow], columns: tuple[str, ...], field: str, title: str) -> HeatMap:
    values = tuple(tuple(float(getattr(each, field)) for each in row.cells) for row in rows)
    write = _mean if field == "confidence" else _share
    return HeatMap(
        title=title,
        rows=tuple(row.name for row in rows),
        columns=columns,
        values=values,
        texts=tuple(tuple(write(value) for value in row) for row in values),
        framed=tuple(tuple(each.own for each in row.cells) for row in rows),
    )


def _page(transfer: TransferMatrix, parts: Sequence[HeatMapFigure]) -> str:
    styles = [asset(STYLE)]
    several = any(row.runs > 1 for row in transfer.pooled)
    return (
        templates()
        .get_template("transfer.html")
        .render(
            title=_finding(transfer),
            parts=parts,
            head=TABLE_HEAD,
            pooled=transfer_rows(transfer.pooled, transfer.columns),
            runs=transfer_rows(transfer.rows, transfer.columns) if several else [],
            unmatched=[
                (column, ", ".join(names))
                for column, names in zip(transfer.columns, transfer.unmatched, strict=True)
                if names
            ],
            notes=transfer.notes,
            styles=styles,
            style_file=None,
            scripts=[],
            script_files=[],
            policy=policy_of(styles, []),
            data=DATA,
        )
    )


def _finding(transfer: TransferMatrix) -> str:
    """One sentence: how often another classifier agrees."""
    foreign = [each for row in transfer.pooled for each in row.cells if not each.own]
    if not foreign:
        return "The classifiers that the images were evolved against, asked again"
    pictures, matches = sum(each.pictures for each in foreign), sum(each.matches for each in foreign)
    return (
        f"Another classifier gives the same first answer to {number(matches)} of "
        f"{number(pictures)} evolved pictures"
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
    text = f"{heat_map.rows[row]}, asked {heat_map.columns[column]}: {heat_map.texts[row][column]}"
    return f"<g><title>{escape(text)}</title>{box}" + (
        _text(left + width / 2, top + 22, heat_map.texts[row][column], "middle", ink) + "</g>"
    )


def _text(x: float, y: float, text: str, anchor: str, ink: str, whole: str | None = None) -> str:
    title = f"<title>{escape(whole)}</title>" if whole is not None and whole != text else ""
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" fill="{ink}">{escape(text)}{title}</text>'


def _short(name: str, most: int = 34) -> str:
    """The end of a long name: that is where references differ."""
    name = re.sub(r"\s+", " ", name)
    return name if len(name) <= most else f"…{name[1 - most :]}"


def _color(value: float) -> tuple[int, int, int]:
    if not isfinite(value):
        return _EMPTY
    place = min(max(value, 0.0), 1.0) * (len(_SCALE) - 1)
    at = min(int(place), len(_SCALE) - 2)
    low, high = _SCALE[at], _SCALE[at + 1]
    red, green, blue = (round(a + (b - a) * (place - at)) for a, b in zip(low, high, strict=True))
    return red, green, blue


def _luminance(color: tuple[int, int, int]) -> float:
    """Relative, from 0 to 1 (WCAG 2)."""
    linear = [(part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4) for part in color]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@dataclass(frozen=True)
class PanelMatrix:
    """A heat map, and its data as a table.

    Attributes:
        svg: the picture.
        head, rows: the table, as text.
    """

    svg: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def panel_matrix(reports: Sequence[RunReport]) -> PanelMatrix | None:
    """Runs against the classifiers of their panels; None where there are no panels."""
    panel = list(dict.fromkeys(name for display in reports for name in display.panel))
    evolved = [report for report in reports if report.result.champions]
    if not panel or not evolved:
        return None
    rows = tuple(f"{each.result.settings.classifier}, {heading(each.result)}" for each in evolved)
    columns = ("the one it fooled", *panel)
    values = tuple(tuple(_match_share(display, name) for name in (None, *panel)) for display in evolved)
    texts = tuple(tuple(f"{value:.0%}".replace("%", " %") if isfinite(value) else "–" for value in row)
                  for row in values)  # fmt: skip
    title = "Share of the pictures whose class is the first answer of a classifier"
    framed = tuple((True, *(False for _ in panel)) for _ in evolved)
    return PanelMatrix(
        heat_map_svg(HeatMap(title, rows, columns, values, texts, framed)),
        ("run", *columns),
        tuple((row, *line) for row, line in zip(rows, texts, strict=True)),
    )


def _match_share(report: RunReport, classifier: str | None) -> float:
    """Of a classifier of the panel; of the fooled one for None. NaN where it was not asked."""
    agreed = []
    for label in report.result.champions:
        detail = report.detail(label)
        if classifier is None:
            agreed += [detail.top[0].label == label] if detail.top else []
        else:
            agreed += [each.matches for each in detail.panel if each.classifier == classifier]
    return sum(agreed) / len(agreed) if agreed else float("nan")
