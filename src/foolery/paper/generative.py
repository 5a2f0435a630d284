"""Generative against discriminative: is a model of p(x, y) fooled where one of p(y | x) is? (paper 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.analysis.statistics import NEEDS_SCIPY, mann_whitney
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
from foolery.paper.figures import ImageRow, ImageTile, image_grid
from foolery.paper.generative_attacks import (
    ATTACKS,
    BATCH,
    ENCODINGS,
    STARTS,
    TEST_IMAGES,
    AttackedModel,
    ModelUnderTest,
    RealImageResult,
    RealMargins,
    attack_model,
    measure_margins,
    measure_on_real,
    models_under_test,
)
from foolery.paper.measures import finite_or_none, format_queries, median_of, queries_of_runs, search_seconds
from foolery.search.ascent_presets import QUERIES_PER_STEP
from foolery.text import VERY_CONFIDENT, format_confidence, format_count

if TYPE_CHECKING:
    from PIL.Image import Image

SEEDS, GENERATIONS, STEPS = 5, 400, 500
CONFIDENT = 0.99
QUERY_COST = 2.0
"""Of a step of ascent for each picture; what a query with a gradient costs, as there are few at a time."""
GENERATIVE_QUERY_COST = 1.3
"""A query that asks the generative network, in queries of LeNet."""
MAX_FOOLED, MIN_REJECTED = 0.05, 0.95

CLAIMS = (
    Claim("low p(x)", "fooling images can be told by their low p(x)", "4", "–"),
    Claim("harder", "a model of p(x, y), which discounts by p(x), is harder to fool", "4", "–"),
)


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
        (_low(context, outcomes, models[0]), _harder(context, outcomes, models, margins)),
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
        notes=_notes(margins),
        seconds=sum(search_seconds(each.runs) for each in outcomes),
    )


def share_confident(each: AttackedModel) -> float:
    """Share of classes and seeds that came to 99 %."""
    return float((each.confidences >= CONFIDENT).mean())


def _low(context: Context, outcomes: Sequence[AttackedModel], plain: ModelUnderTest) -> Finding:
    shares, words = [], []
    for each in outcomes:
        confident = each.confidences >= CONFIDENT
        if each.model is plain and confident.any():
            shares.append(float((each.margins[confident] <= 0).mean()))
            words.append(f"{shares[-1]:.0%} ({each.attack})")
    verdict = grade(shares and min(shares) >= MIN_REJECTED, shares and max(shares) >= 0.5)
    return context.judge(
        find_claim(CLAIMS, "low p(x)"),
        f"rejected by p(x): {', '.join(words) or 'none'}",
        verdict,
        "images that the discriminative network is at least 99 % certain of, made without a thought of p(x); "
        "the level of rejection lets 95 % of unseen digits pass. It holds where p(x) rejects 95 % of the "
        "images of every attack, in part where half of those of one",
    )


def _harder(
    context: Context,
    outcomes: Sequence[AttackedModel],
    models: Sequence[ModelUnderTest],
    margins: RealMargins,
) -> Finding:
    plain, both = models[0], models[-1]
    outcome_of = {(each.model.name, each.attack): each for each in outcomes}
    shares, tests, lower = [], [], []
    for attack in ATTACKS:
        ours, theirs = outcome_of[both.name, attack], outcome_of[plain.name, attack]
        test = mann_whitney(ours.confidences, theirs.confidences)
        shares.append(share_confident(ours))
        lower.append(test.share < 0.5 and test.p < 0.05)
        tests.append(
            f"{attack}: {share_confident(theirs):.0%} and {share_confident(ours):.0%} of the classes, {test}"
        )
    discriminative_rejecting = max(share_confident(outcome_of[models[1].name, attack]) for attack in ATTACKS)
    margins_of_fooling = [
        outcome_of[both.name, attack].margins[outcome_of[both.name, attack].confidences >= CONFIDENT]
        for attack in ATTACKS
    ]
    typical = (
        margins.typical(np.concatenate(margins_of_fooling)) if any(map(len, margins_of_fooling)) else 0.0
    )
    verdict = grade(max(shares) <= MAX_FOOLED, any(lower))
    return context.judge(
        find_claim(CLAIMS, "harder"),
        "at 99 %: " + ", ".join(f"{share:.0%} ({a})" for share, a in zip(shares, ATTACKS, strict=True)),
        verdict,
        f"discriminative against generative, rejecting, whose rule the attack knows: {'; '.join(tests)}. Of "
        f"the images that came to 99 %, {typical:.0%} have a log p(x) as 95 % of the test digits have. The "
        f"discriminative network with the same rejection: up to {discriminative_rejecting:.0%} of the "
        f"classes. It holds where "
        f"no attack brings more than {MAX_FOOLED:.0%} of the classes to 99 %, in part where the champions "
        f"of one "
        "are less certain than those against the discriminative network (p < 0.05)",
    )


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


def _notes(margins: RealMargins) -> tuple[str, ...]:
    return (
        "The generative network is ten small variational autoencoders (after ABS, Schott et al. 2018): "
        "log p(x | y) is the evidence lower bound at the mean of the encoder's posterior, so it needs no "
        "sampling and has gradients, and p(y | x) follows from it by Bayes' rule.",
        "Without rejection p(y | x) says little about unrecognizable images: log-likelihoods of two classes "
        "differ by hundreds of nats there, so the softmax is nearly always certain of something. With "
        "rejection, one class more, a confidence is p(y | x) times the probability that log p(x) is above "
        "its level (a step a few nats wide). Below the level its logarithm falls with log p(x), so every "
        "attack follows both at once: it knows the rule.",
        f"Of the test digits p(x) accepts {margins.accepted:.1%}; their log p(x) less the level is "
        f"{margins.median:.0f} nats in the median, 95 % of them lie from {margins.low:.0f} to "
        f"{margins.high:.0f}. Between these an image is called typical: a test that rejects what is too "
        "likely, too, would let it pass.",
        "A picture that is certain, accepted, and that two other networks take for the same digit may be a "
        "digit, not a fooling image: so the last column counts those on which the others do not agree. "
        "Whether these look like digits is for the reader to see.",
        f"Evolution: {GENERATIONS} generations of {BATCH}. Ascent: {STEPS} steps on log p(y | x) (the "
        "paper's step follows p, which is 0 to the last digit here), from black with a little noise (mean) "
        "and from noise; the best picture of an ascent counts, rounded to 8 bits.",
    )


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
)
