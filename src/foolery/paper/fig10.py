"""Figure 10: repeated elements removed (paper 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.analysis.repetition import CONTROLS, Removal, Repetition, measure_repetition
from foolery.analysis.statistics import NEEDS_SCIPY, format_p
from foolery.engine.run import make_run_result
from foolery.paper.cost import Cost, evolution_cost
from foolery.paper.experiment import (
    PHOTOS,
    Context,
    Judgement,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    ResultTable,
    scale_count,
)
from foolery.paper.fig7 import BATCH, GENERATIONS
from foolery.paper.figures import ImageRow, ImageTile, image_grid
from foolery.paper.measures import crops_of, imagenet_amounts, search_seconds
from foolery.paper.runs import evolve_runs
from foolery.paper.verdicts import (
    SIGNIFICANT,
    Band,
    Claim,
    Evidence,
    Finding,
    decide,
    find_claim,
    grade,
    untested,
)
from foolery.text import format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

SHOWN, LEAST = 8, 5
SLIGHT, LARGER = Band(0.0, 0.25), Band(0.0, 0.5)
"""Loss of confidence that is taken to be slight, in part."""

CLAIMS = (
    Claim("lower", "removing repeated elements lowers the confidence of many images", "3.4, Fig. 10", "many"),
    Claim("slightly", "it lowers it slightly", "3.4, Fig. 10", "slightly"),
    Claim("control", "beyond what removing as much at random places does", "–", "–"),
)


def run(context: Context) -> ReproductionOutcome:
    """The runs of fig7: 5001 generations times scale."""
    runs = evolve_runs(
        context, "photos", "cppn", generations=scale_count(GENERATIONS, context.scale), batch=BATCH
    )
    results = measure_repetition([make_run_result(each) for each in runs], context.classifiers["photos"])
    enough = len(results.removals) >= LEAST
    figures = {
        "runs": len(runs),
        "generations": runs[0].generation,
        "classes": len(runs[0].settings.classes),
        "crops": crops_of(context.classifiers["photos"]),
    }
    return ReproductionOutcome(
        figures | _figures(results),
        tables=(_table(results),) if enough else (),
        picture=_picture(results) if results.removals else None,
        caption="Above: champions. Below: without repeated elements but one, with the confidence that is "
        "left, and in brackets that with as much removed at random places.",
        seconds=search_seconds(runs),
    )


def judge(figures: Mapping[str, Any]) -> Judgement:
    """The unit is the run: images of one run have ancestors in common, so they are no sample of their own."""
    amounts = imagenet_amounts(figures, figures["generations"], GENERATIONS, figures["runs"])
    evidence = Evidence("run", figures["runs"], amounts)
    images = figures["with_repeats"]
    findings = (
        (_lower(figures, evidence), _slightly(figures, evidence), _control(figures, evidence))
        if images >= LEAST
        else tuple(untested(claim, f"only {images} images have repeated elements") for claim in CLAIMS)
    )
    return Judgement(
        findings,
        amounts,
        notes=(
            "The authors removed elements by hand, from images that they chose. Here a rule finds them in "
            "all images: background is the most frequent color; elements are connected regions that differ "
            "from it; those of similar area and shape are repeats. Of the group with the largest area all "
            "but the largest element are filled with the background. "
            f"The control moves the removed region to {CONTROLS} random places.",
            f"Of {figures['champions']} images, {images} have repeated elements by this rule.",
        ),
    )


def _lower(figures: Mapping[str, Any], evidence: Evidence) -> Finding:
    lower = figures["share_lower"]
    return decide(
        find_claim(CLAIMS, "lower"),
        f"lower in {lower:.0%} of {figures['with_repeats']} images",
        grade(lower > 0.5, lower > 0.25),
        "it holds where more than half are lower, in part where more than a quarter are",
        evidence,
    )


def _slightly(figures: Mapping[str, Any], evidence: Evidence) -> Finding:
    loss, upper = figures["median_loss"], figures.get("upper_quartile_loss")
    measured = f"median loss {loss:.3f}"
    if upper is None:
        return decide(
            find_claim(CLAIMS, "slightly"),
            measured,
            grade(False, loss in SLIGHT),
            "the median alone says little: by the table below the lower quartile of the confidence falls "
            "much further than its median; the losses of single images were not recorded, so that the "
            "upper quartile of the loss, which this rule asks for, is not known",
            replace(evidence, missing="the upper quartile of the loss was not recorded"),
        )
    return decide(
        find_claim(CLAIMS, "slightly"),
        f"{measured}, upper quartile {upper:.3f}",
        grade(loss in SLIGHT and upper in SLIGHT, loss in SLIGHT and upper in LARGER),
        "slightly is taken to be a loss of 0 to 0.25 for the median image and for three of four; in part "
        "of up to 0.5 for three of four",
        evidence,
    )


def _control(figures: Mapping[str, Any], evidence: Evidence) -> Finding:
    more = figures["median_loss"] - figures["median_loss_in_control"]
    p = figures["p_against_control"]
    return decide(
        find_claim(CLAIMS, "control"),
        f"median loss {figures['median_loss']:.3f} against {figures['median_loss_in_control']:.3f}",
        grade(more > 0 and p < SIGNIFICANT),
        f"difference of medians {more:+.3f}, signed-rank test over images {format_p(p)}; the paper had no "
        f"control. It holds where the loss is larger than the control's with p < {SIGNIFICANT:g}",
        evidence,
    )


def _column(results: Repetition, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([getattr(each, name) for each in results.removals], np.float64)


def _figures(results: Repetition) -> dict[str, object]:
    figures: dict[str, object] = {"champions": results.champions, "with_repeats": len(results.removals)}
    if not results.removals:
        return figures
    for name in ("elements", "area", "before", "after", "control"):
        figures[f"median_{name}"] = float(np.median(_column(results, name)))
    return figures | {
        "share_lower": float((results.loss > 0).mean()),
        "median_loss": float(np.median(results.loss)),
        "upper_quartile_loss": float(np.quantile(results.loss, 0.75)),
        "median_loss_in_control": float(np.median(results.control_loss)),
        "p_against_control": results.p,
    }


def _table(results: Repetition) -> ResultTable:
    rows = [
        (each, *(f"{float(value):.3f}" for value in np.quantile(_column(results, each), (0.25, 0.5, 0.75))))
        for each in ("elements", "area", "before", "after", "control")
    ]
    return ResultTable("Quartiles over images", ("figure", "25 %", "50 %", "75 %"), tuple(rows))


def _picture(results: Repetition) -> Image:
    """The most certain ones with a good deal removed."""
    much = [each for each in results.removals if each.area >= 0.05] or list(results.removals)
    shown = sorted(much, key=lambda each: -each.before)[: 2 * SHOWN]
    rows = []
    for start in range(0, len(shown), SHOWN):
        part = shown[start : start + SHOWN]
        rows.append(
            ImageRow(
                "",
                tuple(ImageTile(each.canvas, (each.label, format_confidence(each.before))) for each in part),
            )
        )
        rows.append(ImageRow("", tuple(ImageTile(each.without, (_caption(each),)) for each in part)))
    return image_grid(rows)


def _caption(each: Removal) -> str:
    return f"{format_confidence(each.after)} ({format_confidence(each.control)})"


def _cost(scale: float, seeds: int) -> Cost:
    return evolution_cost("photos", seeds, scale_count(GENERATIONS, scale), BATCH)


REPRODUCTION = Reproduction(
    name="fig10",
    title="Figure 10: repeated elements removed",
    place="3.4, Fig. 10",
    scale_multiplies="the generations (5001)",
    seeds=5,
    requirements=Requirements((PHOTOS,), packages=NEEDS_SCIPY),
    claims=CLAIMS,
    cost=_cost,
    run=run,
    judge=judge,
)
