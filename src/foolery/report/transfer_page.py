"""Transfer of champions to other classifiers: a page of heat maps, and the matrix on the page of runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from foolery.report.heatmap import HeatMap, heat_map_svg
from foolery.report.html import page_files
from foolery.report.wording import heading
from foolery.text import format_count, format_percent

if TYPE_CHECKING:
    from foolery.analysis.transfer_matrix import TransferCell, TransferMatrix, TransferRow
    from foolery.report.model import RunReport

DATA = "transfer.json"


@dataclass(frozen=True)
class HeatMapFigure:
    """One heat map on the page, and the figure that it shows."""

    heading: str
    about: str
    svg: str
    file: str


#: Field of ``TransferCell``, heading, and what it is.
_MEASURES = (
    (
        "match_rate",
        "Match rate",
        "Share of the images whose target class is the classifier's top-1 prediction.",
    ),
    ("confidence", "Confidence in the target class", "Mean over the images."),
    (
        "both_99",
        "Both at least 99 % confident",
        "Share of the images to which both classifiers give at least 99 % for the target class.",
    ),
)


def transfer_files(transfer: TransferMatrix, *, single_file: bool = False) -> dict[str, bytes]:
    """A page of heat maps and tables, the heat maps as SVG files, and all values as ``transfer.json``."""
    maps = [_map(transfer.pooled, transfer.columns, field, title) for field, title, _ in _MEASURES]
    names = [f"{field}.svg" for field, _, _ in _MEASURES]
    figures = [
        HeatMapFigure(heading, about, heat_map_svg(heat_map), name)
        for (_, heading, about), heat_map, name in zip(_MEASURES, maps, names, strict=True)
    ]
    context = {**_context(transfer, figures), "single": single_file}
    files = page_files("transfer.html", single_file=single_file, **context)
    if not single_file:
        text = json.dumps(transfer.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        files[DATA] = text.encode(errors="replace")
        for name, heat_map in zip(names, maps, strict=True):
            files[name] = heat_map_svg(heat_map, alone=True).encode(errors="replace")
    return files


def transfer_rows(rows: Sequence[TransferRow], columns: Sequence[str]) -> list[tuple[str, ...]]:
    """One line of text for each row and column: what the table shows, under ``TABLE_HEAD``."""
    return [
        (row.name, column, *_texts(cell))
        for row in rows
        for column, cell in zip(columns, row.cells, strict=True)
    ]


TABLE_HEAD = (
    "evolved against", "scored by", "images", "match", "target class", "if match", "if not",
    "both ≥ 99 %", "both ≥ 99.99 %",
)  # fmt: skip


def _texts(cell: TransferCell) -> tuple[str, ...]:
    images = format_count(cell.images)
    if cell.excluded:
        images += f" (of {format_count(cell.images + cell.excluded)})"
    return (
        images,
        format_percent(cell.match_rate),
        *(
            format_percent(value)
            if isfinite(cell.both_99) and isfinite(value)
            else _mean(value)  # or a cosine
            for value in (cell.confidence, cell.confidence_matched, cell.confidence_mismatched)
        ),
        *map(format_percent, (cell.both_99, cell.both_9999)),
    )


def _mean(value: float) -> str:
    return "–" if not isfinite(value) else f"{value:.3f}".replace("-", "−")


def _map(rows: Sequence[TransferRow], columns: tuple[str, ...], field: str, title: str) -> HeatMap:
    values = tuple(tuple(float(getattr(each, field)) for each in row.cells) for row in rows)
    write = _mean if field == "confidence" else format_percent
    return HeatMap(
        title=title,
        rows=tuple(row.name for row in rows),
        columns=columns,
        values=values,
        texts=tuple(tuple(write(value) for value in row) for row in values),
        framed=tuple(tuple(each.own for each in row.cells) for row in rows),
    )


def _context(transfer: TransferMatrix, figures: Sequence[HeatMapFigure]) -> dict[str, object]:
    several = any(row.runs > 1 for row in transfer.pooled)
    return {
        "title": _headline(transfer),
        "figures": figures,
        "head": TABLE_HEAD,
        "pooled": transfer_rows(transfer.pooled, transfer.columns),
        "runs": transfer_rows(transfer.rows, transfer.columns) if several else [],
        "unmatched": [
            (column, ", ".join(names))
            for column, names in zip(transfer.columns, transfer.unmatched, strict=True)
            if names
        ],
        "notes": transfer.notes,
        "data": DATA,
    }


def _headline(transfer: TransferMatrix) -> str:
    """One sentence: how often another classifier makes the same prediction."""
    foreign = [cell for row in transfer.pooled for cell in row.cells if not cell.own]
    if not foreign:
        return "The classifiers that the images were evolved against, asked again"
    images, matches = sum(each.images for each in foreign), sum(each.matches for each in foreign)
    return (
        f"Other classifiers predict the target class for {format_count(matches)} of {format_count(images)} "
        "evolved images"
    )


@dataclass(frozen=True)
class PanelMatrix:
    """A heat map, and its data as a table.

    Attributes:
        svg: the image.
        head, rows: the table, as text.
    """

    svg: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def panel_matrix(reports: Sequence[RunReport]) -> PanelMatrix | None:
    """Runs against the classifiers of their panels; None where there are no panels."""
    panel = list(dict.fromkeys(name for report in reports for name in report.panel))
    evolved = [report for report in reports if report.result.champions]
    if not panel or not evolved:
        return None
    settings = [report.result.settings for report in evolved]
    rows = tuple(f"{each.classifier}, {heading(each)}" for each in settings)
    columns = ("fooled classifier", *panel)
    values = tuple(tuple(_match_rate(report, name) for name in (None, *panel)) for report in evolved)
    texts = tuple(tuple(format_percent(value, 0) for value in row) for row in values)
    title = "Share of the champions whose target class is the top-1 prediction"
    framed = tuple((True, *(False for _ in panel)) for _ in evolved)
    return PanelMatrix(
        heat_map_svg(HeatMap(title, rows, columns, values, texts, framed)),
        ("run", *columns),
        tuple((row, *line) for row, line in zip(rows, texts, strict=True)),
    )


def _match_rate(report: RunReport, classifier: str | None) -> float:
    """Of a classifier of the panel; of the fooled one for None. NaN where it was not asked."""
    matches: list[bool] = []
    for detail in map(report.detail, report.result.champions):
        if classifier is None:
            matches += [detail.top[0].label == detail.label] if detail.top else []
        else:
            matches += [each.matches for each in detail.panel if each.classifier == classifier]
    return sum(matches) / len(matches) if matches else float("nan")
