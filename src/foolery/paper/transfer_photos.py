"""Transfer between networks of many classes: GoogLeNet, the SqueezeNets, the MobileNets (paper 3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foolery.analysis.transferability import transfer
from foolery.engine.run import make_run_result
from foolery.paper.cost import Cost, CostItem
from foolery.paper.experiment import (
    PHOTOS,
    ClassifierRequirement,
    Context,
    Judgement,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    scale_count,
)
from foolery.paper.fig7 import BATCH, GENERATIONS
from foolery.paper.measures import PAPER_CLASSES, PAPER_CROPS, crops_of, search_seconds
from foolery.paper.runs import evolve_runs
from foolery.paper.transfer_claims import judge_matrix, matrix_figures, matrix_table
from foolery.paper.verdicts import Amount, Claim, Evidence

SOURCES = ("photos", "photos-b")
JUDGES = ("photos-c", "photos-d", "photos-e")
RUNS = 5

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
    results, seconds = [], 0.0
    for role in SOURCES:
        runs = evolve_runs(context, role, "cppn", generations=generations, batch=BATCH)
        results += [make_run_result(each) for each in runs]
        seconds += search_seconds(runs)
    classifiers = [context.classifiers[role] for role in (*SOURCES, *JUDGES) if role in context.classifiers]
    matrix = transfer(results, classifiers)
    return ReproductionOutcome(
        {
            "matrix": matrix_figures(matrix),
            "runs": context.seeds,
            "generations": generations,
            "classes": len(results[0].settings.classes),
            "crops": min(map(crops_of, classifiers)),
        },
        tables=(matrix_table(matrix),),
        seconds=seconds,
    )


def judge(figures: Mapping[str, Any]) -> Judgement:
    """The unit is the run."""
    runs, classes = figures["runs"], figures["classes"]
    amounts = (
        Amount("generations", 5000, figures["generations"]),
        Amount("classes", PAPER_CLASSES, classes),
        Amount("crops of an image", PAPER_CROPS, figures["crops"]),
    )
    return Judgement(
        judge_matrix(figures["matrix"], classes, CLAIMS, Evidence("run", runs, amounts)),
        amounts,
        notes=(
            "The paper transferred between its two ImageNet networks; how many runs it had, and the "
            "numbers of its table, are not known to us. Classes are matched by name, and canvases fitted "
            "to each network. An ignorant network matches one image in as many as there are classes.",
        ),
    )


def _cost(scale: float, seeds: int) -> Cost:
    queries = seeds * (scale_count(GENERATIONS, scale) + 1) * BATCH
    return Cost((CostItem("photos", queries), CostItem("photos-b", queries)))


REPRODUCTION = Reproduction(
    name="transfer-photos",
    title="Transfer between networks of many classes",
    place="3.5 and supplement",
    scale_multiplies="the generations (5001)",
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
