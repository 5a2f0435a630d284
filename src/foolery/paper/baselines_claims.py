"""The claims about MAP-Elites beside other searches, judged from stored figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from foolery.analysis.effects import compare
from foolery.paper.experiment import (
    Judgement,
)
from foolery.paper.search_baselines import (
    ENCODINGS,
    MAP_ELITES,
    OTHER_SEARCHES,
    TUTORIAL_MEAN,
)
from foolery.paper.verdicts import (
    Amount,
    Claim,
    Evidence,
    Finding,
    decide,
    find_claim,
    grade,
)
from foolery.text import format_confidence, format_count

NOTES = (
    "One search for each class: populations of 100, the best 60 stay, 40 children a generation, parents by "
    "rank (coefficient 1.1). Its searches share the evaluations, so each of ten classes gets a tenth of "
    "them. Novelty: population 400, distance between vectors of probabilities, eight nearest, archive "
    "threshold from 0.6; its champions are the best that it happened to meet. The follow-up paper gave one "
    "class of ImageNet's thousand 200,000 evaluations, a tenth of what MAP-Elites spent on all of them; "
    "here the evaluations are equal.",
    "pyribs' settings: batch 30, noise of sigma 0.5 on every pixel, starting from gray, a child goes to "
    "the cell of the class that the network believes most. An empty cell counts as 0. The published 0.939 "
    "is that of its own LeNet-5.",
)

CLOSE = 0.1  # to the published mean
PAPER_CLASSES, PAPER_LEVEL = 1000, 1e-4
"""Of the follow-up paper."""

CLAIMS = (
    Claim(
        "single-class",
        "MAP-Elites over classes beats one search for each class",
        "follow-up paper",
        "p < 0.0001",
    ),
    Claim("novelty", "MAP-Elites over classes beats novelty search", "follow-up paper", "–"),
    Claim(
        "tutorial",
        "pyribs' tutorial (argmax cell, noise on every pixel): mean confidence after 900,000 evaluations",
        "pyribs, fooling_mnist",
        "0.939",
    ),
    Claim(
        "fewer",
        "evaluations to that mean by the paper's rule (every class, one pixel in ten)",
        "compared here",
        "–",
    ),
)


def judge(figures: Mapping[str, Any]) -> Judgement:
    """The unit is the run."""
    tracks, classes = figures["equal_evaluations"], figures["classes"]
    amounts = (Amount("classes", PAPER_CLASSES, classes),)
    return Judgement(
        (
            *(_advantage(other, tracks, amounts) for other in OTHER_SEARCHES),
            _tutorial(figures["tutorial"], classes),
            _fewer(tracks[f"{MAP_ELITES}, direct"], figures),
        ),
        amounts,
        notes=NOTES,
    )


def _advantage(other: str, tracks: Mapping[str, Any], amounts: tuple[Amount, ...]) -> Finding:
    parts, wins, units = [], [], []
    for encoding in ENCODINGS:
        theirs, ours = (
            [each["median"] for each in tracks[f"{search}, {encoding}"]] for search in (other, MAP_ELITES)
        )
        test = compare(theirs, ours)
        wins.append(test.second > test.first and test.test.p < PAPER_LEVEL)
        units += [len(ours), len(theirs)]
        parts.append(
            f"{encoding}: {format_confidence(test.second)} against {format_confidence(test.first)}, {test}"
        )
    return decide(
        find_claim(CLAIMS, other),
        "; ".join(parts),
        grade(all(wins), any(wins)),
        "over the median confidences of the runs, at equal evaluations; it holds where MAP-Elites is "
        f"higher with p < {PAPER_LEVEL:g} for both encodings, in part for one. With CPPNs the difference "
        "is in the fourth decimal; the lowest class, in the table, differs more",
        Evidence("run", min(units), amounts),
    )


def _tutorial(tracks: Sequence[Mapping[str, Any]], classes: int) -> Finding:
    means = [float(each["mean"]) for each in tracks]
    empty = sum(classes - int(each["filled"]) for each in tracks)
    near = [abs(mean - TUTORIAL_MEAN) <= CLOSE for mean in means]
    return decide(
        find_claim(CLAIMS, "tutorial"),
        ", ".join(f"{mean:.3f}" for mean in means),
        grade(all(near), any(near)),
        f"{empty} cells stayed empty in all. It holds within {CLOSE:g} of 0.939 in every run, in part in "
        "any; the network is another one",
        Evidence("run", len(means)),
    )


def _fewer(ours: Sequence[Mapping[str, Any]], figures: Mapping[str, Any]) -> Finding:
    tutorial, name = figures["tutorial"], f"evaluations_to_{TUTORIAL_MEAN}"
    reached = [each[name] for each in ours if each[name] is not None]
    theirs = [each[name] for each in tutorial if each[name] is not None]
    measured = "never"
    if reached:
        measured = f"{format_count(float(np.median(reached)))} (median of {len(reached)} of {len(ours)} runs)"
    tutorial_text = f"not within {format_count(tutorial[0]['evaluations'])}"
    if theirs:
        tutorial_text = f"after {format_count(min(theirs))} at the earliest"
    means = {
        key: float(np.median([each["mean"] for each in tracks]))
        for key, tracks in figures["rule_and_variation"].items()
    }
    parts = ", ".join(f"{mean:.4f} ({key})" for key, mean in means.items())
    return decide(
        find_claim(CLAIMS, "fewer"),
        measured,
        grade(len(reached) == len(ours) and (not theirs or max(reached) < min(theirs))),
        f"the tutorial's settings get there {tutorial_text}. This compares two settings, which differ in "
        "the rule and in the variation, and not two libraries. One at a time, mean after 30,000 "
        f"evaluations: {parts}. It holds where every run of MAP-Elites needs fewer evaluations",
        Evidence("run", min(len(ours), len(tutorial))),
    )
