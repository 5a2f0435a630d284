"""Transfer between networks of many classes: GoogLeNet, the SqueezeNets, the MobileNets (paper 3.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from foolery.analysis.transfer_matrix import TransferMatrix
from foolery.analysis.transferability import transfer
from foolery.data.class_matching import match_by_name
from foolery.engine.run import make_run_result
from foolery.errors import UsageError
from foolery.paper.cost import Cost, CostItem
from foolery.paper.experiment import (
    PHOTOS,
    ClassifierRequirement,
    Context,
    Judgement,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    ResultTable,
    scale_count,
)
from foolery.paper.fig7 import BATCH, GENERATIONS
from foolery.paper.measures import (
    PAPER_CLASSES,
    PAPER_CROPS,
    crops_of,
    network_name,
    search_seconds,
)
from foolery.paper.runs import evolve_runs
from foolery.paper.transfer_claims import format_rate, judge_matrix, matrix_figures, matrix_table
from foolery.paper.verdicts import Amount, Claim, Evidence
from foolery.text import format_confidence

SOURCES = ("photos", "photos-b")
JUDGES = ("photos-c", "photos-d", "photos-e")
RUNS = 5
ALL_CLASSES_FROM, FEW = 0.1, 50
"""Below that scale so few classes, spread over the list: so few queries for each of 1000 fool nothing."""

CLAIMS = (
    Claim("both", "some images are given at least 99.99 % by both networks", "3.5, ImageNet", "some"),
    Claim("one", "others only by the network that they were evolved against", "3.5, ImageNet", "others"),
    Claim(
        "more than chance",
        "the other network's top prediction matches, more often than by chance",
        "3.5, ImageNet",
        "–",
    ),
)


def run(context: Context) -> ReproductionOutcome:
    """The runs of fig7 against two networks, scored by all; scale multiplies their generations."""
    generations = scale_count(GENERATIONS, context.scale)
    names = _check_classes(context)
    classes = names if context.scale >= ALL_CLASSES_FROM else spread_names(names, FEW)
    results, seconds = [], 0.0
    for role in SOURCES:
        runs = evolve_runs(
            context,
            role,
            "cppn",
            generations=generations,
            batch=BATCH,
            classes=None if len(classes) == len(names) else classes,
        )
        results += [make_run_result(each) for each in runs]
        seconds += search_seconds(runs)
    classifiers = [context.classifiers[role] for role in (*SOURCES, *JUDGES) if role in context.classifiers]
    matrix = _short_names(transfer(results, classifiers))
    return ReproductionOutcome(
        {
            "matrix": matrix_figures(matrix),
            "runs": context.seeds,
            "generations": generations,
            "classes": len(names),
            "targets": len(classes),
            "medians": {
                role: [
                    float(np.median([one.confidence for one in each.champions.values()]))
                    for each in results[at * context.seeds : (at + 1) * context.seeds]
                ]
                for at, role in enumerate(SOURCES)
            },
            "crops": min(map(crops_of, classifiers)),
        },
        tables=(matrix_table(matrix),),
        seconds=seconds,
    )


def _short_names(matrix: TransferMatrix) -> TransferMatrix:
    """The same, without folders of this machine in names."""
    rows = tuple(
        replace(row, name=f"{short}, {row.encoding}", classifier=short)
        for row in matrix.pooled
        for short in (network_name(row.classifier),)
    )
    return replace(matrix, columns=tuple(map(network_name, matrix.columns)), pooled=rows)


def _check_classes(context: Context) -> tuple[str, ...]:
    """The class names of the first network; raises UsageError where another one has others."""
    names = context.classifiers[SOURCES[0]].description.classes
    for role in (*SOURCES[1:], *JUDGES):
        if role not in context.classifiers:
            continue
        other = context.classifiers[role].description.classes
        unmatched = [name for name, at in zip(names, match_by_name(names, other), strict=True) if at < 0]
        if unmatched:
            raise UsageError(
                f"classifier {role}: expected the classes of {SOURCES[0]}, by name; {len(unmatched)} of "
                f"{len(names)} are not among its {len(other)} ({unmatched[0]} first); give networks of one "
                "class list, or cards that name their classes alike"
            )
    return names


def spread_names(names: Sequence[str], count: int) -> tuple[str, ...]:
    """``count`` of the names that stand once in the list, spread over it; all where there are fewer."""
    counts = Counter(names)
    once = [name for name in names if counts[name] == 1]
    places = np.linspace(0, len(once) - 1, min(count, len(once)))
    return tuple(once[round(place)] for place in places)


def judge(figures: Mapping[str, Any]) -> Judgement:
    """The unit is the run."""
    runs, classes = figures["runs"], figures["classes"]
    amounts = (
        Amount("generations", 5000, figures["generations"]),
        Amount("classes evolved for", PAPER_CLASSES, figures["targets"]),
        Amount("crops of an image", PAPER_CROPS, figures["crops"]),
    )
    return Judgement(
        judge_matrix(figures["matrix"], classes, CLAIMS, Evidence("run", runs, amounts)),
        amounts,
        notes=(
            "The paper transferred between its two ImageNet networks; how many runs it had, and the "
            "numbers of its table, are not known to us. Classes are matched by name, and canvases fitted "
            "to each network. An ignorant network matches one image in as many as there are classes.",
            *(
                f"Median confidence of the champions of each run against `{role}`, on their own network: "
                f"{', '.join(format_confidence(value) for value in values)}."
                for role, values in figures["medians"].items()
            ),
        ),
        tables=(_baseline_table(figures["matrix"], classes),),
    )


def _baseline_table(matrix: Mapping[str, Any], classes: int) -> ResultTable:
    """Each pair of networks beside one that guesses."""
    rows = [
        (
            row["classifier"],
            column,
            format_rate(cell["match_rate"]),
            format_rate(1 / classes),
            f"{cell['match_rate'] * classes:.0f}",
            format_rate(cell["source_9999"]),
        )
        for row in matrix["pooled"]
        for column, cell in zip(matrix["columns"], row["cells"], strict=True)
        if not cell["own"]
    ]
    heads = ("evolved against", "scored by", "match", "ignorant", "times", "99.99 % on its own")
    return ResultTable("Beside an ignorant network", heads, tuple(rows))


def _cost(scale: float, seeds: int) -> Cost:
    queries = seeds * (scale_count(GENERATIONS, scale) + 1) * BATCH
    return Cost((CostItem("photos", queries), CostItem("photos-b", queries)))


REPRODUCTION = Reproduction(
    name="transfer-photos",
    title="Transfer between networks of many classes",
    place="3.5 and supplement",
    scale_multiplies="the generations (5001); below 0.1 only 50 classes are evolved for",
    seeds=RUNS,
    requirements=Requirements(
        (
            PHOTOS,
            ClassifierRequirement("photos-b", None, "a second one of the same classes, by name"),
            *(
                ClassifierRequirement(role, None, "another judge of the same classes", required=False)
                for role in JUDGES
            ),
        )
    ),
    claims=CLAIMS,
    cost=_cost,
    run=run,
    judge=judge,
)
