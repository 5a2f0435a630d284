"""The plots on the page of a run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from foolery.report.model import RunReport
from foolery.report.svg_plot import (
    Axis,
    Plot,
    Tick,
    band,
    bar,
    confidence_axis,
    generation_ticks,
    line,
    linear_axis,
    spread,
)
from foolery.report.wording import measure
from foolery.text import format_count, format_percent, format_score

MAX_POINTS = 400
MAX_ROWS = 40
_EDGES = (0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0)
_EDGE_NAMES = ("0 %", "50 %", "90 %", "99 %", "99.9 %", "99.99 %")
_STAGES = {
    "vary": "vary",
    "render": "render",
    "classify": "classify",
    "tell": "compare",
    "write": "write",
}


def plots_of(report: RunReport) -> tuple[Plot, ...]:
    """All plots for which the run has data, in the order in which a page shows them."""
    plots = (convergence_plot(report), classes_plot(report), histogram_plot(report), timings_plot(report))
    return tuple(plot for plot in plots if plot is not None)


def convergence_plot(report: RunReport) -> Plot | None:
    """Median and quantiles over classes of the champions' confidence, over generations."""
    result, convergence = report.result, report.convergence
    history, kind, word = result.history, result.settings.kind, measure(result.settings.kind)
    if len(history) == 0:
        return None
    rows = spread(len(history), MAX_POINTS)
    last = max(int(history.generation[-1]), 1)
    quantiles = None if convergence is None else convergence.quantiles
    values = [history.median[rows], history.min[rows]] + ([] if quantiles is None else [quantiles.ravel()])
    axis = _axis(np.concatenate(values), kind)
    shapes = []
    legend = [("median", "median")]
    if convergence is not None and quantiles is not None:
        along = convergence.generation / last
        up = [axis.place(column) for column in quantiles.T]
        shapes += [band("outer", along, up[0], up[4]), band("inner", along, up[1], up[3])]
        legend += [("inner", "middle 50 % of classes"), ("outer", "middle 80 %")]
    along = history.generation[rows] / last
    shapes += [line("min", along, axis.place(history.min[rows])),
               line("median", along, axis.place(history.median[rows]))]  # fmt: skip
    chosen = spread(len(history), MAX_ROWS).tolist()
    return Plot(
        name="convergence",
        title=f"{word.capitalize()} over generations",
        about=(
            f"The median {word} over champions goes from {format_score(history.median[0], kind)} in "
            f"generation {history.generation[0]} to {format_score(history.median[-1], kind)} in generation "
            f"{history.generation[-1]}."
        ),
        up=axis.ticks,
        across=generation_ticks(int(history.generation[-1])),
        unit="generation",
        shapes=tuple(shapes),
        legend=(*legend, ("min", "minimum")),
        head=("generation", "queries", "median", "mean", "minimum", "maximum"),
        rows=tuple(
            (
                format_count(int(history.generation[at])),
                format_count(int(history.queries[at])),
                *(
                    format_score(column[at], kind)
                    for column in (history.median, history.mean, history.min, history.max)
                ),
            )
            for at in chosen
        ),
        shown=_shown_share(len(chosen), len(history), "generations"),
    )


def classes_plot(report: RunReport) -> Plot | None:
    """Every class in the order of its confidence, with what it had reached after a tenth of the time."""
    result = report.result
    champions = list(result.champions.values())
    if len(champions) < 2:
        return None
    kind, word = result.settings.kind, measure(result.settings.kind)
    cells = {cell: at for at, cell in enumerate(result.settings.cells)}
    final = np.array([one.confidence for one in champions])
    order = np.argsort(-final, kind="stable")
    after_tenth = np.full(len(champions), np.nan)
    if report.convergence is not None:
        after_tenth = np.array([report.convergence.after_tenth[cells[one.index]] for one in champions])
    axis = _axis(np.concatenate([final, after_tenth[~np.isnan(after_tenth)]]), kind)
    along = np.linspace(0, 1, len(champions))
    shapes, legend = [], [("median", "at the end")]
    if not np.isnan(after_tenth).all():
        first = np.where(np.isnan(after_tenth), final.min(), after_tenth)
        shapes.append(band("inner", along, axis.place(first[order]), axis.place(final[order])))
        legend.append(("inner", "gained after 10 % of the generations"))
    shapes.append(line("median", along, axis.place(final[order])))
    half = len(champions) // 2
    return Plot(
        name="classes",
        title=f"{word.capitalize()} by class",
        about=(
            f"Highest {format_score(final[order[0]], kind)}, "
            f"median {format_score(final[order[half]], kind)}, "
            f"lowest {format_score(final[order[-1]], kind)}."
        ),
        up=axis.ticks,
        across=_rank_ticks(len(champions)),
        unit="classes, highest first",
        shapes=tuple(shapes),
        legend=tuple(legend),
        head=("class", "after 10 %", "at the end", "generation", "queries before"),
        rows=tuple(
            (
                champions[at].label,
                format_score(after_tenth[at], kind),
                format_score(final[at], kind),
                format_count(champions[at].generation),
                format_count(champions[at].individual),
            )
            for at in order.tolist()
        ),
    )


