"""Plots over several runs of the same search."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from foolery.report.model import RunReport
from foolery.report.svg_plot import Plot, Tick, band, confidence_axis, line, linear_axis, spread
from foolery.report.wording import measure, short_name
from foolery.text import format_count, format_score

MIN_RUNS = 2
MIN_RUNS_FOR_QUARTILES = 4  # with fewer runs the band goes from minimum to maximum


def replicate_plots(reports: Sequence[RunReport]) -> tuple[Plot, ...]:
    """One plot for each group of runs of one encoding against one classifier, of two runs or more."""
    groups: dict[tuple[object, ...], list[RunReport]] = {}
    for report in reports:
        settings = report.result.settings
        if report.result.champions:
            key = (settings.fingerprint, settings.search, settings.encoding, settings.canvas, settings.cells)
            groups.setdefault(key, []).append(report)
    replicates = [each for each in groups.values() if len(each) >= MIN_RUNS]
    return tuple(
        _replicate_plot(each, f"group{chr(ord('a') + at)}") for at, each in enumerate(replicates[:26])
    )


def _replicate_plot(runs: Sequence[RunReport], name: str) -> Plot:
    result = runs[0].result
    settings, word = result.settings, measure(result.settings.kind)
    labels = [settings.classes[cell] for cell in settings.cells]
    values = np.full((len(runs), len(labels)), np.nan)
    for row, run in enumerate(runs):
        for column, label in enumerate(labels):
            champion = run.result.champions.get(label)
            values[row, column] = np.nan if champion is None else champion.confidence
    columns = np.flatnonzero(~np.isnan(values).all(axis=0))
    values, labels = values[:, columns], [labels[at] for at in columns]
    many = len(runs) >= MIN_RUNS_FOR_QUARTILES
    low, middle, high = np.nanquantile(values, (0.25, 0.5, 0.75) if many else (0.0, 0.5, 1.0), axis=0)
    order = np.argsort(-middle, kind="stable")
    numbers = values[~np.isnan(values)]
    axis = linear_axis(numbers) if settings.kind == "similarity" else confidence_axis(numbers)
    along = np.linspace(0, 1, len(labels)) if len(labels) > 1 else np.array([0.5])
    ticks = spread(len(labels), 5).tolist()
    band_name = "quartiles" if many else "minimum to maximum"
    return Plot(
        name=name,
        title=f"{settings.encoding} against {short_name(settings.classifier)}: {len(runs)} runs, by class",
        about=(
            f"The median {word} over the runs goes from {format_score(middle[order[0]], settings.kind)} for "
            f"{labels[order[0]]} to {format_score(middle[order[-1]], settings.kind)} for {labels[order[-1]]}."
        ),
        up=axis.ticks,
        across=tuple(Tick(at / max(len(labels) - 1, 1), format_count(at + 1)) for at in ticks),
        unit="classes, highest first",
        shapes=(
            band("inner", along, axis.place(low[order]), axis.place(high[order])),
            line("median", along, axis.place(middle[order])),
        ),
        legend=(("median", "median over runs"), ("inner", band_name)),
        head=(
            "class",
            "lower quartile" if many else "minimum",
            "median",
            "upper quartile" if many else "maximum",
        ),
        rows=tuple(
            (labels[at], *(format_score(each[at], settings.kind) for each in (low, middle, high)))
            for at in order.tolist()
        ),
    )
