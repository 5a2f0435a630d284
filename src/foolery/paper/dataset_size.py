"""Size of the training set: is a network that saw more images harder to fool? (paper 3.3, 3.4, 3.8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.analysis.statistics import NEEDS_SCIPY
from foolery.paper.cost import Cost, CostItem
from foolery.paper.dataset_size_claims import CLAIMS, OWN_MEDIAN, THRESHOLDS, judge
from foolery.paper.experiment import (
    ClassifierRequirement,
    Context,
    DataRequirement,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    ResultTable,
    scale_count,
)
from foolery.paper.figures import PlotLine, line_plot
from foolery.paper.fooled_networks import (
    BATCH,
    ENCODINGS,
    GENERATIONS,
    ITERATIONS,
    RUNS,
    FooledNetwork,
    fool_networks,
    runs_by_encoding,
)
from foolery.paper.measures import finite_or_none, format_queries, median_of, queries_of_runs, search_seconds
from foolery.runs import RunFile
from foolery.text import format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image


SHARES = (0.05, 0.2, 0.5, 1.0)
SEEDS = 5
BATCH_TRAINED, QUERIES_PER_IMAGE = 64, 2.0
"""Of a training; an image costs as much as two queries."""


def run(context: Context) -> ReproductionOutcome:
    """Train, evolve against each network, and look for a trend; scale multiplies both kinds of steps."""
    networks = fool_networks(context, SHARES)
    reference = runs_by_encoding(context, "digits")
    max_queries = float(next(iter(networks[0].runs.values()))[0].history.queries[-1])
    return ReproductionOutcome(
        {
            "iterations": scale_count(ITERATIONS, context.scale),
            "generations": scale_count(GENERATIONS, context.scale),
            "runs_per_network": RUNS,
            "budget_per_run": int(max_queries),
            "classes": len(context.classifiers["digits"].description.classes),
            "networks": [_figures(each) for each in networks],
            "reference": {
                encoding: {
                    str(bound): [finite_or_none(value) for value in queries_of_runs(runs, bound)]
                    for bound in THRESHOLDS
                }
                for encoding, runs in reference.items()
            },
        },
        tables=(
            _networks_table(networks),
            *(
                _queries_table(networks, encoding, max_queries, reference[encoding], _name(context))
                for encoding in ENCODINGS
            ),
        ),
        picture=context.draw(lambda: _picture(networks, max_queries)),
        caption="Queries until half of the classes are at 99 % (median over networks), over the share of the "
        "training images in percent.",
        seconds=sum(each.network.seconds + sum(map(search_seconds, each.runs.values())) for each in networks),
    )


def _median(networks: Sequence[FooledNetwork], share: float, encoding: str, threshold: float | str) -> float:
    return median_of([each.queries(encoding, threshold) for each in networks if each.share == share])


def _networks_table(networks: Sequence[FooledNetwork]) -> ResultTable:
    rows = []
    for share in SHARES:
        trained = [each.network for each in networks if each.share == share]
        errors = [each.error for each in trained]
        rows.append(
            (
                f"{share:.0%}",
                str(trained[0].images),
                str(len(trained)),
                f"{np.mean(errors):.2%}",
                f"{min(errors):.2%} to {max(errors):.2%}",
                format_confidence(float(np.median([each.confidence for each in trained]))),
            )
        )
    heads = ("share", "pictures", "networks", "test error", "least to most", "median confidence, right")
    return ResultTable("The networks on real digits", heads, tuple(rows))


def _name(context: Context) -> str:
    return context.classifiers["digits"].description.name


def _queries_table(
    networks: Sequence[FooledNetwork],
    encoding: str,
    max_queries: float,
    reference: Sequence[RunFile],
    name: str,
) -> ResultTable:
    rows = []
    for share in SHARES:
        cells = [f"{share:.0%}"]
        for bound in (*THRESHOLDS, OWN_MEDIAN):
            values = [each.queries(encoding, bound) for each in networks if each.share == share]
            cells.append(format_queries(_median(networks, share, encoding, bound), max_queries))
            cells.append(
                f"{format_queries(min(values), max_queries)} to {format_queries(max(values), max_queries)}"
            )
        missed = [
            np.isinf(queries_of_runs(each.runs[encoding], THRESHOLDS[1])).mean()
            for each in networks
            if each.share == share
        ]
        rows.append((*cells, f"{np.mean(missed):.0%}"))
    rows.append(_reference_row(reference, name, max_queries))
    names = [*(format_confidence(bound) for bound in THRESHOLDS), "its own median"]
    heads = ("share", *(head for name in names for head in (f"queries to {name}", "networks")))
    return ResultTable(
        f"Queries to fool: {encoding}",
        (*heads, f"classes not at {format_confidence(THRESHOLDS[1])}"),
        tuple(rows),
    )


def _reference_row(runs: Sequence[RunFile], name: str, max_queries: float) -> tuple[str, ...]:
    """The given network, which is not part of the comparison."""
    cells = [f"beside them: {name}"]
    for bound in THRESHOLDS:
        cells += [format_queries(median_of(queries_of_runs(runs, bound)), max_queries), "–"]
    return (*cells, "–", "–", f"{np.isinf(queries_of_runs(runs, THRESHOLDS[1])).mean():.0%}")


def _figures(each: FooledNetwork) -> dict[str, Any]:
    return {
        "share": each.share,
        "seed": each.seed,
        "pictures": each.network.images,
        "test_error": round(each.network.error, 6),
        "median_confidence_right": round(each.network.confidence, 8),
        "median_queries": {
            encoding: {
                str(bound): finite_or_none(each.queries(encoding, bound))
                for bound in (*THRESHOLDS, OWN_MEDIAN)
            }
            for encoding in each.runs
        },
        "queries_by_class": {
            encoding: {
                str(bound): [finite_or_none(value) for value in queries_of_runs(runs, bound)]
                for bound in THRESHOLDS
            }
            for encoding, runs in each.runs.items()
        },
    }


def _picture(networks: Sequence[FooledNetwork], max_queries: float) -> Image:
    percentages = tuple(100 * share for share in SHARES)
    return line_plot(
        [
            PlotLine(
                encoding,
                percentages,
                tuple(
                    min(_median(networks, share, encoding, THRESHOLDS[0]), max_queries) for share in SHARES
                ),
            )
            for encoding in ENCODINGS
        ],
        x_label="% of the images",
        y_label="queries",
    )


def _cost(scale: float, seeds: int) -> Cost:
    networks = len(SHARES) * seeds
    runs = networks * len(ENCODINGS) * RUNS
    return Cost(
        (
            CostItem("digits", networks * scale_count(ITERATIONS, scale) * BATCH_TRAINED, QUERIES_PER_IMAGE),
            CostItem("digits", runs * (scale_count(GENERATIONS, scale) + 1) * BATCH),
        )
    )


REPRODUCTION = Reproduction(
    name="datasize",
    title="Size of the training set",
    place="3.3, 3.4, 3.8",
    scale_multiplies="the iterations of a training (2500) and the generations of a run (200)",
    seeds=SEEDS,
    requirements=Requirements(
        classifiers=(ClassifierRequirement("digits", "lenet", "a classifier of digits, beside them"),),
        data=(
            DataRequirement("digits", "mnist", "digits to train on", split="train"),
            DataRequirement("digits-test", "mnist", "digits to test with"),
        ),
        packages=(("torch", "torch"), *NEEDS_SCIPY),
    ),
    claims=CLAIMS,
    cost=_cost,
    run=run,
    judge=judge,
)