def histogram_plot(report: RunReport) -> Plot | None:
    """Distribution of the confidence of champions, and of real images where data were given."""
    result = report.result
    confidences = np.array([one.confidence for one in result.champions.values()])
    if len(confidences) < 2:
        return None
    kind, word = result.settings.kind, measure(result.settings.kind)
    groups = {"champions": confidences}
    if report.real_images is not None and len(report.real_images.confidences):
        groups["real images"] = report.real_images.confidences
    edges, names = _bins(np.concatenate(list(groups.values())), kind)
    shares = {name: _shares(values, edges) for name, values in groups.items()}
    axis = linear_axis(np.array([0.0, *(100 * share for each in shares.values() for share in each)]))
    bins, shapes = len(edges) - 1, []
    for place, values in enumerate(shares.values()):
        width = 0.8 / len(shares)
        for at, share in enumerate(values):
            left = (at + 0.1 + place * width) / bins
            height = float(axis.place(np.array([100 * share]))[0])
            shapes.append(bar(("champion", "real")[place], left, left + width / bins, height))
    ranges = [f"{low} to {high}" for low, high in zip(names, [*names[1:], names[-1]], strict=True)][:-1]
    if kind == "similarity":
        ranges.append(f"{names[-1]} or more")
    else:
        ranges.append(f"{_EDGE_NAMES[-1]} or more")
    top = {name: format_percent(values[-1], 0) for name, values in shares.items()}
    return Plot(
        name="histogram",
        title=f"Distribution of {word}: {' and '.join(groups)}",
        about=f"{ranges[-1]}: " + ", ".join(f"{share} of the {name}" for name, share in top.items()) + ".",
        up=tuple(Tick(tick.place, f"{tick.label} %") for tick in axis.ticks),
        across=tuple(Tick(at / bins, name) for at, name in enumerate(names)),
        unit=f"{word}, lower bound",
        shapes=tuple(shapes),
        legend=tuple(zip(("champion", "real"), groups, strict=False)),
        head=(word, *groups),
        rows=tuple(
            (ranges[at], *(format_percent(each[at]) for each in shares.values())) for at in range(bins)
        ),
    )


def timings_plot(report: RunReport) -> Plot | None:
    """Where the time of the search went; None where it was not recorded."""
    stages = report.result.summary.get("timings")
    if not isinstance(stages, Mapping) or not any(stages.values()):
        return None
    seconds = {_STAGES.get(str(name), str(name)): float(value) for name, value in stages.items()}
    axis = linear_axis(np.array([0.0, *seconds.values()]))
    total, count = sum(seconds.values()), len(seconds)
    longest = max(seconds, key=lambda name: seconds[name])
    return Plot(
        name="stages",
        title="Time by step",
        about=f"{format_percent(seconds[longest] / total, 0)} of the time was spent in {longest}.",
        up=tuple(Tick(tick.place, f"{tick.label} s") for tick in axis.ticks),
        across=tuple(Tick((at + 0.5) / count, name) for at, name in enumerate(seconds)),
        unit="seconds, summed over threads",
        shapes=tuple(
            bar("champion", (at + 0.2) / count, (at + 0.8) / count, float(axis.place(np.array([value]))[0]))
            for at, value in enumerate(seconds.values())
        ),
        legend=(),
        head=("stage", "seconds", "share"),
        rows=tuple((name, f"{value:.2f}", format_percent(value / total)) for name, value in seconds.items()),
        between=True,
    )


def _axis(values: NDArray[np.float64], kind: str) -> Axis:
    numbers = values[~np.isnan(values)]
    return linear_axis(numbers) if kind == "similarity" else confidence_axis(numbers)


def _bins(values: NDArray[np.float64], kind: str) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Edges and the names of their low ends."""
    if kind != "similarity":
        return np.array(_EDGES), _EDGE_NAMES
    edges = np.linspace(values.min(), max(values.max(), values.min() + 1e-6), 9)
    return edges, tuple(format_score(edge, "similarity") for edge in edges[:-1])


def _shares(values: NDArray[np.float64], edges: NDArray[np.float64]) -> list[float]:
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    shares: list[float] = (counts / max(len(values), 1)).tolist()
    return shares


def _rank_ticks(count: int) -> tuple[Tick, ...]:
    places = spread(count, 5)
    return tuple(Tick(at / max(count - 1, 1), format_count(at + 1)) for at in places.tolist())


def _shown_share(count: int, whole: int, what: str) -> str:
    return f"{format_count(count)} of {format_count(whole)} {what}" if count < whole else ""
