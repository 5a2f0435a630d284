"""Figure 10: repeated elements removed (paper 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from foolery.analysis.repetition import CONTROLS, Removal, Repetition, measure_repetition
from foolery.analysis.statistics import NEEDS_SCIPY, bootstrap_median, format_p, signed_rank
from foolery.engine.run import make_run_result
from foolery.paper.cost import Cost, evolution_cost
from foolery.paper.experiment import (
    PHOTOS,
    Claim,
    Context,
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
from foolery.paper.fig7 import BATCH, GENERATIONS
from foolery.paper.figures import ImageRow, ImageTile, image_grid
from foolery.paper.measures import search_seconds
from foolery.paper.runs import evolve_runs
from foolery.text import format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

SIGNIFICANT, SHOWN, LEAST = 0.01, 8, 5

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
    findings = (
        (_lower(context, results), _slightly(context, results), _control(context, results))
        if enough
        else tuple(
            untested(claim, f"only {len(results.removals)} images have repeated elements") for claim in CLAIMS
        )
    )
    return ReproductionOutcome(
        findings,
        _figures(results),
        tables=(_table(results),) if enough else (),
        picture=_picture(results) if results.removals else None,
        caption="Above: champions. Below: without repeated elements but one, with the confidence that is "
        "left, and in brackets that with as much removed at random places.",
        notes=(
            "The authors removed elements by hand, from images that they chose. Here a rule finds them in "
            "all images: background is the most frequent color; elements are connected regions that differ "
            "from it; those of similar area and shape are repeats. Of the group with the largest area all "
            "but the largest element are filled with the background. "
            f"The control moves the removed region to {CONTROLS} random places.",
            f"Of {results.champions} images, {len(results.removals)} have repeated elements by this rule.",
        ),
        seconds=search_seconds(runs),
    )


def _lower(context: Context, results: Repetition) -> Finding:
    lower = float((results.loss > 0).mean())
    p = signed_rank(results.loss)
    holds = lower > 0.5 and p < SIGNIFICANT and np.median(results.loss) > 0
    return context.judge(
        find_claim(CLAIMS, "lower"),
        f"lower in {lower:.0%} of {len(results.removals)} images",
        grade(holds, lower > 0.25),
        f"signed-rank test {format_p(p)}; it holds where more than half are lower and p < {SIGNIFICANT:g}, "
        "in part where more than a quarter are",
    )


def _slightly(context: Context, results: Repetition) -> Finding:
    before, after = _column(results, "before"), _column(results, "after")
    left = float(np.median(after / np.maximum(before, 1e-12)))
    low, high = bootstrap_median(results.loss)
    return context.judge(
        find_claim(CLAIMS, "slightly"),
        f"median loss {np.median(results.loss):.3f}; {left:.0%} of the confidence is left",
        grade(left >= 0.75, left >= 0.5),
        f"95 % bootstrap interval of the median loss {low:.3f} to {high:.3f}; slightly is taken to leave "
        "three quarters of the confidence (median), in part half",
    )


def _control(context: Context, results: Repetition) -> Finding:
    more = float(np.median(results.loss - results.control_loss))
    return context.judge(
        find_claim(CLAIMS, "control"),
        f"median loss {np.median(results.loss):.3f} against {np.median(results.control_loss):.3f}",
        grade(more > 0 and results.p < SIGNIFICANT, more > 0 and results.p < 0.05),
        f"signed-rank test {format_p(results.p)}; the paper had no control. It holds where the loss is "
        f"larger than the control's with p < {SIGNIFICANT:g}, in part with p < 0.05",
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
    seeds=1,
    requirements=Requirements((PHOTOS,), packages=NEEDS_SCIPY),
    claims=CLAIMS,
    cost=_cost,
    run=run,
)
