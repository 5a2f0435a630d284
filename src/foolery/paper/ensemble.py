"""Ensemble: several networks fooled at once, by the mean of their probabilities (paper, supplement)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence
from foolery.classifiers.wrappers.ensemble import ensemble
from foolery.data.class_matching import match_classes
from foolery.data.fitting import FIT, fit_all
from foolery.engine.run import RunResult, make_run_result
from foolery.paper.cost import Cost, CostItem
from foolery.paper.experiment import (
    PHOTOS,
    ClassifierRequirement,
    Context,
    Judgement,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    ResultTable,
    scale_count,
)
from foolery.paper.measures import (
    champions_picture,
    class_medians,
    convergence_table,
    count_fooled,
    crops_of,
    run_summary,
    search_seconds,
)
from foolery.paper.runs import evolve_runs
from foolery.paper.verdicts import (
    Amount,
    Band,
    Claim,
    Evidence,
    decide,
    find_claim,
    grade,
    grade_within,
)
from foolery.text import format_confidence

if TYPE_CHECKING:
    from foolery.canvas import Canvases

GENERATIONS, BATCH, CHUNK = 4_000, 400, 200
SHARE, LEAST = 0.231, 0.9
NEAR, NOT_FAR = Band(0.552, 0.752), Band(0.402, 0.902)
"""Within ten points of the paper's 65.2 %, and within 25."""
ROLES = ("photos", "photos-b", "photos-c")

CLAIMS = (
    Claim("classes", "classes that reach 90 %", "supplement", "231 of 1000"),
    Claim("median", "median confidence", "supplement", "65.2 %"),
    Claim("most", "the highest confidence", "supplement", "100 %"),
)


def run(context: Context) -> ReproductionOutcome:
    """4000 generations times scale, against the mean of two networks, or three."""
    members = [context.classifiers[role] for role in ROLES if role in context.classifiers]
    combined = ensemble(*members)
    own_context = replace(context, classifiers={**context.classifiers, "ensemble": combined})
    runs = evolve_runs(
        own_context, "ensemble", "cppn", generations=scale_count(GENERATIONS, context.scale), batch=BATCH
    )
    values = class_medians(runs)
    confidences = {
        "/".join(member.description.name.split("/")[-2:]) + f" ({role})": _member_confidences(
            make_run_result(runs[0]), member
        )
        for role, member in zip(ROLES, members, strict=False)
    }
    return ReproductionOutcome(
        {
            "members": len(members),
            "classes": len(values),
            "median_of_class_medians": float(np.median(values)),
            "highest": float(values.max()),
            "crops": min(map(crops_of, members)),
            "canvas": list(combined.canvas.axes),
            "runs": [run_summary(each) for each in runs],
            "reached": count_fooled(values),
            "by_member": {name: _summary(each) for name, each in confidences.items()},
        },
        tables=(convergence_table(runs), _members_table(confidences)),
        picture=champions_picture(runs[0]),
        caption=f"Champions of seed {runs[0].settings.seed} among its most certain quarter, spread over the "
        "class list.",
        seconds=search_seconds(runs),
    )


def judge(figures: Mapping[str, Any]) -> Judgement:
    """The unit is the run."""
    runs, classes = figures["runs"], figures["classes"]
    amounts = (
        Amount("networks", 3, figures["members"]),
        Amount("generations", GENERATIONS, runs[0]["generations"]),
        Amount("classes", 1000, classes),
        Amount("crops of an image", 10, figures["crops"]),
    )
    evidence = Evidence("run", len(runs), amounts)
    reached, median, highest = (
        figures["reached"][str(LEAST)],
        figures["median_of_class_medians"],
        figures["highest"],
    )
    findings = (
        decide(
            find_claim(CLAIMS, "classes"),
            f"{reached} of {classes}",
            grade(reached >= SHARE * classes, reached >= SHARE / 2 * classes),
            "it holds for at least the paper's share of the classes, in part for half of that",
            evidence,
        ),
        decide(
            find_claim(CLAIMS, "median"),
            format_confidence(median),
            grade_within(median, NEAR, NOT_FAR),
            "it holds within ten points of the paper's median, in part within 25",
            evidence,
        ),
        decide(
            find_claim(CLAIMS, "most"),
            format_confidence(highest),
            grade(highest >= 0.995, highest >= 0.9),
            "100 % is taken as rounded: 99.5 % or more; in part 90 %",
            evidence,
        ),
    )
    height, width = figures["canvas"][1:]
    return Judgement(
        findings,
        amounts,
        notes=(
            "The score is the mean of the members' probabilities. The canvas is large enough for every "
            f"one ({height} x {width}) and fitted to each: {FIT}. The paper's networks were CaffeNet, "
            "AlexNet and GoogLeNet. The same search on the command line: foolery evolve -c "
            "ensemble:REF+REF.",
        ),
    )


def _member_confidences(run: RunResult, member: Classifier) -> NDArray[np.float64]:
    """``(classes,) float64``: a member's own confidence in every champion's class."""
    description = member.description
    positions = match_classes(run.settings.classes, description.classes, description.name).index
    champions = list(run.champions.values())
    confidences = []
    for start in range(0, len(champions), CHUNK):
        part = champions[start : start + CHUNK]
        canvases: Canvases = np.stack([champion.canvas for champion in part])
        scores = confidence(member.scores(fit_all(canvases, description.canvas)), description.kind)
        confidences.append(scores[np.arange(len(part)), positions[[champion.index for champion in part]]])
    return np.concatenate(confidences)


def _summary(values: NDArray[np.float64]) -> dict[str, Any]:
    return {"median": float(np.median(values)), "reached": count_fooled(values)}


def _members_table(confidences: dict[str, NDArray[np.float64]]) -> ResultTable:
    levels: Sequence[str] = list(count_fooled(np.zeros(1)))
    rows = tuple(
        (
            name,
            format_confidence(float(np.median(each))),
            *(str(count) for count in count_fooled(each).values()),
        )
        for name, each in confidences.items()
    )
    heads = ("member", "median", *(f"classes at {format_confidence(float(level))}" for level in levels))
    return ResultTable("What each member says of the champions of the first run", heads, rows)


def _cost(scale: float, seeds: int) -> Cost:
    queries = seeds * (scale_count(GENERATIONS, scale) + 1) * BATCH
    return Cost((CostItem("photos", queries), CostItem("photos-b", queries)))


REPRODUCTION = Reproduction(
    name="ensemble",
    title="An ensemble of networks",
    place="supplement",
    scale_multiplies="the generations (4000)",
    seeds=5,
    requirements=Requirements(
        (
            PHOTOS,
            ClassifierRequirement("photos-b", None, "a second one of the same classes, by name"),
            ClassifierRequirement("photos-c", None, "a third one of the same classes", required=False),
        )
    ),
    claims=CLAIMS,
    cost=_cost,
    run=run,
    judge=judge,
)
