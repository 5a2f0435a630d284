"""Does retraining help where there are many classes? One architecture, 10 to 100 classes (paper 3.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from foolery.analysis.statistics import NEEDS_SCIPY, correlation, format_p
from foolery.data import LabelledData, LabelledImages
from foolery.data.class_matching import match_by_name
from foolery.errors import UsageError
from foolery.paper.cost import Cost, CostItem
from foolery.paper.experiment import (
    Context,
    DataRequirement,
    Judgement,
    Reproduction,
    ReproductionOutcome,
    Requirements,
)
from foolery.paper.pieces import Piece
from foolery.paper.race_claims import find_network, harder_finding, networks_table, queries_ratio
from foolery.paper.race_design import RaceDesign
from foolery.paper.races import Race
from foolery.paper.verdicts import (
    MIN_UNITS,
    NO_VERDICT,
    SIGNIFICANT,
    Amount,
    Claim,
    Evidence,
    Finding,
    decide,
    find_claim,
    grade,
)
from foolery.text import format_confidence

COUNTS = (10, 20, 50, 100)
NETWORKS = 3
DESIGN = RaceDesign(
    architecture="convnet",
    real_images=50_000,
    rounds=2,
    first_runs=5,
    runs=1,
    generations=200,
    long_runs=1,
    long_generations=5000,
    batch=200,
    iterations=1000,
    over=7.0,
    equal=("iterations",),
)
"""Of each network: an extra class seven times as large as an ordinary one, attacked with the paper's 5000."""

CLAIMS = (
    Claim("helps", "retraining lowers the confidence of new images", "3.8, Fig. 12", "88.1 to 11.7 %"),
    Claim("more classes", "it lowers it the more, the more classes there are", "3.8, asked here", "–"),
    Claim("harder than random", "harder than with as many random CPPNs in the class", "asked here", "–"),
)


def class_subset(data: LabelledImages, count: int) -> LabelledImages:
    """The images of ``count`` classes, drawn once for all: fewer classes lie within more."""
    if count > len(data.classes):
        raise UsageError(f"data: expected at least {count} classes, got {len(data.classes)}")
    chosen = np.sort(np.random.default_rng(0).permutation(len(data.classes))[:count])
    kept = np.isin(data.labels, chosen)
    labels = np.searchsorted(chosen, data.labels[kept]).astype(np.int64)
    return LabelledImages(data.canvases[kept], labels, tuple(data.classes[each] for each in chosen))


def pieces(context: Context) -> list[Piece]:
    """One for each number of classes and network."""
    train, test = _images(context.data["train"]), _images(context.data["test"])
    index = match_by_name(test.classes, train.classes)
    if (index < 0).any() or len(index) != len(train.classes):
        raise UsageError("data: the classes of test and train differ; give two splits of one data set")
    test = LabelledImages(test.canvases, index[test.labels].astype(np.int64), train.classes)
    counts = [count for count in COUNTS if count <= len(train.classes)]
    if not counts:
        raise UsageError(f"data: expected at least {COUNTS[0]} classes, got {len(train.classes)}")
    return [
        _piece(context, count, number, train, test) for count in counts for number in range(context.seeds)
    ]


def _images(data: LabelledData) -> LabelledImages:
    from foolery.training.recipes import RECIPES

    (images,) = data.batches(len(data), RECIPES[DESIGN.architecture].preprocessing.shape)
    return images


def _piece(context: Context, count: int, number: int, train: LabelledImages, test: LabelledImages) -> Piece:
    def make() -> dict[str, Any]:
        own_train, own_test = class_subset(train, count), class_subset(test, count)
        race = Race(context, name, DESIGN.scaled(context.scale), number, own_train, own_test)
        return {"classes": count, "race": number, "networks": race.run()}

    name = f"convnet-{count}" + ("" if context.scale >= 1 else f"-{context.scale:g}")
    return Piece(f"{count} classes, network {number}", make)


def run(context: Context) -> ReproductionOutcome:
    """Every number of classes and network; what is there already is used."""
    families = [piece.run() for piece in pieces(context)]
    networks = [each for family in families for each in family["networks"]]
    return ReproductionOutcome(
        {"design": asdict(DESIGN.scaled(context.scale)), "families": families},
        seconds=sum(
            each["training_seconds"]
            + sum(each[attack]["search_seconds"] for attack in ("short", "long") if attack in each)
            for each in networks
        ),
    )


