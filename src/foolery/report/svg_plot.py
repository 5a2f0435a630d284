"""Plots as SVG: axes with their ticks, and the shapes between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from foolery.text import format_count, nines

MAX_NINES = 10  # more than that is drawn at the top
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Tick:
    """A label, and where it stands: 0 at the low end of the axis, 1 at the high end."""

    place: float
    label: str


@dataclass(frozen=True)
class Axis:
    """The vertical axis of a plot.

    Attributes:
        scale: ``nines`` for probabilities: equal steps from 90 % to 99 % to 99.9 %; else ``linear``.
        low: of the axis, on its scale.
        high: of the axis, on its scale.
        ticks: from the low end to the high end.
    """

    scale: Literal["nines", "linear"]
    low: float
    high: float
    ticks: tuple[Tick, ...]

    def place(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """``(N,) float64`` from 0 (low end) to 1 (high end) for ``(N,)`` values."""
        scaled = np.array([nines(value) for value in values]) if self.scale == "nines" else values
        placed: NDArray[np.float64] = np.clip((scaled - self.low) / (self.high - self.low), 0.0, 1.0)
        return placed


def confidence_axis(values: NDArray[np.float64]) -> Axis:
    """An axis of -log10(1 - confidence) that holds ``values`` up to ten nines, and at least 99 %."""
    most = max((nines(value) for value in values), default=0.0)
    high = min(max(2, math.ceil(most - 1e-9)), MAX_NINES)
    step = 1 if high <= 6 else 2
    ticks = [Tick(place / high, _nines_label(place)) for place in range(0, high + 1, step)]
    if high <= 4:
        ticks.insert(1, Tick(nines(0.5) / high, "50 %"))
    if most > MAX_NINES:
        ticks[-1] = Tick(1.0, f"≥ {ticks[-1].label}")
    return Axis("nines", 0.0, float(high), tuple(ticks))


def linear_axis(values: NDArray[np.float64]) -> Axis:
    """An axis around ``values`` with round ticks."""
    least, most = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    step = _round_step(max(most - least, 1e-3) / 4)
    first, last = math.floor(least / step), math.ceil(most / step)
    last = max(last, first + 1)
    decimals = max(0, -math.floor(math.log10(step)))
    ticks = tuple(
        Tick((at - first) / (last - first), f"{at * step:.{decimals}f}".replace("-", "−"))
        for at in range(first, last + 1)
    )
    return Axis("linear", first * step, last * step, ticks)


def generation_ticks(last: int) -> tuple[Tick, ...]:
    """Ticks from generation 0 to ``last``, which is always one of them."""
    if last <= 0:
        return (Tick(0.0, "0"),)
    step = max(1, int(_round_step(last / 4)))
    inner = [Tick(at / last, format_count(at)) for at in range(0, last, step) if at <= 0.86 * last]
    return (*inner, Tick(1.0, format_count(last)))


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, 50 … (and their tenths) that is not below ``least``."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def _nines_label(count: int) -> str:
    """``0 %``, ``90 %``, ``99.99 %`` …, and from seven nines on ``1 − 10⁻⁷``."""
    if count > 6:
        return f"1 − 10⁻{str(count).translate(_SUPERSCRIPTS)}"
    if count <= 2:
        return ("0 %", "90 %", "99 %")[count]
    return f"99.{'9' * (count - 2)} %"


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
    is_number = ~np.isnan(up)
    points = _points(across[is_number], up[is_number])
    return Shape(style, " ".join(points * 2 if len(points) == 1 else points), False)  # one point: a dot


def band(style: str, across: Values, low: Values, high: Values) -> Shape:
    """The area between two lines given from 0 to 1; where one of them is NaN it is left out."""
    is_number = ~(np.isnan(low) | np.isnan(high))
    forth, back = _points(across[is_number], high[is_number]), _points(across[is_number], low[is_number])
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
