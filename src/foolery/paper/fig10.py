"""Figure 10: repeated elements removed (paper 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from foolery.analysis.repetition import CONTROLS, Removal, Repetition, repetition
from foolery.analysis.statistics import NEEDS_SCIPY, bootstrap_median, p_in_words, signed_rank
from foolery.engine.run import exhibit_of
from foolery.paper.experiment import (
    NOT_FULL,
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
    claim_of,
    scaled,
)
from foolery.paper.fig7 import BATCH, GENERATIONS
from foolery.paper.figures import Row, Tile, wall
from foolery.paper.runs import runs_of, seconds_of
from foolery.text import format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

SIGNIFICANT, SHOWN, LEAST = 0.01, 8, 5

CLAIMS = (
    Claim("lower", "removing repeated elements lowers the confidence of many images", "3.4, Fig. 10", "many"),
    Claim("slightly", "it lowers it slightly", "3.4, Fig. 10", "slightly"),
    Claim("control", "beyond what removing as much at random places does", "–", "–"),
)


def run(context: Context) -> Outcome:
    """The runs of fig7: 5001 generations times scale."""
    runs = runs_of(context, "photos", "cppn", generations=scaled(GENERATIONS, context.scale), batch=BATCH)
    found = repetition([exhibit_of(each) for each in runs], context.classifiers["photos"])
    enough = len(found.removals) >= LEAST
    findings = (
        (_lower(context, found), _slightly(context, found), _control(context, found))
        if enough
        else tuple(
            Finding(claim, "–", NOT_FULL, f"only {len(found.removals)} images have repeated elements")
            for claim in CLAIMS
        )
    )
    return Outcome(
        findings,
        _figures(found),
        tables=(_table(found),) if enough else (),
        picture=_picture(found) if found.removals else None,
        caption="Above: champions. Below: without repeated elements but one, with the confidence that is "
        "left, and in brackets that with as much removed at random places.",
        notes=(
            "The authors removed elements by hand, from images that they chose. Here a rule finds them in "
            "all images: background is the most frequent color; elements are connected regions that differ "
            "from it; those of similar area and shape are repeats. Of the group with the largest area all "
            "but the largest element are filled with the background. "
            f"The control moves the removed region to {CONTROLS} random places.",
            f"Of {found.champions} images, {len(found.removals)} have repeated elements by this rule.",
        ),
        seconds=seconds_of(runs),
    )


def _lower(context: Context, found: Repetition) -> Finding:
    lower = float((found.lost > 0).mean())
    p = signed_rank(found.lost)
    clear = lower > 0.5 and p < SIGNIFICANT and np.median(found.lost) > 0
    return context.judged(
        claim_of(CLAIMS, "lower"),
        f"lower in {lower:.0%} of {len(found.removals)} images",
        "holds" if clear else "holds in part" if lower > 0.25 else "does not hold",
        f"signed-rank test {p_in_words(p)}; it holds where more than half are lower and p < {SIGNIFICANT:g}, "
        "in part where more than a quarter are",
    )


def _slightly(context: Context, found: Repetition) -> Finding:
    before, after = _column(found, "before"), _column(found, "after")
    left = float(np.median(after / np.maximum(before, 1e-12)))
    low, high = bootstrap_median(found.lost)
    return context.judged(
        claim_of(CLAIMS, "slightly"),
        f"median loss {np.median(found.lost):.3f}; {left:.0%} of the confidence is left",
        "holds" if left >= 0.75 else "holds in part" if left >= 0.5 else "does not hold",
        f"95 % bootstrap interval of the median loss {low:.3f} to {high:.3f}; slightly is taken to leave "
        "three quarters of the confidence (median), in part half",
    )


def _control(context: Context, found: Repetition) -> Finding:
    more = float(np.median(found.lost - found.lost_in_control))
    return context.judged(
        claim_of(CLAIMS, "control"),
        f"median loss {np.median(found.lost):.3f} against {np.median(found.lost_in_control):.3f}",
        "holds"
        if more > 0 and found.p < SIGNIFICANT
        else "holds in part"
        if more > 0 and found.p < 0.05
        else "does not hold",
        f"signed-rank test {p_in_words(found.p)}; the paper had no control. It holds where the loss is "
        f"larger than the control's with p < {SIGNIFICANT:g}, in part with p < 0.05",
    )


def _column(found: Repetition, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([getattr(each, name) for each in found.removals], np.float64)


def _figures(found: Repetition) -> dict[str, object]:
    figures: dict[str, object] = {"champions": found.champions, "with_repeats": len(found.removals)}
    if not found.removals:
        return figures
    for name in ("elements", "area", "before", "after", "control"):
        figures[f"median_{name}"] = float(np.median(_column(found, name)))
    return figures | {
        "share_lower": float((found.lost > 0).mean()),
        "median_loss": float(np.median(found.lost)),
        "median_loss_in_control": float(np.median(found.lost_in_control)),
        "p_against_control": found.p,
    }


def _table(found: Repetition) -> Table:
    rows = [
        (each, *(f"{float(value):.3f}" for value in np.quantile(_column(found, each), (0.25, 0.5, 0.75))))
        for each in ("elements", "area", "before", "after", "control")
    ]
    return Table("Quartiles over images", ("figure", "25 %", "50 %", "75 %"), tuple(rows))


def _picture(found: Repetition) -> Image:
    """The most certain ones with a good deal removed."""
    much = [each for each in found.removals if each.area >= 0.05] or list(found.removals)
    shown = sorted(much, key=lambda each: -each.before)[: 2 * SHOWN]
    rows = []
    for start in range(0, len(shown), SHOWN):
        part = shown[start : start + SHOWN]
        rows.append(
            Row("", tuple(Tile(each.canvas, (each.label, format_confidence(each.before))) for each in part))
        )
        rows.append(Row("", tuple(Tile(each.without, (_left(each),)) for each in part)))
    return wall(rows)


def _left(each: Removal) -> str:
    return f"{format_confidence(each.after)} ({format_confidence(each.control)})"


def _budget(scale: float, seeds: int) -> Budget:
    queries = seeds * (scaled(GENERATIONS, scale) + 1) * BATCH
    return Budget((Part("photos", queries),))


REPRODUCTION = Reproduction(
    name="fig10",
    title="Figure 10: repeated elements removed",
    place="3.4, Fig. 10",
    scales="the generations (5001)",
    seeds=1,
    needs=Needs((ClassifierSlot("photos", None, "a classifier of many classes"),), packages=NEEDS_SCIPY),
    claims=CLAIMS,
    budget=_budget,
    run=run,
)
