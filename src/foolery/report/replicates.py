"""Replicates: runs that differ in their seeds alone, class by class in one plot (paper, figures 5 and 6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from foolery.report.plot import Plot, band, line, spread
from foolery.report.svg_plot import Tick, confidence_axis, linear_axis
from foolery.report.wording import classifier_name, measure, number
from foolery.text import format_score

if TYPE_CHECKING:
    from foolery.report.model import Display

FEWEST = 2
QUARTILES = 4  # runs from which on the band is that of the quartiles


def replicate_plots(displays: Sequence[Display]) -> tuple[Plot, ...]:
    """One plot for each group of runs of one encoding against one classifier, of two runs or more."""
    groups: dict[tuple[object, ...], list[Display]] = {}
    for display in displays:
        settings = display.exhibit.settings
        if display.exhibit.champions:
            key = (settings.fingerprint, settings.search, settings.encoding, settings.canvas, settings.cells)
            groups.setdefault(key, []).append(display)
    found = [each for each in groups.values() if len(each) >= FEWEST]
    return tuple(_plot(each, f"group{chr(ord('a') + at)}") for at, each in enumerate(found[:26]))


def _plot(runs: Sequence[Display], name: str) -> Plot:
    exhibit = runs[0].exhibit
    settings, word = exhibit.settings, measure(exhibit)
    labels = [settings.classes[cell] for cell in settings.cells]
    values = np.full((len(runs), len(labels)), np.nan)
    for row, run in enumerate(runs):
        for column, label in enumerate(labels):
            champion = run.exhibit.champions.get(label)
            values[row, column] = np.nan if champion is None else champion.confidence
    held = np.flatnonzero(~np.isnan(values).all(axis=0))
    values, labels = values[:, held], [labels[at] for at in held]
    many = len(runs) >= QUARTILES
    low, middle, high = np.nanquantile(values, (0.25, 0.5, 0.75) if many else (0.0, 0.5, 1.0), axis=0)
    order = np.argsort(-middle, kind="stable")
    known = values[~np.isnan(values)]
    axis = linear_axis(known) if settings.kind == "similarity" else confidence_axis(known)
    along = np.linspace(0, 1, len(labels)) if len(labels) > 1 else np.array([0.5])
    ticks = spread(len(labels), 5).tolist()
    said = "quartiles" if many else "least and most"
    return Plot(
        name=name,
        title=f"{settings.encoding} against {classifier_name(exhibit)}: {len(runs)} runs, class by class",
        about=(
            f"The median {word} over the runs goes from {format_score(middle[order[0]], settings.kind)} for "
            f"{labels[order[0]]} to {format_score(middle[order[-1]], settings.kind)} for {labels[order[-1]]}."
        ),
        up=axis.ticks,
        across=tuple(Tick(at / max(len(labels) - 1, 1), number(at + 1)) for at in ticks),
        unit="classes, the surest first",
        shapes=(
            band("inner", along, axis.place(low[order]), axis.place(high[order])),
            line("median", along, axis.place(middle[order])),
        ),
        legend=(("median", "median over runs"), ("inner", said)),
        head=("class", "lower quarter" if many else "least", "median", "upper quarter" if many else "most"),
        rows=tuple(
            (labels[at], *(format_score(each[at], settings.kind) for each in (low, middle, high)))
            for at in order.tolist()
        ),
    )