def drop_of(family: Mapping[str, Any], last: int) -> float:
    """How much lower the median against the retrained network is than against the first, long search."""
    first, retrained = (
        find_network(family, arm, "iterations", number) for arm, number in (("first", 1), ("fooling", last))
    )
    if first is None or retrained is None:
        raise ValueError("a family without its networks")
    medians = [float(np.median(each["long"]["run_medians"])) for each in (first, retrained)]
    return medians[0] - medians[1]


def judge(figures: Mapping[str, Any]) -> Judgement:
    """The unit is the family: a first network and those that were retrained after it, of one seed."""
    families, last = figures["families"], figures["design"]["rounds"]
    counts = sorted({family["classes"] for family in families})
    most = [family for family in families if family["classes"] == counts[-1]]
    amounts = (
        Amount("classes", 1000, counts[-1]),
        Amount("generations", 5000, figures["design"]["long_generations"]),
    )
    drops = {
        count: [drop_of(family, last) for family in families if family["classes"] == count]
        for count in counts
    }
    random = queries_ratio(families, ("fooling", "iterations"), ("random", "iterations"), last, "long")
    return Judgement(
        (
            _helps(drops[counts[-1]], Evidence("family", len(most), amounts)),
            _more_classes(families, drops, last),
            harder_finding(find_claim(CLAIMS, "harder than random"), {"long search": random}, "family"),
        ),
        amounts,
        tables=tuple(
            networks_table([family for family in families if family["classes"] == count], f"{count} classes")
            for count in counts
        ),
        notes=(
            "One architecture, `convnet`, trained from scratch with the same number of steps. Fewer "
            "classes lie within more. The extra class is about seven times as large as an ordinary one, "
            "by repeats that moving and mirroring makes different, as published.",
        ),
    )


def _helps(drops: list[float], evidence: Evidence) -> Finding:
    lowered = sum(drop > 0 for drop in drops)
    return decide(
        find_claim(CLAIMS, "helps"),
        f"lower by {', '.join(f'{drop:.3f}' for drop in drops)} with the most classes",
        grade(min(drops) >= 0.5, lowered == len(drops) and min(drops) >= 0.1),
        "median confidence against the first network less that against the retrained one, one value for each "
        "family; it holds where each is 0.5 or more (the paper's: 0.764), in part from 0.1 on",
        evidence,
    )


def _more_classes(families: list[Any], drops: Mapping[int, list[float]], last: int) -> Finding:
    rho, p = correlation(
        np.array([family["classes"] for family in families], float),
        np.array([drop_of(family, last) for family in families]),
    )
    enough = len(families) >= MIN_UNITS
    return decide(
        find_claim(CLAIMS, "more classes"),
        ", ".join(f"{format_confidence(float(np.median(each)))} ({count})" for count, each in drops.items()),
        grade(rho > 0 and p < SIGNIFICANT) if enough else NO_VERDICT,
        f"median drop by the number of classes; rank correlation over families {rho:.2f}, {format_p(p)}; "
        f"it holds where it is positive with p < {SIGNIFICANT:g}",
        Evidence("family", len(families)),
    )


def _cost(scale: float, seeds: int) -> Cost:
    design = DESIGN.scaled(scale)
    families = len(COUNTS) * seeds
    return Cost(
        (
            CostItem("small-photos", families * design.queries()),
            CostItem("small-photos", families * design.trained_images(), 3.0),
        )
    )


REPRODUCTION = Reproduction(
    name="classes",
    title="Retraining and the number of classes",
    place="3.8, Fig. 12",
    scale_multiplies="all of a family of networks, below 1",
    seeds=NETWORKS,
    requirements=Requirements(
        data=(
            DataRequirement("train", None, "photos of up to 100 classes, to train with", "train"),
            DataRequirement("test", None, "the same classes, to measure errors with"),
        ),
        packages=(("torch", "torch"), *NEEDS_SCIPY),
    ),
    claims=CLAIMS,
    cost=_cost,
    run=run,
    judge=judge,
    pieces=pieces,
    settings=asdict(DESIGN) | {"classes": list(COUNTS), "networks": NETWORKS},
)
