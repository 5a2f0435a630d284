"""Curve: the confidences of a run's champions over its generations, ready to be drawn and to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foolery.experiments.certainty import format_score
from foolery.report.axis import Axis, Tick, confidence_axis, generation_ticks, linear_axis
from foolery.report.words import measure, number

if TYPE_CHECKING:
    from foolery.experiments.exhibit import Exhibit

MOST_POINTS = 500
MOST_ROWS = 40
SIDE = 1000  # units of the drawing, across and up


@dataclass(frozen=True)
class Line:
    """One line: its name, which is also its style, and its points as SVG writes them."""

    name: str
    points: str


@dataclass(frozen=True)
class Curve:
    """A plot and its data.

    Attributes:
        ticks: of the vertical axis.
        generations: ticks of the horizontal axis.
        lines: ``median``, ``mean`` and ``least``.
        rows: generation, queries, median, mean, least and most, as text; at most 40 generations.
        recorded: number of generations that the run recorded.
        summary: the plot in a sentence, for those who cannot see it.
    """

    ticks: tuple[Tick, ...]
    generations: tuple[Tick, ...]
    lines: tuple[Line, ...]
    rows: tuple[tuple[str, ...], ...]
    recorded: int
    summary: str


def curve_of(exhibit: Exhibit) -> Curve | None:
    """The curve of a run, or None before its first generation is recorded."""
    history, kind = exhibit.history, exhibit.settings.kind
    if len(history) == 0:
        return None
    columns = {"median": history.median, "mean": history.mean, "least": history.least}
    values = np.concatenate(list(columns.values()))
    axis = linear_axis(values) if kind == "similarity" else confidence_axis(values)
    shown = _spread(len(history), MOST_POINTS)
    return Curve(
        ticks=axis.ticks,
        generations=generation_ticks(int(history.generation[-1])),
        lines=tuple(
            Line(name, _points(history.generation[shown], column[shown], axis))
            for name, column in columns.items()
        ),
        rows=tuple(_row(exhibit, at) for at in _spread(len(history), MOST_ROWS).tolist()),
        recorded=len(history),
        summary=(
            f"The median {measure(exhibit)} of the champions goes from "
            f"{format_score(history.median[0], kind)} in generation {history.generation[0]} to "
            f"{format_score(history.median[-1], kind)} in generation {history.generation[-1]}."
        ),
    )


def _spread(count: int, most: int) -> NDArray[np.int64]:
    """At most ``most`` indices below ``count``, evenly spread, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def _points(generations: NDArray[np.int64], values: NDArray[np.float64], axis: Axis) -> str:
    across = SIDE * generations / max(int(generations[-1]), 1)
    down = SIDE * (1.0 - axis.place(values))
    points = [f"{x:g},{y:g}" for x, y in zip(across.round(1), down.round(1), strict=True)]
    return " ".join(points * 2 if len(points) == 1 else points)  # a line of no length is drawn as a dot


def _row(exhibit: Exhibit, at: int) -> tuple[str, ...]:
    history, kind = exhibit.history, exhibit.settings.kind
    columns = (history.median, history.mean, history.least, history.most)
    whole = (number(int(history.generation[at])), number(int(history.queries[at])))
    return (*whole, *(format_score(column[at], kind) for column in columns))
