"""Figure 4: digits evolved pixel by pixel against LeNet (paper 3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from foolery.engine.run import make_run_result
from foolery.paper.cost import Cost, evolution_cost
from foolery.paper.experiment import (
    DIGITS,
    Claim,
    Context,
    Finding,
    Reproduction,
    ReproductionOutcome,
    Requirements,
    ResultTable,
    Verdict,
    find_claim,
    grade,
    scale_count,
)
from foolery.paper.figures import ImageRow, ImageTile, image_grid
from foolery.paper.measures import first_generation, search_seconds
from foolery.paper.runs import evolve_runs
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
        _findings(context, runs, all_ten, medians),
        _figures(runs, all_ten, medians),
        tables=(_by_generation(runs),),
        picture=_picture(runs[:SHOWN]),
        caption=f"Columns are digits, rows are runs of seeds 0 to {min(SHOWN, count) - 1}, after generation "
        f"{GENERATIONS}.",
        notes=(
            "Batch 200, one pixel in ten mutated, no crossover (the released code has it on), 8-bit "
            "pixels. The paper's network has an error of 0.94 %; the shipped `lenet` has the same "
            "architecture and was trained by Caffe's recipe for it.",
        ),
        seconds=search_seconds(runs),
    )


def _findings(
    context: Context, runs: Sequence[RunFile], all_ten: Sequence[int | None], medians: Sequence[int | None]
) -> tuple[Finding, ...]:
    early = sum(first is not None and first < EARLY for first in all_ten)
    generations = [first for first in all_ten if first is not None]
    by_the_end = sum(each.history.median[-1] >= VERY_CONFIDENT for each in runs)
    count = len(runs)
    lowest = min(float(each.history.min[-1]) for each in runs)
    return (
        context.judge(
            find_claim(CLAIMS, "every digit"),
            f"all ten digits in {len(generations)} of {count} runs, by generation {GENERATIONS}",
            _all_or_most(len(generations), count),
            f"the lowest champion of all runs has {format_confidence(lowest)}; it holds where every run "
            f"gets there, in part where at least half do. How recognizable they are, the picture shows: "
            f"faint strokes can be made out in some",
        ),
        context.judge(
            find_claim(CLAIMS, "early"),
            f"{early} of {count} runs"
            + (f"; all ten digits at generation {_median_text(generations)} (median)" if generations else ""),
            _all_or_most(early, count),
            f"all ten digits are at 99.99 % after {_range_text(generations)} generations, the median of "
            f"the ten after "
            f"{_range_text([m for m in medians if m is not None])}; it holds where every run is early, in "
            f"part "
            f"where at least half are",
        ),
        context.judge(
            find_claim(CLAIMS, "median"),
            f"{by_the_end} of {count} runs",
            _all_or_most(by_the_end, count),
            f"the lowest median of a run is "
            f"{format_confidence(min(each.history.median[-1] for each in runs))}; it holds where every run "
            f"gets there, in part where at least half do",
        ),
    )


def _all_or_most(reached: int, count: int) -> Verdict:
    return grade(reached == count, 2 * reached >= count)


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
)
