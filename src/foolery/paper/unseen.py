"""Do retrained networks know fooling images that they have not seen, of other seeds and coordinates (3.8)?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from time import perf_counter
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
    ResultTable,
    scale_count,
)
from foolery.paper.transfer_claims import format_rate
from foolery.paper.unseen_images import KINDS, Family, find_families
from foolery.paper.verdicts import Amount, Claim, Evidence, Finding, decide, find_claim, grade

RACES = 10
RANDOM_IMAGES, RUNS, GENERATIONS, BATCH = 500, 5, 100, 200
HALF, QUARTER = 0.5, 0.25
PAPER_CLASSES, PAPER_IMAGES = 1000, 70

CLAIMS = (
    Claim("unseen", "DNN 2 calls unseen CPPN images fooling images", "3.8", "64 % (45 of 70 of Picbreeder)"),
    Claim("centered", "the same with centered coordinates, as Picbreeder draws", "asked here", "–"),
)


def run(context: Context) -> ReproductionOutcome:
    """Every family of networks that races left in this folder; scale multiplies images and generations."""
    start = perf_counter()
    families = find_families(context)
    measured = [_measure(context, family) for family in families]
    return ReproductionOutcome(
        {
            "families": measured,
            "random_images": scale_count(RANDOM_IMAGES, context.scale, 10),
            "runs": scale_count(RUNS, context.scale, 1),
            "generations": scale_count(GENERATIONS, context.scale, 2),
        },
        seconds=perf_counter() - start,
    )


def _measure(context: Context, family: Family) -> dict[str, Any]:
    return family.measured(
        context,
        random_images=scale_count(RANDOM_IMAGES, context.scale, 10),
        runs=scale_count(RUNS, context.scale, 1),
        generations=scale_count(GENERATIONS, context.scale, 2),
        batch=BATCH,
    )


def judge(figures: Mapping[str, Any]) -> Judgement:
    """The unit is the family: a first network and the one that was retrained after it."""
    families = figures["families"]
    rates = {kind: [_second(each)["rates"][kind] for each in families] for kind in KINDS}
    images = min(_second(each)["images"]["evolved, raw"] for each in families)
    amounts = (
        Amount("classes", PAPER_CLASSES, min(each["classes"] for each in families)),
        Amount("unseen images", PAPER_IMAGES, images),
    )
    evidence = Evidence("family", len(families), amounts)
    own = Evidence("family", len(families))
    return Judgement(
        (
            _finding("unseen", rates["evolved, raw"], rates["real"], evidence),
            _finding("centered", rates["evolved, centered"], rates["real"], own),
        ),
        amounts,
        tables=(_table(families),),
        notes=(
            "Unseen images are champions against the first network of another family (other digits, start "
            "and seeds) and random CPPNs of another seed, with raw coordinates as in training and with "
            "centered ones, which DNN 2 never saw. An image is recognized where the extra class is the "
            "first answer. The paper's 70 images were bred by people on Picbreeder and are not at hand; "
            "centered coordinates are what Picbreeder uses. The networks are those of `races` or `classes` "
            "in the same folder; DNN 2 is the second network of the arm `fooling`, and the others stand "
            "beside it.",
        ),
    )


def _second(family: Mapping[str, Any]) -> Mapping[str, Any]:
    """DNN 2 of the arm with equal iterations, or of the only one."""
    second: Mapping[str, Any] = next(
        each for each in family["networks"] if each["arm"] == "fooling" and each["number"] == 2
    )
    return second


def _finding(key: str, rates: Sequence[float], real: Sequence[float], evidence: Evidence) -> Finding:
    low, high = bootstrap_median(np.array(rates))
    above = sum(rate > wrong for rate, wrong in zip(rates, real, strict=True))
    return decide(
        find_claim(CLAIMS, key),
        f"{format_rate(median(rates))} (95 % {format_rate(low)} to {format_rate(high)}); of real images "
        f"{format_rate(median(real))}",
        grade(
            above == len(rates) and median(rates) >= HALF, above == len(rates) and median(rates) >= QUARTER
        ),
        f"median over families of the share recognized; above the share of real images in {above} of "
        f"{len(rates)}. It holds from a half on, in part from a quarter, where it is above in every family",
        evidence,
    )


def _table(families: Sequence[Mapping[str, Any]]) -> ResultTable:
    """A row for each kind of network: medians over families."""
    kinds = dict.fromkeys(
        (each["arm"], each["equal"], each["number"]) for family in families for each in family["networks"]
    )
    rows = []
    for arm, equal, number in kinds:
        networks = [
            each
            for family in families
            for each in family["networks"]
            if (each["arm"], each["equal"], each["number"]) == (arm, equal, number)
        ]
        shares = (format_rate(median(each["rates"][kind] for each in networks)) for kind in KINDS)
        rows.append((f"DNN {number}", arm, equal, str(len(networks)), *shares))
    return ResultTable(
        "Called a fooling image (medians over families)",
        ("network", "extra class", "equal", "families", *KINDS),
        tuple(rows),
    )


def _cost(scale: float, seeds: int) -> Cost:
    searches = scale_count(RUNS, scale, 1) * (scale_count(GENERATIONS, scale, 2) + 1) * BATCH
    return Cost((CostItem("digits", seeds * (searches + 10 * 12_000)),))


REPRODUCTION = Reproduction(
    name="unseen",
    title="Unseen CPPN images and retrained networks",
    place="3.8",
    scale_multiplies="images, and the runs and generations of those that are evolved",
    seeds=RACES,
    requirements=Requirements(
        data=(DataRequirement("test", "mnist", "real images of the networks' classes"),),
        packages=(("torch", "torch"), ("onnxruntime", "onnx"), *NEEDS_SCIPY),
    ),
    claims=CLAIMS,
    cost=_cost,
    run=run,
    judge=judge,
)
