"""Size of the training set: is a network that saw more images harder to fool? (paper 3.3, 3.4, 3.8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.analysis.statistics import NEEDS_SCIPY, Trend, trend
from foolery.paper.cost import Cost, CostItem
from foolery.paper.experiment import (
    Claim,
    ClassifierRequirement,
    Context,
    DataRequirement,
    Finding,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    ResultTable,
    find_claim,
    grade,
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
THRESHOLDS = (0.99, 0.9999)
OWN_MEDIAN = "own"
"""The threshold that is the network's median confidence in test images that it classifies rightly."""

CLAIMS = (
    Claim("cppn", "networks trained on more images are harder to fool (CPPN)", "3.3, 3.4, 3.8", "–"),
    Claim("direct", "the same, pixel by pixel", "3.3, 3.4, 3.8", "–"),
)


def run(context: Context) -> ReproductionOutcome:
    """Train, evolve against each network, and look for a trend; scale multiplies both kinds of steps."""
    networks = fool_networks(context, SHARES)
    reference = runs_by_encoding(context, "digits")
    max_queries = float(next(iter(networks[0].runs.values()))[0].history.queries[-1])
    trends = {
        encoding: {str(bound): _trend(networks, encoding, bound) for bound in (*THRESHOLDS, OWN_MEDIAN)}
        for encoding in ENCODINGS
    }
    return ReproductionOutcome(
        tuple(_finding(context, networks, encoding, trends[encoding], max_queries) for encoding in ENCODINGS),
        {
            "iterations": scale_count(ITERATIONS, context.scale),
            "generations": scale_count(GENERATIONS, context.scale),
            "runs_per_network": RUNS,
            "budget_per_run": int(max_queries),
            "trends": {
                encoding: {bound: {"tau": each.tau, "p": each.p} for bound, each in row.items()}
                for encoding, row in trends.items()
            },
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
        notes=_notes(context),
        seconds=sum(each.network.seconds + sum(map(search_seconds, each.runs.values())) for each in networks),
    )


def _trend(networks: Sequence[FooledNetwork], encoding: str, threshold: float | str) -> Trend:
    return trend([each.share for each in networks], [each.queries(encoding, threshold) for each in networks])


def _bound_text(bound: float | str) -> str:
    return "its own median on real digits" if bound == OWN_MEDIAN else format_confidence(float(bound))


def _finding(
    context: Context,
    networks: Sequence[FooledNetwork],
    encoding: str,
    trends: Mapping[str, Trend],
    max_queries: float,
) -> Finding:
    main = trends[str(THRESHOLDS[0])]
    medians = [
        format_queries(_median(networks, share, encoding, THRESHOLDS[0]), max_queries) for share in SHARES
    ]
    verdict = grade(main.rises, any(each.rises for each in trends.values()))
    others = "; ".join(
        f"to {_bound_text(bound)}: {each}" for bound, each in trends.items() if each is not main
    )
    shares = ", ".join(f"{share:.0%}" for share in SHARES)
    return context.judge(
        find_claim(CLAIMS, encoding),
        f"queries to 99 %: {', '.join(medians)}",
        verdict,
        f"networks that saw {shares} of the images; {main}. {others[0].upper()}{others[1:]}. It holds "
        f"where the queries to 99 % rise with the share (p < 0.05), in part where those to another bound do"
        + ("; they fall" if main.falls else ""),
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


def _notes(context: Context) -> tuple[str, ...]:
    return (
        "All networks are LeNets, trained for the same number of iterations, not of epochs: so they differ "
        "in how many different images they saw and in nothing else. With equal epochs the network of 5 % "
        "would take a twentieth of the steps, and one could not tell few images from little training. "
        f"There are {scale_count(ITERATIONS, context.scale)} iterations, fewer than the recipe's 10,000. "
        f"Of one "
        "seed, the smaller sets lie within the larger ones, and the first weights are the same; every class "
        "has its share.",
        f"A run is {scale_count(GENERATIONS, context.scale)} generations of {BATCH}; {RUNS} runs against "
        f"each "
        "network and encoding. What is compared is one number for each network, the median over classes and "
        "runs; a class that did not get there counts as larger than any number. Raw confidences of two "
        "networks need not mean the same, so the third bound is each network's own: its median confidence in "
        "the test digits that it classifies correctly.",
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
)
