"""Ensemble: several networks fooled at once, by the mean of their probabilities (paper, supplement)."""

from __future__ import annotations

from collections.abc import Sequence
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
    Claim,
    ClassifierRequirement,
    Context,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    ResultTable,
    find_claim,
    grade,
    scale_count,
)
from foolery.paper.measures import (
    champions_picture,
    class_medians,
    convergence_table,
    count_fooled,
    run_summary,
    search_seconds,
)
from foolery.paper.runs import evolve_runs
from foolery.text import format_confidence

if TYPE_CHECKING:
    from foolery.canvas import Canvases

GENERATIONS, BATCH, CHUNK = 4_000, 400, 200
SHARE, MEDIAN, LEAST = 0.231, 0.652, 0.9
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
    share, median, highest = float((values >= LEAST).mean()), float(np.median(values)), float(values.max())
    findings = (
        context.judge(
            find_claim(CLAIMS, "classes"),
            f"{int((values >= LEAST).sum())} of {len(values)}",
            grade(share >= SHARE, share > 0),
            "it holds for at least the paper's share of the classes, in part for any",
        ),
        context.judge(
            find_claim(CLAIMS, "median"),
            format_confidence(median),
            grade(median >= MEDIAN, median >= 0.5 * MEDIAN),
            "it holds at the paper's median, in part at half of it",
        ),
        context.judge(
            find_claim(CLAIMS, "most"),
            format_confidence(highest),
            grade(highest >= 0.995, highest >= 0.9),
            "100 % is taken as rounded: 99.5 % or more; in part 90 %",
        ),
    )
    return ReproductionOutcome(
        findings,
        {
            "members": len(members),
            "canvas": list(combined.canvas.axes),
            "runs": [run_summary(each) for each in runs],
            "reached": count_fooled(values),
            "by_member": {name: _summary(each) for name, each in confidences.items()},
        },
        tables=(convergence_table(runs), _members_table(confidences)),
        picture=champions_picture(runs[0]),
        caption=f"Champions of seed {runs[0].settings.seed} among its most certain quarter, spread over the "
        "class list.",
        notes=(
            f"The score is the mean of the members' probabilities. The canvas is large enough for every one "
            f"({combined.canvas.height} x {combined.canvas.width}) and fitted to each: {FIT}. The paper's "
            f"networks "
            "were CaffeNet, AlexNet and GoogLeNet. The same search on the command line: "
            "foolery evolve -c ensemble:REF+REF.",
        ),
        seconds=search_seconds(runs),
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
    seeds=1,
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
)
