"""Figure 13: gradient ascent with the paper's four settings (paper 3.9 and the supplement)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.base import Classifier
from foolery.paper.cost import Cost, CostItem
from foolery.paper.experiment import (
    ClassifierRequirement,
    Context,
    Judgement,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    ResultTable,
    scale_count,
)
from foolery.paper.figures import ImageRow, ImageTile, image_grid
from foolery.paper.pieces import Piece
from foolery.paper.runs import ascend_run
from foolery.paper.verdicts import (
    Amount,
    Band,
    Claim,
    Evidence,
    Finding,
    decide,
    find_claim,
    grade,
)
from foolery.runs import RunFile
from foolery.search.ascent_presets import PRESETS, QUERIES_PER_STEP
from foolery.text import VERY_CONFIDENT, format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

CLASSES = (
    200, 207, 215, 279, 366, 367, 390, 414, 445, 500, 509, 580, 643, 657, 704, 713, 782, 805, 826, 906,
)  # fmt: skip
"""The paper's, by their places in ImageNet's order (supplement, released ``run_*.sh``)."""

SEEDS, SHOWN = 5, 8
QUERY_COST = 4.0
"""A query here takes as long as so many of evolution's: there are fewer at a time, and two of three keep what
all layers gave. Measured on MobileNet v1 of width 0.25 with other work beside it: 250 queries/s."""

SLIGHTLY = Band(0.0, 0.1)
"""How much lower a median may be, in probability, to be slightly lower: there is a floor."""

CLAIMS = (
    Claim("certain", "gradient ascent finds images at 99.99 % for the class", "3.9, Fig. 13", "99.99 %"),
    Claim("regularized", "regularization costs a little confidence", "3.9, supplement", "slightly lower"),
)


@dataclass(frozen=True)
class AscentResults:
    """What ``ascents`` found.

    Attributes:
        classes: indices of the classes.
        confidences: preset to ``(seeds, classes) float64``, of the best image of each ascent, in 8 bits.
        seconds: of all searches.
        runs: preset to the runs, in the order of their seeds.
    """

    classes: tuple[int, ...]
    confidences: Mapping[str, NDArray[np.float64]]
    seconds: float
    runs: Mapping[str, tuple[RunFile, ...]]


def run_ascents(context: Context, role: str = "photos") -> AscentResults:
    """Every preset on 20 classes times scale, from as many starts as there are seeds.

    Finished runs in ``context.work`` are used, interrupted ones resumed.
    """
    classifier = context.classifiers[role]
    classes = choose_classes(classifier, context.scale)
    runs = {
        preset: tuple(_run(context, classifier, preset, classes, seed) for seed in range(context.seeds))
        for preset in PRESETS
    }
    return AscentResults(
        classes,
        {
            preset: np.array([[row.confidence for row in run.champions] for run in each])
            for preset, each in runs.items()
        },
        sum(run.seconds for each in runs.values() for run in each),
        runs,
    )


def choose_classes(classifier: Classifier, scale: float) -> tuple[int, ...]:
    """The first of the paper's classes, 20 times scale; for another class list, as many spread over it."""
    available, wanted = len(classifier.description.classes), scale_count(len(CLASSES), scale)
    if available == 1000 and wanted <= len(CLASSES):
        return CLASSES[:wanted]
    return tuple(sorted({round(place) for place in np.linspace(0, available - 1, min(wanted, available))}))


def pieces(context: Context) -> list[Piece]:
    """One for each setting and start; all classes of one climb together."""
    classifier = context.classifiers["photos"]
    classes = choose_classes(classifier, context.scale)
    return [
        Piece(f"{preset}, start {seed}", partial(_run, context, classifier, preset, classes, seed))
        for seed in range(context.seeds)
        for preset in PRESETS
    ]


def run(context: Context) -> ReproductionOutcome:
    """The four settings, and the two claims about them."""
    results = run_ascents(context)
    medians = {preset: float(np.median(values)) for preset, values in results.confidences.items()}
    shares = {
        preset: float((values >= VERY_CONFIDENT).mean()) for preset, values in results.confidences.items()
    }
    return ReproductionOutcome(
        {
            "classes": list(results.classes),
            "seeds": context.seeds,
            "steps": {preset: rule.steps for preset, rule in PRESETS.items()},
            "median": medians,
            "share_0.9999": shares,
            "confidences": {preset: values.tolist() for preset, values in results.confidences.items()},
            "queries": int(sum(each.history.queries[-1] for runs in results.runs.values() for each in runs)),
        },
        tables=(_table(results, medians, shares),),
        picture=_picture(results),
        caption="One row for each setting, one column for each class, from the first start.",
        seconds=results.seconds,
    )


