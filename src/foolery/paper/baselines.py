"""Baselines: MAP-Elites over classes beside other searches, at equal evaluations.

The follow-up paper (Nguyen, Yosinski, Clune: "Innovation Engines", GECCO 2015) compares with one search for
each class and with novelty search; pyribs' tutorial is how a quality-diversity library does the same job.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.analysis.statistics import NEEDS_SCIPY
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
    Verdict,
    claim_of,
)
from foolery.paper.figures import Line, lines
from foolery.paper.search_baselines import (
    ABLATION,
    ABLATION_RUNS,
    ENCODINGS,
    OTHERS,
    OURS,
    TUTORIAL,
    TUTORIAL_MEAN,
    TUTORIAL_RUNS,
    Measured,
    equal_at,
    measure,
    medians,
    other_at,
    to_mean,
)
from foolery.text import format_confidence, nines

if TYPE_CHECKING:
    from PIL.Image import Image


CAPTION = (
    "Median champion confidence over evaluations, the middle of all runs. The vertical axis counts nines: "
    "1 is 90 %, 4 is 99.99 %."
)
NOTES = (
    "One search for each class: populations of 100, the best 60 stay, 40 children a generation, parents by "
    "rank (coefficient 1.1). Its searches share the evaluations, so each of ten classes gets a tenth of "
    "them. Novelty: population 400, distance between vectors of probabilities, eight nearest, archive "
    "threshold from 0.6; its champions are the best that it happened to meet. The follow-up paper gave one "
    "class of ImageNet's thousand 200 000 evaluations, a tenth of what MAP-Elites spent on all of them; "
    "here the evaluations are equal.",
    "pyribs' settings: batch 30, noise of sigma 0.5 on every pixel, starting from gray, a child goes to "
    "the cell of the class that the network believes most. An empty cell counts as 0. The published 0.939 "
    "is that of its own LeNet-5.",
)
_RULES = {"argmax-cell": "the cell of its argmax", "map-elites": "every class"}
_VARIATIONS = {"gaussian": "noise on every pixel", "direct": "polynomial, one pixel in ten"}


def figures(found: Measured) -> dict[str, Any]:
    """All of it in JSON values, without the curves."""
    return {
        "equal_evaluations": {
            f"{search}, {encoding}": _short(tracks) for (encoding, search), tracks in found.equal.items()
        },
        "tests": {
            f"map-elites over {other}, {encoding}": {"u": test.u, "p": test.p, "share": test.share}
            for (encoding, other), test in found.tests.items()
        },
        "tutorial": _short(found.tutorial),
        "rule_and_variation": {
            f"{search}, {encoding}": _short(tracks) for (encoding, search), tracks in found.ablation.items()
        },
    }


def tables(found: Measured) -> tuple[Table, ...]:
    """Equal evaluations; which part matters; the tutorial."""
    return _equal(found), _ablation(found), _tutorial_table(found)


def picture(found: Measured) -> Image:
    """The curves of equal evaluations."""
    drawn = []
    for (encoding, search), tracks in found.equal.items():
        xs = [float(point[0]) for point in tracks[0]["curve"]]
        ys = np.median([[nines(point[1]) for point in each["curve"]] for each in tracks], axis=0)
        drawn.append(Line(f"{search}, {encoding}", tuple(xs), tuple(ys.tolist())))
    return lines(drawn, across="evaluations", up="nines")


def grouped(number: float) -> str:
    """``40 200``."""
    return f"{number:,.0f}".replace(",", " ")


def _short(tracks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in each.items() if name != "curve"} for each in tracks]


def _equal(found: Measured) -> Table:
    rows = []
    for (encoding, search), tracks in found.equal.items():
        test, goal = found.tests.get((encoding, search)), to_mean(tracks)
        rows.append(
            (
                encoding,
                search,
                grouped(tracks[0]["evaluations"]),
                format_confidence(float(np.median(medians(tracks)))),
                format_confidence(float(np.median([each["least"] for each in tracks]))),
                f"{grouped(float(np.median(goal)))} ({len(goal)} of {len(tracks)} runs)" if goal else "never",
                "–" if test is None else str(test),
            )
        )
    heads = (
        "encoding",
        "search",
        "evaluations",
        "median",
        "lowest class",
        "to mean 0.939",
        "MAP-Elites against it",
    )
    runs = len(next(iter(found.equal.values())))
    return Table(f"Equal evaluations, {runs} runs of each", heads, tuple(rows))


def _ablation(found: Measured) -> Table:
    rows = tuple(
        (
            _RULES[search],
            _VARIATIONS[encoding],
            grouped(tracks[0]["evaluations"]),
            f"{float(np.median([each['mean'] for each in tracks])):.4f}",
            f"{min(each['filled'] for each in tracks)} to {max(each['filled'] for each in tracks)}",
        )
        for (encoding, search), tracks in found.ablation.items()
    )
    runs = len(next(iter(found.ablation.values())))
    heads = ("a child competes in", "variation", "evaluations", "mean confidence", "cells filled")
    return Table(f"Which part matters, batch 30, median of {runs} runs", heads, rows)


def _tutorial_table(found: Measured) -> Table:
    rows = tuple(
        (
            str(seed),
            grouped(each["evaluations"]),
            f"{each['mean']:.4f}",
            f"{each['least']:.4f}",
            str(each["filled"]),
        )
        for seed, each in enumerate(found.tutorial)
    )
    return Table("pyribs' tutorial", ("seed", "evaluations", "mean", "lowest", "cells filled"), rows)


RUNS = 20
SIGNIFICANT, CLOSE = 1e-4, 0.85

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
        "pyribs' tutorial (argmax cell, noise on every pixel): mean confidence after 900 000 evaluations",
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


def run(context: Context) -> Outcome:
    """All searches for all seeds; each finished one is kept, and not repeated."""
    found = measure(context)
    findings = (
        *(_advantage(context, other, found) for other in OTHERS),
        _tutorial(context, found),
        _fewer(context, found),
    )
    return Outcome(
        findings,
        figures(found),
        tables=tables(found),
        picture=picture(found),
        caption=CAPTION,
        notes=NOTES,
        seconds=found.seconds,
    )


def _advantage(context: Context, other: str, found: Measured) -> Finding:
    said, wins = [], 0
    for encoding in ENCODINGS:
        test = found.tests[encoding, other]
        ours, theirs = (float(np.median(medians(found.equal[encoding, each]))) for each in (OURS, other))
        wins += test.share > 0.5 and test.p < SIGNIFICANT
        said.append(f"{encoding}: {format_confidence(ours)} against {format_confidence(theirs)}, {test}")
    return context.judged(
        claim_of(CLAIMS, other),
        "; ".join(said),
        "holds" if wins == len(ENCODINGS) else "holds in part" if wins else "does not hold",
        "over the median confidences of the runs, at equal evaluations; it holds where MAP-Elites is "
        "higher with p < 0.0001 for both encodings, in part for one",
    )


def _tutorial(context: Context, found: Measured) -> Finding:
    means = [float(each["mean"]) for each in found.tutorial]
    classes = len(context.classifiers["digits"].description.classes)
    empty = sum(classes - int(each["filled"]) for each in found.tutorial)
    verdict: Verdict = "does not hold"
    if max(means) >= CLOSE:
        verdict = "holds" if min(means) >= TUTORIAL_MEAN else "holds in part"
    return context.judged(
        claim_of(CLAIMS, "tutorial"),
        ", ".join(f"{mean:.3f}" for mean in means),
        verdict,
        f"seeds 0 to {len(means) - 1}; {empty} cells stayed empty in all. It holds at 0.939 in every run, "
        f"in part at {CLOSE} in any: the network is another one",
    )


def _fewer(context: Context, found: Measured) -> Finding:
    ours = found.equal["direct", OURS]
    here, theirs = to_mean(ours), to_mean(found.tutorial)
    measured = "never"
    if here:
        measured = f"{grouped(float(np.median(here)))} (median of {len(here)} of {len(ours)} runs)"
    them = f"not within {grouped(found.tutorial[0]['evaluations'])}"
    if theirs:
        them = f"after {grouped(min(theirs))} at the earliest"
    always = len(here) == len(ours) and (not theirs or max(here) < min(theirs))
    return context.judged(
        claim_of(CLAIMS, "fewer"),
        measured,
        "holds" if always else "does not hold",
        f"the tutorial's search gets there {them}; it holds where every run of MAP-Elites needs fewer "
        f"evaluations",
    )


def _budget(scale: float, seeds: int) -> Budget:
    queries = seeds * len(ENCODINGS) * (1 + len(OTHERS)) * equal_at(scale)
    queries += min(TUTORIAL_RUNS, seeds) * other_at(TUTORIAL, scale)
    queries += 4 * min(ABLATION_RUNS, seeds) * other_at(ABLATION, scale)
    return Budget((Part("digits", queries, 1.5),))


REPRODUCTION = Reproduction(
    name="baselines",
    title="MAP-Elites over classes beside other searches",
    place="the follow-up paper (GECCO 2015)",
    scales="the evaluations (40 200; of pyribs' tutorial 900 000)",
    seeds=RUNS,
    needs=Needs(
        classifiers=(ClassifierSlot("digits", "lenet", "a classifier of some ten classes"),),
        packages=NEEDS_SCIPY,
    ),
    claims=CLAIMS,
    budget=_budget,
    run=run,
)
