"""Plot: shapes on axes, with the data that they show as a table; drawn as SVG by ``templates/plot.html``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.report.svg_plot import Tick

SIDE = 1000  # units of the drawing, across and up
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """A line, or an area where it is closed; ``style`` is also its class in the style sheet."""

    style: str
    points: str
    closed: bool


@dataclass(frozen=True)
class Plot:
    """A plot and its data.

    Attributes:
        name: unique among the plots of a run; letters only.
        title: a heading.
        about: the plot in a sentence, for those who cannot see it.
        up: ticks of the vertical axis.
        across: ticks of the horizontal axis.
        unit: what the horizontal axis counts.
        shapes: drawn in this order.
        legend: style and text.
        head: of the table.
        rows: of the table, as text.
        shown: which part of the data the table has, where not all: ``40 of 5000 generations``.
        between: whether the horizontal ticks stand in the middle of what they name.
    """

    name: str
    title: str
    about: str
    up: tuple[Tick, ...]
    across: tuple[Tick, ...]
    unit: str
    shapes: tuple[Shape, ...]
    legend: tuple[tuple[str, str], ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shown: str = ""
    between: bool = False


def line(style: str, across: Values, up: Values) -> Shape:
    """A line through points given from 0 to 1; those that are NaN are left out."""
    known = ~np.isnan(up)
    points = _points(across[known], up[known])
    return Shape(style, " ".join(points * 2 if len(points) == 1 else points), False)  # one point: a dot


def band(style: str, across: Values, low: Values, high: Values) -> Shape:
    """The area between two lines given from 0 to 1; where one of them is NaN it is left out."""
    known = ~(np.isnan(low) | np.isnan(high))
    forth, back = _points(across[known], high[known]), _points(across[known], low[known])
    return Shape(style, " ".join([*forth, *back[::-1]]), True)


def bar(style: str, left: float, right: float, height: float) -> Shape:
    """A bar from the bottom, given from 0 to 1."""
    across, up = np.array([left, left, right, right]), np.array([0.0, height, height, 0.0])
    return Shape(style, " ".join(_points(across, up)), True)


def spread(count: int, most: int) -> NDArray[np.int64]:
    """At most ``most`` indices below ``count``, evenly spread, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def _points(across: Values, up: Values) -> list[str]:
    right, down = (SIDE * across).round(1), (SIDE * (1.0 - up)).round(1)
    return [f"{x:g},{y:g}" for x, y in zip(right.tolist(), down.tolist(), strict=True)]