def _run(
    context: Context, classifier: Classifier, preset: str, classes: tuple[int, ...], seed: int
) -> RunFile:
    fingerprint = classifier.description.fingerprint[:12]
    folder = context.work / "runs" / f"{fingerprint}-ascent-{preset}-{len(classes)}" / f"seed-{seed}"
    names = [classifier.description.classes[index] for index in classes]
    return ascend_run(
        context, classifier, folder, f"{preset}, start {seed}", classes=names, seed=seed, preset=preset
    )


def judge(figures: Mapping[str, Any]) -> Judgement:
    """The unit is the class: starts of one class climb the same hill."""
    amounts = (
        Amount("classes", len(CLASSES), len(figures["classes"])),
        Amount("starts of a class", SEEDS, figures["seeds"]),
    )
    evidence = Evidence("class", len(figures["classes"]), amounts)
    return Judgement(
        (_certain(figures, evidence), _regularized(figures["median"], evidence)),
        amounts,
        notes=(
            "Every step is the paper's: as long as it takes to gain min(first gain, last gain (1 - p)) to "
            "first order. An image counts as it would be exported, rounded to 8 bits, and of an ascent "
            "the best one does; the paper's code takes the last, without rounding. A query is an image "
            "that goes through the network in either direction: three for each step.",
        ),
    )


def _certain(figures: Mapping[str, Any], evidence: Evidence) -> Finding:
    values, share = np.array(figures["confidences"]["plain"]), figures["share_0.9999"]["plain"]
    return decide(
        find_claim(CLAIMS, "certain"),
        f"{(values >= VERY_CONFIDENT).sum()} of {values.size} ascents",
        grade(share >= 0.95, share >= 0.5),
        "without regularization; it holds where 95 % of the ascents get there, in part where half do",
        evidence,
    )


def _regularized(medians: Mapping[str, float], evidence: Evidence) -> Finding:
    losses = {preset: medians["plain"] - value for preset, value in medians.items() if preset != "plain"}
    slight = [loss in SLIGHTLY for loss in losses.values()]
    return decide(
        find_claim(CLAIMS, "regularized"),
        ", ".join(f"{preset} {format_confidence(median)}" for preset, median in medians.items()),
        grade(all(slight), any(slight)),
        f"medians; slightly lower is taken to be 0 to {SLIGHTLY.high:g} below plain, and it was "
        f"{', '.join(f'{loss:.3f} ({preset})' for preset, loss in losses.items())}; it holds where each "
        "is, in part where one is. How well the images can be recognized is for the reader to see",
        evidence,
    )


def _table(results: AscentResults, medians: Mapping[str, float], shares: Mapping[str, float]) -> ResultTable:
    rows = tuple(
        (
            preset,
            str(PRESETS[preset].steps),
            str(results.confidences[preset].size),
            f"{shares[preset]:.0%}",
            format_confidence(median),
            format_confidence(float(results.confidences[preset].min())),
        )
        for preset, median in medians.items()
    )
    heads = ("setting", "steps", "ascents", "at 99.99 %", "median", "least")
    return ResultTable("Confidence by setting", heads, rows)


def _picture(results: AscentResults) -> Image:
    from foolery.engine.run import make_run_result

    rows = []
    for preset, runs in results.runs.items():
        champions = list(make_run_result(runs[0]).champions.values())[:SHOWN]
        tiles = [
            ImageTile(each.canvas, (each.label, format_confidence(each.confidence))) for each in champions
        ]
        rows.append(ImageRow(preset, tuple(tiles)))
    return image_grid(rows)


def _cost(scale: float, seeds: int) -> Cost:
    steps = sum(rule.steps for rule in PRESETS.values())
    queries = QUERIES_PER_STEP * steps * scale_count(len(CLASSES), scale) * seeds
    return Cost((CostItem("photos", queries, QUERY_COST),))


REPRODUCTION = Reproduction(
    name="fig13",
    title="Figure 13: gradient ascent",
    place="3.9, Fig. 13",
    scale_multiplies="the number of classes (20)",
    seeds=SEEDS,
    requirements=Requirements(
        classifiers=(ClassifierRequirement("photos", None, "a classifier of many classes, with gradients"),),
        packages=(("torch", "gradient"),),
    ),
    claims=CLAIMS,
    cost=_cost,
    run=run,
    judge=judge,
    pieces=pieces,
)
