"""Baselines: MAP-Elites over classes beside other searches, at equal evaluations.

The follow-up paper (Nguyen, Yosinski, Clune: "Innovation Engines", GECCO 2015) compares with one search for
each class and with novelty search; pyribs' tutorial is how a quality-diversity library does the same job.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.analysis.statistics import NEEDS_SCIPY
from foolery.paper.baselines_claims import CLAIMS, judge
from foolery.paper.cost import Cost, CostItem
from foolery.paper.experiment import (
    ClassifierRequirement,
    Context,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    ResultTable,
)
from foolery.paper.figures import PlotLine, line_plot
from foolery.paper.search_baselines import (
    ABLATION,
    ABLATION_RUNS,
    ENCODINGS,
    OTHER_SEARCHES,
    TUTORIAL,
    TUTORIAL_RUNS,
    BaselineResults,
    equal_evaluations,
    evaluations_to_mean,
    measure_baselines,
    medians,
    scaled_evaluations,
)
from foolery.text import format_confidence, format_count, nines

if TYPE_CHECKING:
    from PIL.Image import Image


CAPTION = (
    "Median champion confidence over evaluations, the middle of all runs. The vertical axis counts nines: "
    "1 is 90 %, 4 is 99.99 %."
)
_RULES = {"argmax-cell": "the cell of its argmax", "map-elites": "every class"}
_VARIATIONS = {"gaussian": "noise on every pixel", "direct": "polynomial, one pixel in ten"}


def figures(results: BaselineResults) -> dict[str, Any]:
    """All of it in JSON values, without the curves."""
    return {
        "equal_evaluations": {
            f"{search}, {encoding}": _without_curves(tracks)
            for (encoding, search), tracks in results.equal.items()
        },
        "tests": {
            f"map-elites over {other}, {encoding}": {"u": test.u, "p": test.p, "share": test.share}
            for (encoding, other), test in results.tests.items()
        },
        "tutorial": _without_curves(results.tutorial),
        "rule_and_variation": {
            f"{search}, {encoding}": _without_curves(tracks)
            for (encoding, search), tracks in results.ablation.items()
        },
    }


def tables(results: BaselineResults) -> tuple[ResultTable, ...]:
    """Equal evaluations; which part matters; the tutorial."""
    return _equal_evaluations_table(results), _ablation_table(results), _tutorial_table(results)


def picture(results: BaselineResults) -> Image:
    """The curves of equal evaluations."""
    plot_lines = []
    for (encoding, search), tracks in results.equal.items():
        xs = [float(point[0]) for point in tracks[0]["curve"]]
        ys = np.median([[nines(point[1]) for point in each["curve"]] for each in tracks], axis=0)
        plot_lines.append(PlotLine(f"{search}, {encoding}", tuple(xs), tuple(ys.tolist())))
    return line_plot(plot_lines, x_label="evaluations", y_label="nines")


def _without_curves(tracks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in each.items() if name != "curve"} for each in tracks]


def _equal_evaluations_table(results: BaselineResults) -> ResultTable:
    rows = []
    for (encoding, search), tracks in results.equal.items():
        test, goal = results.tests.get((encoding, search)), evaluations_to_mean(tracks)
        rows.append(
            (
                encoding,
                search,
                format_count(tracks[0]["evaluations"]),
                format_confidence(float(np.median(medians(tracks)))),
                format_confidence(float(np.median([each["least"] for each in tracks]))),
                f"{format_count(float(np.median(goal)))} ({len(goal)} of {len(tracks)} runs)"
                if goal
                else "never",
                "–" if test is None else str(test),
            )
        )
    heads = (
        "encoding",
        "search",
        "evaluations",
        "median",
        "lowest class",
        "to mean 0.939",
        "MAP-Elites against it",
    )
    runs = len(next(iter(results.equal.values())))
    return ResultTable(f"Equal evaluations, {runs} runs of each", heads, tuple(rows))


def _ablation_table(results: BaselineResults) -> ResultTable:
    rows = tuple(
        (
            _RULES[search],
            _VARIATIONS[encoding],
            format_count(tracks[0]["evaluations"]),
            f"{float(np.median([each['mean'] for each in tracks])):.4f}",
            f"{min(each['filled'] for each in tracks)} to {max(each['filled'] for each in tracks)}",
        )
        for (encoding, search), tracks in results.ablation.items()
    )
    runs = len(next(iter(results.ablation.values())))
    heads = ("a child competes in", "variation", "evaluations", "mean confidence", "cells filled")
    return ResultTable(f"Which part matters, batch 30, median of {runs} runs", heads, rows)


def _tutorial_table(results: BaselineResults) -> ResultTable:
    rows = tuple(
        (
            str(seed),
            format_count(each["evaluations"]),
            f"{each['mean']:.4f}",
            f"{each['least']:.4f}",
            str(each["filled"]),
        )
        for seed, each in enumerate(results.tutorial)
    )
    return ResultTable("pyribs' tutorial", ("seed", "evaluations", "mean", "lowest", "cells filled"), rows)


RUNS = 20


def run(context: Context) -> ReproductionOutcome:
    """All searches for all seeds; each finished one is kept, and not repeated."""
    results = measure_baselines(context)
    return ReproductionOutcome(
        figures(results) | {"classes": len(context.classifiers["digits"].description.classes)},
        tables=tables(results),
        picture=context.draw(lambda: picture(results)),
        caption=CAPTION,
        seconds=results.seconds,
    )


def _cost(scale: float, seeds: int) -> Cost:
    queries = seeds * len(ENCODINGS) * (1 + len(OTHER_SEARCHES)) * equal_evaluations(scale)
    queries += min(TUTORIAL_RUNS, seeds) * scaled_evaluations(TUTORIAL, scale)
    queries += 4 * min(ABLATION_RUNS, seeds) * scaled_evaluations(ABLATION, scale)
    return Cost((CostItem("digits", queries, 1.5),))


REPRODUCTION = Reproduction(
    name="baselines",
    title="MAP-Elites over classes beside other searches",
    place="the follow-up paper (GECCO 2015)",
    scale_multiplies="the evaluations (40,200; of pyribs' tutorial 900,000)",
    seeds=RUNS,
    requirements=Requirements(
        classifiers=(ClassifierRequirement("digits", "lenet", "a classifier of some ten classes"),),
        packages=NEEDS_SCIPY,
    ),
    claims=CLAIMS,
    cost=_cost,
    run=run,
    judge=judge,
)
