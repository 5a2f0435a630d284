"""Figure 13: gradient ascent with the paper's four settings (paper 3.9 and the supplement)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.base import Classifier
from foolery.paper.experiment import (
    Budget,
    Claim,
    ClassifierSlot,
    Context,
    Finding,
    Needs,
    Outcome,
    Part,
    Reproduction,
    Table,
    claim_of,
    scaled,
)
from foolery.paper.figures import Row, Tile, wall
from foolery.runs import RunFile, RunFileError, open_run_file
from foolery.runs.database import RUN_DB
from foolery.search.ascent_presets import PRESETS
from foolery.text import format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

CLASSES = (
    200, 207, 215, 279, 366, 367, 390, 414, 445, 500, 509, 580, 643, 657, 704, 713, 782, 805, 826, 906,
)  # fmt: skip
"""The paper's, by their places in ImageNet's order (supplement, released ``run_*.sh``)."""

SEEDS, SURE, PASSES, SHOWN = 5, 0.9999, 3, 8
COST = 4.0
"""A query here takes as long as so many of evolution's: there are fewer at a time, and two of three keep what
all layers gave. Measured on MobileNet v1 of width 0.25 with other work beside it: 250 queries/s."""

CLAIMS = (
    Claim("certain", "gradient ascent finds images at 99.99 % for the class", "3.9, Fig. 13", "99.99 %"),
    Claim("regularized", "regularization costs a little confidence", "3.9, supplement", "slightly lower"),
)


@dataclass(frozen=True)
class Ascents:
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


def ascents(context: Context, role: str = "photos") -> Ascents:
    """Every preset on 20 classes times scale, from as many starts as there are seeds.

    Finished runs in ``context.work`` are used, interrupted ones resumed.
    """
    classifier = context.classifiers[role]
    classes = classes_of(classifier, context.scale)
    runs = {
        preset: tuple(_run(context, classifier, preset, classes, seed) for seed in range(context.seeds))
        for preset in PRESETS
    }
    return Ascents(
        classes,
        {
            preset: np.array([[row.confidence for row in run.champions] for run in each])
            for preset, each in runs.items()
        },
        sum(run.seconds for each in runs.values() for run in each),
        runs,
    )


def classes_of(classifier: Classifier, scale: float) -> tuple[int, ...]:
    """The first of the paper's classes, 20 times scale; for another class list, as many spread over it."""
    known, wanted = len(classifier.description.classes), scaled(len(CLASSES), scale)
    if known == 1000 and wanted <= len(CLASSES):
        return CLASSES[:wanted]
    return tuple(sorted({round(place) for place in np.linspace(0, known - 1, min(wanted, known))}))


def run(context: Context) -> Outcome:
    """The four settings, and the two claims about them."""
    found = ascents(context)
    medians = {preset: float(np.median(values)) for preset, values in found.confidences.items()}
    shares = {preset: float((values >= SURE).mean()) for preset, values in found.confidences.items()}
    return Outcome(
        (_certain(context, found, shares["plain"]), _regularized(context, medians)),
        {
            "classes": list(found.classes),
            "seeds": context.seeds,
            "steps": {preset: rule.steps for preset, rule in PRESETS.items()},
            "median": medians,
            "share_0.9999": shares,
            "confidences": {preset: values.tolist() for preset, values in found.confidences.items()},
            "queries": int(sum(each.history.queries[-1] for runs in found.runs.values() for each in runs)),
        },
        tables=(_table(found, medians, shares),),
        picture=_picture(found),
        caption="One row for each setting, one column for each class, from the first start.",
        notes=(
            "Every step is the paper's: as long as it takes to gain min(early, late (1 - p)) to first order. "
            "An image counts as it would be exported, rounded to 8 bits, and of an ascent the best one does; "
            "the paper's code takes the last, without rounding. A query is an image that goes through the "
            "network in either direction: three for each step.",
        ),
        seconds=found.seconds,
    )


def _run(
    context: Context, classifier: Classifier, preset: str, classes: tuple[int, ...], seed: int
) -> RunFile:
    from foolery.engine.ascent import ascend

    mark = classifier.description.fingerprint[:12]
    folder = context.work / "runs" / f"{mark}-ascent-{preset}-{len(classes)}" / f"seed-{seed}"
    try:
        run = open_run_file(folder)
        there = run.status == "finished" and run.settings.cells == classes and run.settings.seed == seed
    except RunFileError:
        there = False
    if not there:
        ascend(
            classifier,
            preset=preset,
            classes=[classifier.description.classes[index] for index in classes],
            seed=seed,
            out=folder,
            resume=(folder / RUN_DB).is_file(),
            watch=context.watch(f"{preset}, start {seed}"),
            command=context.command,
        )
        run = open_run_file(folder)
    return run


def _certain(context: Context, found: Ascents, share: float) -> Finding:
    values = found.confidences["plain"]
    return context.judged(
        claim_of(CLAIMS, "certain"),
        f"{(values >= SURE).sum()} of {values.size} ascents",
        "holds" if share >= 0.95 else "holds in part" if share > 0 else "does not hold",
        "without regularization; it holds where 95 % of the ascents get there, in part where any does",
    )


def _regularized(context: Context, medians: Mapping[str, float]) -> Finding:
    lower = [preset for preset in medians if preset != "plain" and medians[preset] < medians["plain"]]
    return context.judged(
        claim_of(CLAIMS, "regularized"),
        ", ".join(f"{preset} {format_confidence(median)}" for preset, median in medians.items()),
        "holds" if len(lower) == len(medians) - 1 else "holds in part" if lower else "does not hold",
        "medians; it holds where each regularized setting is below plain, in part where one is. How well the "
        "images can be recognized is for the reader to see",
    )


def _table(found: Ascents, medians: Mapping[str, float], shares: Mapping[str, float]) -> Table:
    rows = tuple(
        (
            preset,
            str(PRESETS[preset].steps),
            str(found.confidences[preset].size),
            f"{shares[preset]:.0%}",
            format_confidence(median),
            format_confidence(float(found.confidences[preset].min())),
        )
        for preset, median in medians.items()
    )
    heads = ("setting", "steps", "ascents", "at 99.99 %", "median", "least")
    return Table("Confidence by setting", heads, rows)


def _picture(found: Ascents) -> Image:
    from foolery.engine.run import exhibit_of

    rows = []
    for preset, runs in found.runs.items():
        champions = list(exhibit_of(runs[0]).champions.values())[:SHOWN]
        tiles = [Tile(each.canvas, (each.label, format_confidence(each.confidence))) for each in champions]
        rows.append(Row(preset, tuple(tiles)))
    return wall(rows)


def _budget(scale: float, seeds: int) -> Budget:
    steps = sum(rule.steps for rule in PRESETS.values())
    return Budget((Part("photos", PASSES * steps * scaled(len(CLASSES), scale) * seeds, COST),))


REPRODUCTION = Reproduction(
    name="fig13",
    title="Figure 13: gradient ascent",
    place="3.9, Fig. 13",
    scales="the number of classes (20)",
    seeds=SEEDS,
    needs=Needs(
        classifiers=(ClassifierSlot("photos", None, "a classifier of many classes, with gradients"),),
        packages=(("torch", "gradient"),),
    ),
    claims=CLAIMS,
    budget=_budget,
    run=run,
)
