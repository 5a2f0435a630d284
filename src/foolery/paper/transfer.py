"""Transfer: images evolved against one network, shown to others (paper 3.5 and supplement)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.analysis.transferability import transfer
from foolery.classifiers.scores import confidence
from foolery.data.class_matching import match_by_name
from foolery.data.fitting import fit_all
from foolery.engine.run import RunResult, make_run_result
from foolery.paper.cost import Cost, CostItem
from foolery.paper.experiment import (
    DIGITS,
    ClassifierRequirement,
    Context,
    Judgement,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    scale_count,
)
from foolery.paper.fig5 import BATCH, GENERATIONS, RUNS
from foolery.paper.figures import ImageRow, ImageTile, image_grid
from foolery.paper.measures import search_seconds
from foolery.paper.runs import evolve_runs
from foolery.paper.transfer_claims import judge_matrix, matrix_figures, matrix_table
from foolery.paper.verdicts import (
    Amount,
    Claim,
    Evidence,
)
from foolery.text import VERY_CONFIDENT, format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

ENCODINGS = ("cppn", "direct")
ROLES = ("digits", "digits-b", "digits-c")
SHOWN = 10

CLAIMS = (
    Claim("both", "some images are given at least 99.99 % by both networks", "3.5, MNIST", "some"),
    Claim("one", "others only by the network that they were evolved against", "3.5, MNIST", "others"),
    Claim(
        "more than chance",
        "the other network's top prediction matches, more often than by chance",
        "3.5, MNIST",
        "–",
    ),
)


def run(context: Context) -> ReproductionOutcome:
    """Runs of 200 generations against the first two networks; scale multiplies their number."""
    seeds = range(scale_count(context.seeds, context.scale))
    results, seconds = [], 0.0
    for role in ROLES[:2]:
        for encoding in ENCODINGS:
            runs = evolve_runs(context, role, encoding, generations=GENERATIONS, batch=BATCH, seeds=seeds)
            results += [make_run_result(each) for each in runs]
            seconds += search_seconds(runs)
    classifiers = {role: context.classifiers[role] for role in ROLES if role in context.classifiers}
    matrix = transfer(results, list(classifiers.values()))
    return ReproductionOutcome(
        {
            "matrix": matrix_figures(matrix),
            "runs": len(results),
            "classes": len(results[0].settings.classes),
        },
        tables=(matrix_table(matrix),),
        picture=_picture(context, results),
        caption=f"Champions of {ROLES[0]} (CPPN) that {ROLES[1]} is most and least certain of, with its "
        "confidence in the class that they were evolved for.",
        seconds=seconds,
    )


def judge(figures: Mapping[str, Any]) -> Judgement:
    """The unit is the run: its champions have ancestors in common."""
    pooled = figures["matrix"]["pooled"]
    runs = min(row["runs"] for row in pooled)
    amounts = (Amount("runs of each network and encoding", RUNS, runs),)
    return Judgement(
        judge_matrix(figures["matrix"], figures["classes"], CLAIMS, Evidence("run", runs, amounts)),
        amounts,
        notes=(
            "The networks have the same architecture and training and other random starts (the paper's "
            "first case); a network of another architecture, given with --classifier digits-c=REF, scores "
            "them too. Classes are matched by name; every canvas is drawn again from its genome, in 8 "
            "bits, and its hash compared. The numbers of the paper's transfer table are not known to us. "
            "This is the paper's case of MNIST alone: between ImageNet networks transfer is what "
            "`transfer-photos` measures.",
        ),
    )


def _picture(context: Context, results: Sequence[RunResult]) -> Image:
    own, other = (context.classifiers[role] for role in ROLES[:2])
    champions = [
        champion
        for each in results
        if each.settings.encoding == "cppn" and each.settings.fingerprint == own.description.fingerprint
        for champion in each.champions.values()
        if champion.confidence >= VERY_CONFIDENT
    ] or [champion for each in results[:1] for champion in each.champions.values()]
    index = np.array([champion.index for champion in champions])
    canvases = np.stack([champion.canvas for champion in champions])
    description = other.description
    scores = confidence(other.scores(fit_all(canvases, description.canvas)), description.kind)
    positions = match_by_name(own.description.classes, description.classes)[index]
    values = np.where(positions >= 0, scores[np.arange(len(index)), positions], 0.0)
    order = np.argsort(-values, kind="stable")
    count = min(SHOWN, len(order))
    return image_grid(
        [
            ImageRow(
                title,
                tuple(
                    ImageTile(
                        champions[at].canvas, (champions[at].label, format_confidence(float(values[at])))
                    )
                    for at in part.tolist()
                ),
            )
            for title, part in (("most", order[:count]), ("least", order[::-1][:count]))
        ]
    )


def _cost(scale: float, seeds: int) -> Cost:
    queries = len(ENCODINGS) * scale_count(seeds, scale) * (GENERATIONS + 1) * BATCH
    return Cost((CostItem("digits", queries), CostItem("digits-b", queries)))


REPRODUCTION = Reproduction(
    name="transfer",
    title="Transfer between networks",
    place="3.5 and supplement",
    scale_multiplies="the number of runs (50 for each network and encoding)",
    seeds=RUNS,
    requirements=Requirements(
        (
            DIGITS,
            ClassifierRequirement("digits-b", "lenet-b", "a second one, of another random start"),
            ClassifierRequirement("digits-c", None, "one of another architecture", required=False),
        )
    ),
    claims=CLAIMS,
    cost=_cost,
    run=run,
    judge=judge,
)
