"""Generative against discriminative: is a model of p(x, y) fooled where one of p(y | x) is? (paper 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.analysis.statistics import NEEDS_SCIPY
from foolery.paper.cost import Cost, CostItem
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
from foolery.paper.figures import ImageRow, ImageTile, image_grid
from foolery.paper.generative_attacks import (
    ATTACKS,
    BATCH,
    ENCODINGS,
    STARTS,
    TEST_IMAGES,
    AttackedModel,
    RealImageResult,
    RealMargins,
    attack_model,
    measure_margins,
    measure_on_real,
    models_under_test,
)
from foolery.paper.generative_claims import CLAIMS, CONFIDENT, judge
from foolery.paper.measures import finite_or_none, format_queries, median_of, queries_of_runs, search_seconds
from foolery.search.ascent_presets import QUERIES_PER_STEP
from foolery.text import VERY_CONFIDENT, format_confidence, format_count

if TYPE_CHECKING:
    from PIL.Image import Image

SEEDS, GENERATIONS, STEPS = 5, 400, 500
QUERY_COST = 2.0
"""Of a step of ascent for each picture; what a query with a gradient costs, as there are few at a time."""
GENERATIVE_QUERY_COST = 1.3
"""A query that asks the generative network, in queries of LeNet."""


def run(context: Context) -> ReproductionOutcome:
    """All attacks on all models; scale multiplies generations, steps and test images."""
    models = models_under_test(context)
    real, margins = {each.name: measure_on_real(context, each) for each in models}, measure_margins(context)
    generations, steps = scale_count(GENERATIONS, context.scale), scale_count(STEPS, context.scale)
    outcomes = [
        attack_model(context, each, attack, generations=generations, steps=steps)
        for attack in ATTACKS
        for each in models
    ]
    return ReproductionOutcome(
        {
            "generations": generations,
            "steps": steps,
            "seeds": context.seeds,
            "real": {name: vars(each) for name, each in real.items()},
            "real_margins": vars(margins),
            "attacks": [_figures(each, margins) for each in outcomes],
            "queries": int(sum(run.history.queries[-1] for each in outcomes for run in each.runs)),
        },
        tables=(_real_table(real), *(_attack_table(outcomes, attack, margins) for attack in ATTACKS)),
        picture=_picture(outcomes),
        caption="Champions of seed 0 against each model, one column for each digit, without the "
        "ascents from noise; below each its confidence, and log p(x) less the level of rejection, in nats.",
        seconds=sum(search_seconds(each.runs) for each in outcomes),
    )


def share_confident(each: AttackedModel) -> float:
    """Share of classes and seeds that came to 99 %."""
    return float((each.confidences >= CONFIDENT).mean())


def _real_table(real: Mapping[str, RealImageResult]) -> ResultTable:
    rows = tuple(
        (
            name,
            f"{each.error:.2%}",
            format_confidence(each.confidence),
            f"{each.certain:.1%}",
        )
        for name, each in real.items()
    )
    heads = ("model", "error, rejected counts as wrong", "median confidence", "correct at 99 %")
    return ResultTable("On real test digits", heads, rows)


def _attack_table(outcomes: Sequence[AttackedModel], attack: str, margins: RealMargins) -> ResultTable:
    rows = []
    for each in outcomes:
        if each.attack != attack:
            continue
        max_queries = float(each.runs[0].history.queries[-1])
        confident = each.confidences >= CONFIDENT
        rows.append(
            (
                each.model.name,
                format_confidence(float(np.median(each.confidences))),
                f"{share_confident(each):.0%}",
                format_queries(median_of(queries_of_runs(each.runs, CONFIDENT)), max_queries),
                f"{(each.margins > 0).mean():.0%}",
                f"{margins.typical(each.margins):.0%}",
                format_count(float(np.median(each.margins))),
                f"{each.confirmed.mean():.0%}",
                f"{(confident & ~each.confirmed).mean():.0%}",
            )
        )
    heads = (
        "model",
        "median confidence",
        "classes at 99 %",
        "queries to 99 %",
        "p(x) accepts",
        "p(x) typical",
        "median log p(x) - level",
        "two others agree",
        "at 99 %, others do not agree",
    )
    return ResultTable(f"Attack: {attack}", heads, tuple(rows))


def _figures(each: AttackedModel, margins: RealMargins) -> dict[str, Any]:
    return {
        "model": each.model.name,
        "attack": each.attack,
        "queries_per_run": int(each.runs[0].history.queries[-1]),
        "median_confidence": float(np.median(each.confidences)),
        "share_0.99": share_confident(each),
        "share_0.9999": float((each.confidences >= VERY_CONFIDENT).mean()),
        "median_queries_to_0.99": finite_or_none(median_of(queries_of_runs(each.runs, CONFIDENT))),
        "accepted": float((each.margins > 0).mean()),
        "typical": margins.typical(each.margins),
        "seconded": float(each.confirmed.mean()),
        "certain_not_seconded": float(((each.confidences >= CONFIDENT) & ~each.confirmed).mean()),
        "confidences": [round(float(value), 6) for value in each.confidences],
        "margins": [round(float(value), 1) for value in each.margins],
    }


def _picture(outcomes: Sequence[AttackedModel]) -> Image:
    rows = []
    for each in outcomes:
        if each.attack == ATTACKS[-1]:
            continue
        count = len(each.canvases) // len(each.runs)
        tiles = [
            ImageTile(
                each.canvases[at], (format_confidence(each.confidences[at]), f"{each.margins[at]:+.0f}")
            )
            for at in range(count)
        ]
        words = each.model.name.replace("discriminative", "discr.").replace("generative", "gen.")
        attack = each.attack.replace("ascent from ", "ascent: ")
        rows.append(ImageRow(f"{words}\n{attack}".replace(", ", ",\n"), tuple(tiles)))
    return image_grid(rows, side=56)


def _cost(scale: float, seeds: int) -> Cost:
    evolved = len(ENCODINGS) * seeds * (scale_count(GENERATIONS, scale) + 1) * BATCH
    ascents = len(STARTS) * seeds * scale_count(STEPS, scale) * 10 * QUERIES_PER_STEP
    real = 4 * scale_count(TEST_IMAGES, scale, 100)
    return Cost(
        (
            CostItem("digits", evolved),
            CostItem("digits", ascents, QUERY_COST),
            CostItem("digits", 3 * evolved + real, GENERATIVE_QUERY_COST),
            CostItem("digits", 3 * ascents, GENERATIVE_QUERY_COST * QUERY_COST),
        )
    )


REPRODUCTION = Reproduction(
    name="generative",
    title="Generative against discriminative",
    place="4",
    scale_multiplies="the generations (400) and steps (500) of a search, and the test digits",
    seeds=SEEDS,
    requirements=Requirements(
        classifiers=(
            ClassifierRequirement("digits", "lenet", "a discriminative classifier of digits, with gradients"),
            ClassifierRequirement("model", "digits-vae", "a generative network, with gradients"),
            ClassifierRequirement("digits-b", "lenet-b", "a judge of what looks like a digit"),
            ClassifierRequirement("digits-c", "perceptron", "another judge"),
        ),
        data=(DataRequirement("digits", "mnist", "labelled digits"),),
        packages=(("torch", "torch"), *NEEDS_SCIPY),
    ),
    claims=CLAIMS,
    cost=_cost,
    run=run,
    judge=judge,
)
