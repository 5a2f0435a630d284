"""Figure 5: digits evolved as CPPNs against LeNet, and what they have in common (paper 3.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foolery.analysis.descriptors import textures, thumbnails
from foolery.analysis.diversity import Diversity, measure_diversity
from foolery.analysis.effects import share_interval
from foolery.analysis.oriented_energy import (
    SHARES,
    Contrast,
    contrast,
    edge_energies,
    horizontal_structure_below,
    mean_champions,
    stack_champions,
    vertical_structure,
)
from foolery.analysis.statistics import NEEDS_SCIPY, format_p
from foolery.engine.run import RunResult, make_run_result
from foolery.errors import UsageError
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
    SIGNIFICANT,
    Amount,
    Band,
    Claim,
    Evidence,
    Finding,
    decide,
    find_claim,
    grade,
    grade_share,
    untested,
)
from foolery.runs import RunFile
from foolery.text import VERY_CONFIDENT, format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

RUNS, GENERATIONS, BATCH = 50, 200, 200
FEW, SHOWN = 10, 5
DIFFERENT = Band(0.5, 1.0)
"""Distance of one digit's images in two runs, of that of two digits': something in common, most its own."""
ONE, TWO = "1", "2"

CLAIMS = (
    Claim("few", "99.99 % after only a few generations", "3.2", "a few generations"),
    Claim("median", "median confidence by generation 200", "3.2, Fig. 5", "99.99 %"),
    Claim("one", 'images of "1" tend to have vertical bars', "3.2", "–"),
    Claim("two", 'images of "2" tend to have a horizontal bar in the lower half', "3.2", "–"),
    Claim("other runs", "the same in 50 other runs, whose images differ otherwise", "3.2, supplement", "–"),
)


def run(context: Context) -> ReproductionOutcome:
    """``context.seeds`` runs of 200 generations; scale multiplies their number."""
    seeds = range(scale_count(context.seeds, context.scale))
    runs = evolve_runs(context, "digits", "cppn", generations=GENERATIONS, batch=BATCH, seeds=seeds)
    results = [make_run_result(each) for each in runs]
    canvases = stack_champions(results)
    labels = tuple(results[0].champions)
    contrasts = {
        label: _contrast(results, label, np.stack([measure(each) for each in canvases]))
        for label, measure in ((ONE, vertical_structure), (TWO, horizontal_structure_below))
    }
    spread = _diversity(results, canvases)
    shares = np.median(np.stack([edge_energies(each) for each in canvases]), axis=0)
    return ReproductionOutcome(
        {
            "generations": GENERATIONS,
            "batch": BATCH,
            "runs": [_figures(each) for each in runs],
            "median_shares": {
                label: dict(zip(SHARES, map(float, row), strict=True))
                for label, row in zip(labels, shares, strict=True)
            },
            "one": _contrast_dict(contrasts[ONE]),
            "two": _contrast_dict(contrasts[TWO]),
            "diversity": {name: _diversity_dict(each) for name, each in spread.items()},
        },
        tables=(_shares_table(labels, shares), _diversity_table(spread)),
        picture=_picture(labels, canvases),
        caption=f"Above: for each digit the mean champion of {len(runs)} runs, its contrast stretched. "
        f"Below: the champions of the first {min(SHOWN, len(runs))} runs.",
        seconds=search_seconds(runs),
    )


def _contrast(results: Sequence[RunResult], label: str, values: NDArray[np.float64]) -> Contrast | None:
    try:
        return contrast(results, label, values)
    except UsageError:  # a classifier of something else
        return None


def _diversity(results: Sequence[RunResult], canvases: NDArray[np.uint8]) -> dict[str, Diversity]:
    if len(results) < 2:
        return {}
    return {
        name: measure_diversity(results, [describe(each) for each in canvases])
        for name, describe in (("pixels", thumbnails), ("texture", textures))
    }


def judge(figures: Mapping[str, Any]) -> Judgement:
    """The unit is the run: champions of one run have ancestors in common."""
    runs = figures["runs"]
    amounts = (Amount("runs", RUNS, len(runs)), Amount("generations", GENERATIONS, figures["generations"]))
    evidence = Evidence("run", len(runs), amounts)
    return Judgement(
        (
            _few(runs, evidence),
            _median(runs, evidence),
            _bars("one", figures["one"], "vertical structure", evidence),
            _bars("two", figures["two"], "horizontal structure in the lower half", evidence),
            _other_runs(figures["diversity"], evidence),
        ),
        amounts,
        notes=(
            "Vertical structure is the share of the mean squared difference between horizontal neighbors in "
            "that of all neighbors, horizontal structure that between vertical neighbors. The two measures "
            "for 1 and 2 were chosen from the paper's sentence before they were computed. Champions "
            "of one run have ancestors in common and are no independent sample, so the verdict follows the "
            "signed-rank test over runs (the digit minus the mean of the other digits).",
        ),
    )


def _few(runs: Sequence[Mapping[str, Any]], evidence: Evidence) -> Finding:
    firsts, medians = (
        [each[name] for each in runs if each[name] is not None]
        for name in ("generation_of_first_at_0.9999", "generation_of_median_at_0.9999")
    )
    early = sum(generation <= FEW for generation in medians)
    return decide(
        find_claim(CLAIMS, "few"),
        f"the median of ten digits at generation {np.median(medians):.0f} (median of {len(medians)} runs "
        f"that get there, {len(runs)} in all)"
        if medians
        else "the median of ten digits never",
        grade_share(early, len(runs)),
        f"{early} of {len(runs)} runs have a median of 99.99 % by generation {FEW}; the first of the ten "
        f"digits is there at generation {np.median(firsts) if firsts else float('nan'):.0f} (median). A "
        f"few is taken to be {FEW}; it holds if the median digit of every run is there by then, in part if "
        "that of half of the runs is",
        evidence,
    )


def _median(runs: Sequence[Mapping[str, Any]], evidence: Evidence) -> Finding:
    medians = np.array([each["median"] for each in runs])
    reached = int((medians >= VERY_CONFIDENT).sum())
    low, high = share_interval(reached, len(runs))
    return decide(
        find_claim(CLAIMS, "median"),
        f"{reached} of {len(runs)} runs; median of the runs' medians "
        f"{format_confidence(float(np.median(medians)))}",
        grade_share(reached, len(runs)),
        f"{reached / len(runs):.0%} of the runs (95 % {low:.0%} to {high:.0%}); it holds where every run "
        "has a median of 99.99 %, in part where at least half have, as for pixels",
        evidence,
    )


def _bars(key: str, contrast: Mapping[str, Any] | None, what: str, evidence: Evidence) -> Finding:
    claim = find_claim(CLAIMS, key)
    if contrast is None:
        return untested(claim, "the classifier has no such class, or no other")
    more = contrast["median"] > contrast["others"]
    return decide(
        claim,
        f"{what}: {contrast['median']:.3f}, other digits {contrast['others']:.3f}",
        grade(more and contrast["signed_rank_p"] < SIGNIFICANT),
        f"{'higher' if more else 'lower'} by {abs(contrast['median'] - contrast['others']):.3f}, in "
        f"{contrast['share']:.0%} of pairs of champions; signed-rank test over {contrast['runs']} runs "
        f"{format_p(contrast['signed_rank_p'])}; rank {contrast['rank']} of the digits. It holds where the "
        f"digit has more with p < {SIGNIFICANT:g} over runs. It is a tendency, not a rule",
        evidence,
    )


def _other_runs(spread: Mapping[str, Mapping[str, float]], evidence: Evidence) -> Finding:
    claim = find_claim(CLAIMS, "other runs")
    if not spread:
        return untested(claim, "one run cannot be compared with others")
    pixels, texture = spread["pixels"], spread["texture"]
    common = [each["p"] < SIGNIFICANT and each["ratio"] < 1 for each in (pixels, texture)]
    different = [each["ratio"] in DIFFERENT for each in (pixels, texture)]
    return decide(
        claim,
        f"distance of one digit's images in two runs: {pixels['ratio']:.2f} (pixels) and "
        f"{texture['ratio']:.2f} (texture) of that of two digits' images",
        grade(all(common) and all(different), any(common) and any(different)),
        f"images of one digit are closer than of two ({format_p(pixels['p'])} and "
        f"{format_p(texture['p'])}, labels permuted within runs), so runs have something in common; above "
        "half the distance, so most of an image is the run's own. It holds between half and the whole "
        "distance by both measures, in part by one",
        evidence,
    )


def _figures(each: RunFile) -> dict[str, Any]:
    return {
        "seed": each.settings.seed,
        "median": float(each.history.median[-1]),
        "least": float(each.history.min[-1]),
        "generation_of_first_at_0.9999": first_generation(each.history.max, VERY_CONFIDENT),
        "generation_of_median_at_0.9999": first_generation(each.history.median, VERY_CONFIDENT),
        "seconds": round(each.seconds, 2),
    }


def _contrast_dict(contrast: Contrast | None) -> dict[str, Any] | None:
    if contrast is None:
        return None
    return {
        "median": contrast.median, "others": contrast.others, "u": contrast.test.u, "p": contrast.test.p,
        "share": contrast.test.share, "signed_rank_p": contrast.paired_p, "rank": contrast.rank,
        "runs": contrast.runs,
    }  # fmt: skip


def _diversity_dict(spread: Diversity) -> dict[str, float]:
    return {
        "same_class": spread.same_class, "across": spread.across, "within": spread.within,
        "ratio": spread.ratio, "p": spread.test.p, "share": spread.share,
    }  # fmt: skip


def _shares_table(labels: Sequence[str], shares: NDArray[np.float64]) -> ResultTable:
    rows = tuple(
        (label, *(f"{value:.3f}" for value in row)) for label, row in zip(labels, shares, strict=True)
    )
    return ResultTable("Structure of the champions, median over runs", ("digit", *SHARES), rows)


def _diversity_table(spread: dict[str, Diversity]) -> ResultTable:
    heads = ("by", "one class, two runs", "two classes, two runs", "two classes, one run", "p")
    rows = tuple(
        (name, f"{each.same_class:.3f}", f"{each.across:.3f}", f"{each.within:.3f}", format_p(each.test.p))
        for name, each in spread.items()
    )
    return ResultTable("Distances between champions, medians", heads, rows)


def _picture(labels: Sequence[str], canvases: NDArray[np.uint8]) -> Image:
    mean = ImageRow("mean", tuple(
        ImageTile(each, (label,)) for each, label in zip(mean_champions(canvases), labels, strict=True)
    ))  # fmt: skip
    rows = [
        ImageRow(f"seed {seed}", tuple(map(ImageTile, each))) for seed, each in enumerate(canvases[:SHOWN])
    ]
    return image_grid([mean, *rows])


def _cost(scale: float, seeds: int) -> Cost:
    return evolution_cost("digits", scale_count(seeds, scale), GENERATIONS, BATCH)


REPRODUCTION = Reproduction(
    name="fig5",
    title="Figure 5: digits, by CPPNs",
    place="3.2, Fig. 5",
    scale_multiplies="the number of runs (50)",
    seeds=RUNS,
    requirements=Requirements((DIGITS,), packages=NEEDS_SCIPY),
    claims=CLAIMS,
    cost=_cost,
    run=run,
    judge=judge,
)
