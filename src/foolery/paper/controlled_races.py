"""Ten arms races with controls, by a protocol that was written before the first of them (paper 3.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from foolery.analysis.statistics import NEEDS_SCIPY, bootstrap_median
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
from foolery.paper.verdicts import Amount, Claim, Evidence, Finding, decide, find_claim, grade
from foolery.text import format_confidence

RACES = 10
DESIGN = RaceDesign(
    architecture="lenet",
    real_images=6000,
    rounds=5,
    first_runs=30,
    runs=5,
    generations=200,
    long_runs=2,
    long_generations=2000,
    batch=200,
    iterations=1500,
)
"""A tenth of the paper's images and runs: the fooling class has the paper's share of the training set."""
STILL, HALF = 0.90, 0.50

CLAIMS = (
    Claim("still fooled", "the last network of a race is fooled like the first", "3.7, Fig. 11", "99.15 %"),
    Claim("harder than none", "it is harder to fool than a network without the class", "protocol", "–"),
    Claim("harder than random", "harder than one with as many random CPPNs in the class", "protocol", "–"),
    Claim("harder than chance", "harder than another random start alone makes a network", "protocol", "–"),
)


def pieces(context: Context) -> list[Piece]:
    """One for each race."""
    design = DESIGN.scaled(context.scale)
    (train_data,) = context.data["train"].batches(len(context.data["train"]), _canvas(context))
    return [
        Piece(
            f"race {number}",
            Race(context, _name(context), design, number, train_data, context.data["test"]).run,
        )
        for number in range(context.seeds)
    ]


def run(context: Context) -> ReproductionOutcome:
    """Every race; what is there already is used."""
    races: list[dict[str, Any]] = []
    for number, piece in enumerate(pieces(context)):
        races.append({"race": number, "networks": piece.run()})
    networks = [each for race in races for each in race["networks"]]
    return ReproductionOutcome(
        {"design": asdict(DESIGN.scaled(context.scale)), "races": races},
        seconds=sum(
            each["training_seconds"]
            + sum(each[attack]["search_seconds"] for attack in ("short", "long") if attack in each)
            for each in networks
        ),
    )


def judge(figures: Mapping[str, Any]) -> Judgement:
    """The unit is the race."""
    races, design = figures["races"], figures["design"]
    last = design["rounds"]
    amounts = (
        Amount("races", 1, len(races)),
        Amount("networks of a race", 15, last),
        Amount("runs against the first network", 300, design["first_runs"]),
        Amount("real training images", 60_000, design["real_images"]),
    )

    def against(arm: str, equal: str = "iterations") -> dict[str, Any]:
        return {
            f"{attack} search, equal {own}": queries_ratio(
                races, ("fooling", own), (arm, own if arm == "random" else equal), last, attack
            )
            for own in design["equal"]
            for attack in ("short", "long")
        }

    return Judgement(
        (
            _still_fooled(races, design, Evidence("race", len(races), amounts)),
            *(
                harder_finding(find_claim(CLAIMS, f"harder than {name}"), against(arm), "race")
                for name, arm in (("none", "none"), ("random", "random"), ("chance", "other-seed"))
            ),
        ),
        amounts,
        tables=(networks_table(races, f"Networks (medians over {len(races)} races)"),),
        notes=(
            "The design, the questions and the rules were committed before the first run: [the "
            "protocol](protocol-arms-race.md). The first claim is the paper's, and measured by its scale; "
            "the others are questions of the protocol, which has none but its own.",
        ),
    )


def _still_fooled(races: list[Any], design: Mapping[str, Any], evidence: Evidence) -> Finding:
    medians = np.array(
        [
            np.median(network["short"]["run_medians"])
            for race in races
            if (network := find_network(race, "fooling", design["equal"][0], design["rounds"])) is not None
        ]
    )
    low, high = bootstrap_median(medians)
    median = float(np.median(medians))
    return decide(
        find_claim(CLAIMS, "still fooled"),
        f"{format_confidence(median)} (95 % {format_confidence(low)} to {format_confidence(high)})",
        grade(median >= STILL, median >= HALF),
        f"median over races, after {design['generations']} generations; it holds from 90 % on, in part "
        "from 50 %",
        evidence,
    )


def _canvas(context: Context) -> Any:
    from foolery.training.recipes import RECIPES

    return RECIPES[DESIGN.architecture].preprocessing.shape


def _name(context: Context) -> str:
    return "lenet" if context.scale >= 1 else f"lenet-{context.scale:g}"


def _cost(scale: float, seeds: int) -> Cost:
    design = DESIGN.scaled(scale)
    return Cost(
        (
            CostItem("digits", seeds * design.queries()),
            CostItem("digits", seeds * design.trained_images(), 3.0),
        )
    )


REPRODUCTION = Reproduction(
    name="races",
    title="Arms races with controls",
    place="3.7, Fig. 11",
    scale_multiplies="all of a race, below 1",
    seeds=RACES,
    requirements=Requirements(
        data=(
            DataRequirement("train", "mnist", "digits to train with", "train"),
            DataRequirement("test", "mnist", "digits to measure errors with"),
        ),
        packages=(("torch", "torch"), *NEEDS_SCIPY),
    ),
    claims=CLAIMS,
    cost=_cost,
    run=run,
    judge=judge,
    pieces=pieces,
    settings=asdict(DESIGN) | {"races": RACES},
)
