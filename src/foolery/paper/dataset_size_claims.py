"""The claims about the size of the training set, judged from stored figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from foolery.analysis.effects import BlockedTrend, blocked_trend
from foolery.analysis.statistics import format_p
from foolery.paper.experiment import (
    Judgement,
)
from foolery.paper.fooled_networks import (
    BATCH,
    ENCODINGS,
    RUNS,
)
from foolery.paper.verdicts import (
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

THRESHOLDS = (0.99, 0.9999)
OWN_MEDIAN = "own"
"""The threshold that is the network's median confidence in test images that it classifies rightly."""
PAPER_IMAGES, PAPER_CLASSES = 1_281_167, 1000
"""Of ImageNet (ILSVRC-2012), on which the hypothesis was made."""

CLAIMS = (
    Claim("cppn", "networks trained on more images are harder to fool (CPPN)", "3.3, 3.4, 3.8", "–"),
    Claim("direct", "the same, pixel by pixel", "3.3, 3.4, 3.8", "–"),
)


def judge(figures: Mapping[str, Any]) -> Judgement:
    """The unit is the family: networks of one seed have nested training sets and the same first weights."""
    families: dict[int, list[Mapping[str, Any]]] = {}
    for each in figures["networks"]:
        families.setdefault(each["seed"], []).append(each)
    most = max(each["pictures"] for each in figures["networks"])
    amounts = (
        Amount("training images", PAPER_IMAGES, most),
        Amount("classes", PAPER_CLASSES, figures["classes"]),
    )
    evidence = Evidence("family", len(families), amounts)
    return Judgement(
        tuple(_finding(list(families.values()), encoding, evidence) for encoding in ENCODINGS),
        amounts,
        notes=_notes(figures),
    )


def _trends(families: Sequence[Sequence[Mapping[str, Any]]], encoding: str) -> dict[str, BlockedTrend]:
    return {
        bound: blocked_trend(
            [
                [
                    np.inf if (value := each["median_queries"][encoding][bound]) is None else value
                    for each in sorted(family, key=lambda network: float(network["share"]))
                ]
                for family in families
            ]
        )
        for bound in (OWN_MEDIAN, *map(str, THRESHOLDS))
    }


def _finding(families: Sequence[Sequence[Mapping[str, Any]]], encoding: str, evidence: Evidence) -> Finding:
    trends = _trends(families, encoding)
    main = trends[OWN_MEDIAN]
    others = "; ".join(
        f"to {format_confidence(float(bound))}: {trends[bound]}" for bound in map(str, THRESHOLDS)
    )
    rising = [each.rho > 0 and each.p < SIGNIFICANT for each in trends.values()]
    return decide(
        find_claim(CLAIMS, encoding),
        f"queries to the network's own reference: mean rank correlation with the share {main.rho:.2f}, "
        f"{format_p(main.p)}",
        grade(rising[0], any(rising)),
        f"{main}; {others}. The reference is the network's median confidence in test digits that it "
        "classifies rightly: at equal iterations a network that saw few images saw each many times, its "
        "logits are larger, and it is at 99 % sooner for that reason alone. It holds where the queries to "
        f"its own reference rise with the share (p < {SIGNIFICANT:g}), in part where those to a fixed "
        "confidence do",
        evidence,
    )


def _notes(figures: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        "All networks are LeNets, trained for the same number of iterations, not of epochs: so they "
        "differ in how many different images they saw and in nothing else. With equal epochs the network "
        "of 5 % would take a twentieth of the steps, and one could not tell few images from little "
        f"training. There are {figures['iterations']} iterations, fewer than the recipe's 10,000. Of one "
        "seed, the smaller sets lie within the larger ones, and the first weights are the same; every "
        "class has its share.",
        f"A run is {figures['generations']} generations of {BATCH}; {RUNS} runs against each network and "
        "encoding. What is compared is one number for each network, the median over classes and runs; a "
        "class that did not get there counts as larger than any number. Raw confidences of two networks "
        "need not mean the same, so the third bound is each network's own: its median confidence in the "
        "test digits that it classifies correctly.",
    )
