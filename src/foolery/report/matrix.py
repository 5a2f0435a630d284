"""Matrix: how often the classifiers of a panel give the class that champions were made for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from foolery.report.heatmap import HeatMap, heat_map_svg
from foolery.report.wording import heading

if TYPE_CHECKING:
    from foolery.report.model import Display


@dataclass(frozen=True)
class Matrix:
    """A heat map, and its data as a table.

    Attributes:
        svg: the picture.
        head, rows: the table, as text.
    """

    svg: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def matrix_of(displays: Sequence[Display]) -> Matrix | None:
    """Runs against the classifiers of their panels; None where there are no panels."""
    asked = list(dict.fromkeys(name for display in displays for name in display.panel))
    shown = [display for display in displays if display.exhibit.champions]
    if not asked or not shown:
        return None
    rows = tuple(f"{each.exhibit.settings.classifier}, {heading(each.exhibit)}" for each in shown)
    columns = ("the one it fooled", *asked)
    values = tuple(tuple(_share(display, name) for name in (None, *asked)) for display in shown)
    texts = tuple(tuple(f"{value:.0%}".replace("%", " %") if isfinite(value) else "–" for value in row)
                  for row in values)  # fmt: skip
    title = "Share of the pictures whose class is the first answer of a classifier"
    framed = tuple((True, *(False for _ in asked)) for _ in shown)
    return Matrix(
        heat_map_svg(HeatMap(title, rows, columns, values, texts, framed)),
        ("run", *columns),
        tuple((row, *line) for row, line in zip(rows, texts, strict=True)),
    )


def _share(display: Display, classifier: str | None) -> float:
    """Of a classifier of the panel; of the fooled one for None. NaN where it was not asked."""
    agreed = []
    for label in display.exhibit.champions:
        sight = display.sight(label)
        if classifier is None:
            agreed += [sight.top[0].label == label] if sight.top else []
        else:
            agreed += [each.agrees for each in sight.verdicts if each.classifier == classifier]
    return sum(agreed) / len(agreed) if agreed else float("nan")
