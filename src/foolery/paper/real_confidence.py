"""Confidence of a classifier on real photos (the paper's supplement)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np

from foolery.classifiers.accuracy import measure_accuracy
from foolery.data.labelled import sample
from foolery.paper.cost import Cost, CostItem
from foolery.paper.experiment import (
    DIGITS,
    ClassifierRequirement,
    Context,
    DataRequirement,
    Judgement,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    ResultTable,
    scale_count,
)
from foolery.paper.measures import class_medians
from foolery.paper.runs import longest_runs
from foolery.paper.verdicts import (
    Amount,
    Claim,
    Evidence,
    Finding,
    decide,
    find_claim,
    grade,
    untested,
)
from foolery.text import format_confidence, format_count

N_PHOTOS, N_DIGITS = 50_000, 10_000

CLAIMS = (
    Claim("all", "median confidence of all validation photos", "supplement", "60.3 %"),
    Claim("right", "of those that are classified correctly", "supplement", "86.7 %"),
    Claim("wrong", "of those that are not", "supplement", "33.7 %"),
    Claim("natural", "champions (CPPN) are as confident as natural images", "3.4", "88.11 to 60.3 %"),
)


_DIGIT_RUNS = (("digits", "cppn", 200), ("digits", "direct", 200))
_DIGITS = "The paper has no figure for digits; they are here to be compared with the fooling images of LeNet."


@dataclass(frozen=True)
class RealConfidence:
    """Confidences of the predictions for labelled images; NaN where there are none."""

    images: int
    right_share: float
    all: float
    right: float
    wrong: float


def run(context: Context) -> ReproductionOutcome:
    """The first 50,000 photos, or as many as there are, and the test digits; both times scale."""
    photos = _medians(context, "photos", N_PHOTOS) if _has_role(context, "photos") else None
    digits = _medians(context, "digits", N_DIGITS)
    champions = _champions(context)
    medians = {name: each for name, each in (("photos", photos), ("digits", digits)) if each is not None}
    return ReproductionOutcome(
        {name: _figures(each) for name, each in medians.items()} | {"champions": champions},
        tables=(_table(medians), *_fooling_tables(champions)),
    )


def judge(figures: Mapping[str, Any]) -> Judgement:
    """The unit is the image: photos are independent of each other; of champions it is the run."""
    photos = figures.get("photos")
    images = 0 if photos is None else photos["pictures"]
    amounts = (Amount("photos", N_PHOTOS, images),)
    evidence = Evidence("image", images, amounts)
    champions = [
        each for each in figures["champions"] if each["role"] == "photos" and each["encoding"] == "cppn"
    ]
    return Judgement(
        (
            *(_finding(key, photos, evidence) for key in ("all", "right", "wrong")),
            _natural(photos, champions, amounts),
        ),
        amounts,
        notes=_notes(photos),
    )


def _has_role(context: Context, role: str) -> bool:
    return role in context.classifiers and role in context.data


def _medians(context: Context, role: str, maximum: int) -> RealConfidence:
    images = sample(context.data[role], scale_count(maximum, context.scale))
    context.log(f"real-confidence: {format_count(len(images))} images for {role}")
    predictions = measure_accuracy(context.classifiers[role], images)
    return RealConfidence(
        len(predictions),
        1.0 - predictions.error,
        predictions.median_confidence(),
        predictions.median_confidence(predictions.correct),
        predictions.median_confidence(~predictions.correct),
    )


def _finding(key: str, photos: Mapping[str, Any] | None, evidence: Evidence) -> Finding:
    claim = find_claim(CLAIMS, key)
    if photos is None:
        reason = "no classifier or no data for photos was given (--classifier photos=REF --data photos=DATA)"
        return untested(claim, reason)
    ordered = photos["median_right"] > photos["median_all"] > photos["median_wrong"]
    return decide(
        claim,
        format_confidence(photos[f"median_{key}"]),
        grade(ordered),
        "the number belongs to the paper's network; it holds where correct predictions are more confident "
        "than all, and all than wrong ones",
        evidence,
    )


def _natural(
    photos: Mapping[str, Any] | None, champions: Sequence[Mapping[str, Any]], amounts: tuple[Amount, ...]
) -> Finding:
    claim = find_claim(CLAIMS, "natural")
    if photos is None or not champions:
        return untested(
            claim, "there are no photos, or no runs of fig7 against their classifier in this folder"
        )
    runs, median = champions[0]["runs"], champions[0]["median"]
    low, high = sorted((photos["median_all"], photos["median_right"]))
    return decide(
        claim,
        f"champions {format_confidence(median)}; photos {format_confidence(photos['median_all'])}, "
        f"classified correctly {format_confidence(photos['median_right'])}",
        grade(low <= median <= high, low - 0.1 <= median <= high + 0.1),
        "it holds where the champions' median lies between that of all photos and that of those that are "
        "classified correctly (the paper's: 88.11 % beside 60.3 and 86.7 %), in part within ten points of "
        "that",
        Evidence("run", runs, (*amounts, Amount("runs", 5, runs))),
    )


def _figures(each: RealConfidence) -> dict[str, Any]:
    values = {"pictures": each.images, "top1": each.right_share}
    medians = {"median_all": each.all, "median_right": each.right, "median_wrong": each.wrong}
    return values | {name: None if isnan(value) else value for name, value in medians.items()}


def _table(medians: dict[str, RealConfidence]) -> ResultTable:
    rows = tuple(
        (
            name,
            str(each.images),
            f"{each.right_share:.1%}",
            *(format_confidence(value) for value in (each.all, each.right, each.wrong)),
        )
        for name, each in medians.items()
    )
    return ResultTable(
        "Median confidence on real images", ("pictures", "how many", "top-1", "all", "right", "wrong"), rows
    )


def _champions(context: Context) -> list[dict[str, Any]]:
    """The champions of other reproductions in this folder, of the same classifiers."""
    champions = []
    for role, encoding, batch in (("photos", "cppn", 400), ("photos", "direct", 200), *_DIGIT_RUNS):
        runs = longest_runs(context, role, encoding, batch=batch) if role in context.classifiers else []
        if runs:
            champions.append(
                {
                    "role": role,
                    "encoding": encoding,
                    "runs": len(runs),
                    "queries": int(runs[0].history.queries[-1]),
                    "median": float(np.median(class_medians(runs))),
                }
            )
    return champions


def _fooling_tables(champions: Sequence[Mapping[str, Any]]) -> tuple[ResultTable, ...]:
    rows = tuple(
        (
            each["role"],
            each["encoding"],
            str(each["runs"]),
            format_count(each["queries"]),
            format_confidence(each["median"]),
        )
        for each in champions
    )
    heads = ("classifier", "encoding", "runs", "queries of each", "median of the champions")
    return (ResultTable("Fooling images of the same networks", heads, rows),) if rows else ()


def _notes(photos: Mapping[str, Any] | None) -> tuple[str, ...]:
    if photos is None or photos["pictures"] >= N_PHOTOS:
        return (_DIGITS,)
    return (
        _DIGITS,
        "The photos are a small labelled set and may be ones that the network was trained on: then its "
        "confidence is higher here than on a validation set.",
    )


def _cost(scale: float, seeds: int) -> Cost:
    return Cost(
        (CostItem("photos", scale_count(N_PHOTOS, scale)), CostItem("digits", scale_count(N_DIGITS, scale)))
    )


REPRODUCTION = Reproduction(
    name="real-confidence",
    title="Confidence on real images",
    place="supplement",
    scale_multiplies="the number of images (50,000 photos, 10,000 digits)",
    seeds=1,
    requirements=Requirements(
        classifiers=(
            DIGITS,
            ClassifierRequirement("photos", None, "a classifier of many classes", required=False),
        ),
        data=(
            DataRequirement("digits", "mnist", "labelled digits"),
            DataRequirement("photos", None, "labelled photos", required=False),
        ),
    ),
    claims=CLAIMS,
    cost=_cost,
    run=run,
    judge=judge,
)
