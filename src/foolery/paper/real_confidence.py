"""Confidence of a classifier on real photos (the paper's supplement)."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np

from foolery.classifiers.accuracy import measure_accuracy
from foolery.data.labelled import sample
from foolery.paper.cost import Cost, CostItem
from foolery.paper.experiment import (
    DIGITS,
    NOT_TESTED,
    Claim,
    ClassifierRequirement,
    Context,
    DataRequirement,
    Finding,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    ResultTable,
    find_claim,
    grade,
    scale_count,
    untested,
)
from foolery.paper.measures import class_medians
from foolery.paper.runs import longest_runs
from foolery.text import format_confidence, format_count

N_PHOTOS, N_DIGITS = 50_000, 10_000

CLAIMS = (
    Claim("all", "median confidence of all validation photos", "supplement", "60.3 %"),
    Claim("right", "of those that are classified correctly", "supplement", "86.7 %"),
    Claim("wrong", "of those that are not", "supplement", "33.7 %"),
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
    medians = {name: each for name, each in (("photos", photos), ("digits", digits)) if each is not None}
    return ReproductionOutcome(
        tuple(_finding(context, key, photos) for key in ("all", "right", "wrong")),
        {name: _figures(each) for name, each in medians.items()},
        tables=(_table(medians), *_fooling_tables(context)),
        notes=_notes(photos),
        full_scale=photos is not None and photos.images >= N_PHOTOS,
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


def _finding(context: Context, key: str, photos: RealConfidence | None) -> Finding:
    claim = find_claim(CLAIMS, key)
    if photos is None:
        reason = "no classifier or no data for photos was given (--classifier photos=REF --data photos=DATA)"
        return untested(claim, reason)
    measured = format_confidence(getattr(photos, key))
    ordered = photos.right > photos.all > photos.wrong
    if photos.images < N_PHOTOS:
        reason = (
            f"on {photos.images} photos, not on the 50,000 of ImageNet's validation set; correct "
            f"predictions are {'more' if ordered else 'not more'} confident than all, and all than wrong ones"
        )
        return Finding(claim, measured, NOT_TESTED, reason)
    return context.judge(
        claim,
        measured,
        grade(ordered),
        "the number belongs to the paper's network; it holds where correct predictions are more confident "
        "than all, and all than wrong ones",
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


def _fooling_tables(context: Context) -> tuple[ResultTable, ...]:
    """The champions of other reproductions in this folder, of the same classifiers."""
    rows = []
    for role, encoding, batch in (("photos", "cppn", 400), ("photos", "direct", 200), *_DIGIT_RUNS):
        if role not in context.classifiers:
            continue
        runs = longest_runs(context, role, encoding, batch=batch)
        if runs:
            values, queries = class_medians(runs), int(runs[0].history.queries[-1])
            median = format_confidence(float(np.median(values)))
            rows.append((role, encoding, str(len(runs)), format_count(queries), median))
    heads = ("classifier", "encoding", "runs", "queries of each", "median of the champions")
    return (ResultTable("Fooling images of the same networks", heads, tuple(rows)),) if rows else ()


def _notes(photos: RealConfidence | None) -> tuple[str, ...]:
    if photos is None or photos.images >= N_PHOTOS:
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
)
