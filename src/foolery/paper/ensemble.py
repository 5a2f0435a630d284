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
from foolery.data.fit import FIT, fit_all
from foolery.engine.run import Exhibit, exhibit_of
from foolery.paper.experiment import (
    Budget,
    Claim,
    ClassifierSlot,
    Context,
    Needs,
    Outcome,
    Part,
    Reproduction,
    Table,
    claim_of,
    scaled,
)
from foolery.paper.runs import class_medians, curve, reached, run_figures, runs_of, seconds_of, showcase
from foolery.text import format_confidence

if TYPE_CHECKING:
    from foolery.canvas import Canvases

GENERATIONS, BATCH, SLICE = 4_000, 400, 200
SHARE, MEDIAN, LEAST = 0.231, 0.652, 0.9
ROLES = ("photos", "photos-b", "photos-c")

CLAIMS = (
    Claim("classes", "classes that reach 90 %", "supplement", "231 of 1000"),
    Claim("median", "median confidence", "supplement", "65.2 %"),
    Claim("most", "the highest confidence", "supplement", "100 %"),
)


def run(context: Context) -> Outcome:
    """4000 generations times scale, against the mean of two networks, or three."""
    members = [context.classifiers[role] for role in ROLES if role in context.classifiers]
    whole = ensemble(*members)
    inside = replace(context, classifiers={**context.classifiers, "ensemble": whole})
    runs = runs_of(inside, "ensemble", "cppn", generations=scaled(GENERATIONS, context.scale), batch=BATCH)
    values = class_medians(runs)
    answers = {
        "/".join(member.description.name.split("/")[-2:]) + f" ({role})": _asked(exhibit_of(runs[0]), member)
        for role, member in zip(ROLES, members, strict=False)
    }
    many, median, most = float((values >= LEAST).mean()), float(np.median(values)), float(values.max())
    findings = (
        context.judged(
            claim_of(CLAIMS, "classes"),
            f"{int((values >= LEAST).sum())} of {len(values)}",
            "holds" if many >= SHARE else "holds in part" if many > 0 else "does not hold",
            "it holds for at least the paper's share of the classes, in part for any",
        ),
        context.judged(
            claim_of(CLAIMS, "median"),
            format_confidence(median),
            "holds" if median >= MEDIAN else "holds in part" if median >= 0.5 * MEDIAN else "does not hold",
            "it holds at the paper's median, in part at half of it",
        ),
        context.judged(
            claim_of(CLAIMS, "most"),
            format_confidence(most),
            "holds" if most >= 0.995 else "holds in part" if most >= 0.9 else "does not hold",
            "100 % is taken as rounded: 99.5 % or more; in part 90 %",
        ),
    )
    return Outcome(
        findings,
        {
            "members": len(members),
            "canvas": list(whole.canvas.axes),
            "runs": [run_figures(each) for each in runs],
            "reached": reached(values),
            "by_member": {name: _short(each) for name, each in answers.items()},
        },
        tables=(curve(runs), _members_table(answers)),
        picture=showcase(runs[0]),
        caption=f"Champions of seed {runs[0].settings.seed} among its most certain quarter, spread over the "
        "class list.",
        notes=(
            f"The score is the mean of the members' probabilities. The canvas is large enough for every one "
            f"({whole.canvas.height} x {whole.canvas.width}) and fitted to each: {FIT}. The paper's networks "
            "were CaffeNet, AlexNet and GoogLeNet. The same search on the command line: "
            "foolery evolve -c ensemble:REF+REF.",
        ),
        seconds=seconds_of(runs),
    )


def _asked(exhibit: Exhibit, member: Classifier) -> NDArray[np.float64]:
    """``(classes,) float64``: a member's own confidence in every champion's class."""
    known = member.description
    places = match_classes(exhibit.settings.classes, known.classes, known.name).index
    champions = list(exhibit.champions.values())
    found = []
    for start in range(0, len(champions), SLICE):
        part = champions[start : start + SLICE]
        canvases: Canvases = np.stack([champion.canvas for champion in part])
        scores = confidence(member.scores(fit_all(canvases, known.canvas)), known.kind)
        found.append(scores[np.arange(len(part)), places[[champion.index for champion in part]]])
    return np.concatenate(found)


def _short(values: NDArray[np.float64]) -> dict[str, Any]:
    return {"median": float(np.median(values)), "reached": reached(values)}


def _members_table(answers: dict[str, NDArray[np.float64]]) -> Table:
    levels: Sequence[str] = list(reached(np.zeros(1)))
    rows = tuple(
        (name, format_confidence(float(np.median(each))), *(str(count) for count in reached(each).values()))
        for name, each in answers.items()
    )
    heads = ("member", "median", *(f"classes at {format_confidence(float(level))}" for level in levels))
    return Table("What each member says of the champions of the first run", heads, rows)


def _budget(scale: float, seeds: int) -> Budget:
    queries = seeds * (scaled(GENERATIONS, scale) + 1) * BATCH
    return Budget((Part("photos", queries), Part("photos-b", queries)))


REPRODUCTION = Reproduction(
    name="ensemble",
    title="An ensemble of networks",
    place="supplement",
    scales="the generations (4000)",
    seeds=1,
    needs=Needs(
        (
            ClassifierSlot("photos", None, "a classifier of many classes"),
            ClassifierSlot("photos-b", None, "a second one of the same classes, by name"),
            ClassifierSlot("photos-c", None, "a third one of the same classes", required=False),
        )
    ),
    claims=CLAIMS,
    budget=_budget,
    run=run,
)
