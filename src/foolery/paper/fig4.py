"""Figure 4: digits evolved pixel by pixel against LeNet (paper 3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.analysis.effects import share_interval
from foolery.engine.run import make_run_result
from foolery.paper.cost import Cost, evolution_cost
from foolery.paper.experiment import (
    DIGITS,
    Context,
    Judgement,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    ResultTable,
    scale_count,
)
from foolery.paper.figures import ImageRow, ImageTile, image_grid
from foolery.paper.measures import first_generation, search_seconds
from foolery.paper.runs import evolve_runs
from foolery.paper.verdicts import (
    Amount,
    Claim,
    Evidence,
    Finding,
    decide,
    find_claim,
    grade_share,
)
from foolery.runs import RunFile
from foolery.text import VERY_CONFIDENT, format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

RUNS, GENERATIONS, BATCH = 50, 200, 200
EARLY = 50
SHOWN = 5

CLAIMS = (
    Claim(
        "every digit", "unrecognizable images of every digit at 99.99 % or more", "3.1, Fig. 4", ">= 99.99 %"
    ),
    Claim("early", "in every run, in fewer than 50 generations", "3.1", "< 50 generations"),
    Claim("median", "median confidence by generation 200", "3.1", "99.99 %"),
)


def run(context: Context) -> ReproductionOutcome:
    """``context.seeds`` runs of 200 generations; scale does nothing but multiply their number."""
    seeds = range(scale_count(context.seeds, context.scale))
    runs = evolve_runs(context, "digits", "direct", generations=GENERATIONS, batch=BATCH, seeds=seeds)
    all_ten = [first_generation(each.history.min, VERY_CONFIDENT) for each in runs]
    medians = [first_generation(each.history.median, VERY_CONFIDENT) for each in runs]
    count = len(runs)
    return ReproductionOutcome(
        _figures(runs, all_ten, medians),
        tables=(_by_generation(runs),),
        picture=_picture(runs[:SHOWN]),
        caption=f"Columns are digits, rows are runs of seeds 0 to {min(SHOWN, count) - 1}, after generation "
        f"{GENERATIONS}.",
        seconds=search_seconds(runs),
    )


def judge(figures: Mapping[str, Any]) -> Judgement:
    """Claims about every run; the unit is the run."""
    runs = figures["runs"]
    amounts = (Amount("runs", RUNS, len(runs)), Amount("generations", GENERATIONS, figures["generations"]))
    evidence = Evidence("run", len(runs), amounts)
    return Judgement(
        _findings(runs, evidence),
        amounts,
        notes=(
            "Batch 200, one pixel in ten mutated, no crossover (the released code has it on), 8-bit "
            "pixels. The paper's network has an error of 0.94 %; the shipped `lenet` has the same "
            "architecture and was trained by Caffe's recipe for it. That nobody recognizes the images was "
            "not tested with people.",
        ),
    )


def _findings(runs: Sequence[Mapping[str, Any]], evidence: Evidence) -> tuple[Finding, ...]:
    generations = [
        each["generation_of_all_ten_at_0.9999"]
        for each in runs
        if each["generation_of_all_ten_at_0.9999"] is not None
    ]
    medians = [
        each["generation_of_median_at_0.9999"]
        for each in runs
        if each["generation_of_median_at_0.9999"] is not None
    ]
    count, early = len(runs), sum(first < EARLY for first in generations)
    last = str(GENERATIONS)
    by_the_end = sum(each["median_at"][last] >= VERY_CONFIDENT for each in runs)
    rule = "it holds where every run gets there, in part where at least half do"
    return (
        decide(
            find_claim(CLAIMS, "every digit"),
            f"all ten digits in {len(generations)} of {count} runs, by generation {GENERATIONS}",
            grade_share(len(generations), count),
            f"{_share_text(len(generations), count)}; the lowest champion of all runs has "
            f"{format_confidence(min(each['least_at'][last] for each in runs))}; {rule}. How recognizable "
            "they are, the picture shows: faint strokes can be made out in some",
            evidence,
        ),
        decide(
            find_claim(CLAIMS, "early"),
            f"{early} of {count} runs"
            + (f"; all ten digits at generation {_median_text(generations)} (median)" if generations else ""),
            grade_share(early, count),
            f"{_share_text(early, count)}; all ten digits are at 99.99 % after {_range_text(generations)} "
            f"generations, the median of the ten after {_range_text(medians)}; {rule}",
            evidence,
        ),
        decide(
            find_claim(CLAIMS, "median"),
            f"{by_the_end} of {count} runs",
            grade_share(by_the_end, count),
            f"{_share_text(by_the_end, count)}; the lowest median of a run is "
            f"{format_confidence(min(each['median_at'][last] for each in runs))}; {rule}",
            evidence,
        ),
    )


def _share_text(reached: int, count: int) -> str:
    low, high = share_interval(reached, count)
    return f"{reached / count:.0%} of the runs (95 % {low:.0%} to {high:.0%})"


def _median_text(generations: Sequence[int]) -> str:
    return f"{float(np.median(generations)):g}"


def _range_text(generations: Sequence[int]) -> str:
    if not generations:
        return f"more than {GENERATIONS}"
    return f"{min(generations)} to {max(generations)} (median {_median_text(generations)})"


def _by_generation(runs: Sequence[RunFile]) -> ResultTable:
    rows = []
    for generation in (10, 20, EARLY, 100, GENERATIONS):
        medians = np.array([each.history.median[generation] for each in runs])
        lowest = np.array([each.history.min[generation] for each in runs])
        rows.append(
            (
                str(generation),
                format_confidence(float(np.median(medians))),
                f"{format_confidence(medians.min())} to {format_confidence(medians.max())}",
                format_confidence(float(np.median(lowest))),
                str(int((lowest >= VERY_CONFIDENT).sum())),
            )
        )
    heads = (
        "generation",
        "median of ten digits",
        "least to most",
        "lowest digit",
        "runs with all ten at 99.99 %",
    )
    return ResultTable(f"{len(runs)} runs", heads, tuple(rows))


def _figures(
    runs: Sequence[RunFile], all_ten: Sequence[int | None], medians: Sequence[int | None]
) -> dict[str, object]:
    return {
        "generations": GENERATIONS,
        "batch": BATCH,
        "queries_per_run": int(runs[0].history.queries[-1]),
        "runs": [
            {
                "seed": each.settings.seed,
                "median_at": {str(g): float(each.history.median[g]) for g in (EARLY, GENERATIONS)},
                "least_at": {str(g): float(each.history.min[g]) for g in (EARLY, GENERATIONS)},
                "generation_of_median_at_0.9999": median,
                "generation_of_all_ten_at_0.9999": ten,
                "seconds": round(each.seconds, 2),
            }
            for each, ten, median in zip(runs, all_ten, medians, strict=True)
        ],
    }


def _picture(runs: Sequence[RunFile]) -> Image:
    rows = [
        ImageRow(
            f"run {each.settings.seed}",
            tuple(ImageTile(champion.canvas) for champion in make_run_result(each).champions.values()),
        )
        for each in runs
    ]
    return image_grid(rows, side=56)


def _cost(scale: float, seeds: int) -> Cost:
    return evolution_cost("digits", scale_count(seeds, scale), GENERATIONS, BATCH)


REPRODUCTION = Reproduction(
    name="fig4",
    title="Figure 4: digits pixel by pixel",
    place="3.1, Fig. 4",
    scale_multiplies="the number of runs",
    seeds=RUNS,
    requirements=Requirements(classifiers=(DIGITS,)),
    claims=CLAIMS,
    cost=_cost,
    run=run,
    judge=judge,
)
