"""Confidence of a classifier on real photos (the paper's supplement)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

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
from foolery.paper.measures import network_name
from foolery.paper.other_champions import champions_tables, fooling_champions
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
OTHERS = ("photos-b", "photos-c", "photos-d", "photos-e")
"""Roles of further networks, asked about the same photos."""

CLAIMS = (
    Claim("all", "median confidence of all validation photos", "supplement", "60.3 %"),
    Claim("right", "of those that are classified correctly", "supplement", "86.7 %"),
    Claim("wrong", "of those that are not", "supplement", "33.7 %"),
    Claim("natural", "champions (CPPN) are as confident as natural images", "3.4", "88.11 to 60.3 %"),
)


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
    champions = fooling_champions(context)
    medians = {name: each for name, each in (("photos", photos), ("digits", digits)) if each is not None}
    networks = {} if photos is None else _by_network(context, photos)
    return ReproductionOutcome(
        {name: _figures(each) for name, each in medians.items()}
        | {"champions": champions}
        | {"networks": {name: _figures(each) for name, each in networks.items()}},
        tables=(
            _table("Median confidence on real images", "pictures", medians),
            *([_table("The same photos, by network", "network", networks)] if len(networks) > 1 else []),
            *champions_tables(champions),
        ),
    )


def judge(figures: Mapping[str, Any]) -> Judgement:
    """The unit is the image: photos are independent of each other; of champions it is the run."""
    photos = figures.get("photos")
    images = 0 if photos is None else photos["pictures"]
    networks = figures.get("networks") or ({} if photos is None else {"photos": photos})
    amounts = (Amount("photos", N_PHOTOS, images),)
    evidence = Evidence("image", images, amounts)
    champions = [
        each for each in figures["champions"] if each["role"] == "photos" and each["encoding"] == "cppn"
    ]
    return Judgement(
        (
            *(_finding(key, photos, networks, evidence) for key in ("all", "right", "wrong")),
            _natural(photos, champions, amounts),
        ),
        amounts,
        notes=_notes(photos),
    )


def _has_role(context: Context, role: str) -> bool:
    return role in context.classifiers and role in context.data


def _by_network(context: Context, first: RealConfidence) -> dict[str, RealConfidence]:
    """The same photos by every network that was given, by its name."""
    networks = {network_name(context.classifiers["photos"].description.name): first}
    for role in OTHERS:
        if role in context.classifiers:
            name = network_name(context.classifiers[role].description.name)
            networks[name] = _medians(context, role, N_PHOTOS, "photos")
    return networks


def _medians(context: Context, role: str, maximum: int, data: str = "") -> RealConfidence:
    images = sample(context.data[data or role], scale_count(maximum, context.scale))
    context.log(f"real-confidence: {format_count(len(images))} images for {role}")
    predictions = measure_accuracy(context.classifiers[role], images)
    return RealConfidence(
        len(predictions),
        1.0 - predictions.error,
        predictions.median_confidence(),
        predictions.median_confidence(predictions.correct),
        predictions.median_confidence(~predictions.correct),
    )


def _finding(
    key: str,
    photos: Mapping[str, Any] | None,
    networks: Mapping[str, Mapping[str, Any]],
    evidence: Evidence,
) -> Finding:
    claim = find_claim(CLAIMS, key)
    if photos is None:
        reason = "no classifier or no data for photos was given (--classifier photos=REF --data photos=DATA)"
        return untested(claim, reason)
    ordered = [each["median_right"] > each["median_all"] > each["median_wrong"] for each in networks.values()]
    values = {name: format_confidence(each[f"median_{key}"]) for name, each in networks.items()}
    return decide(
        claim,
        ", ".join(value if len(values) == 1 else f"{value} ({name})" for name, value in values.items()),
        grade(all(ordered), any(ordered)),
        "the number belongs to the paper's network; it holds where correct predictions are more confident "
        f"than all, and all than wrong ones, by every network ({sum(ordered)} of {len(ordered)}), in part "
        "by some",
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


def _table(title: str, head: str, medians: Mapping[str, RealConfidence]) -> ResultTable:
    rows = tuple(
        (
            name,
            str(each.images),
            f"{each.right_share:.1%}",
            *(format_confidence(value) for value in (each.all, each.right, each.wrong)),
        )
        for name, each in medians.items()
    )
    return ResultTable(title, (head, "how many", "top-1", "all", "right", "wrong"), rows)


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
            *(
                ClassifierRequirement(role, None, "another one, of the same photos", required=False)
                for role in OTHERS
            ),
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
