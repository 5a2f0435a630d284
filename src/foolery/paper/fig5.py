"""Figure 5: digits evolved as CPPNs against LeNet, and what they have in common (paper 3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foolery.analysis.descriptors import textures, thumbnails
from foolery.analysis.diversity import Diversity, diversity
from foolery.analysis.oriented_energy import (
    SHARES,
    Contrast,
    contrast,
    energies,
    horizontal_below,
    mean_champions,
    stacked,
    vertical,
)
from foolery.analysis.statistics import NEEDS_SCIPY, p_in_words
from foolery.engine.run import Exhibit, exhibit_of
from foolery.errors import UsageError
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
    Verdict,
    claim_of,
    scaled,
)
from foolery.paper.figures import Row, Tile, wall
from foolery.paper.runs import confidences, runs_of, seconds_of
from foolery.runs import RunFile
from foolery.text import format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

RUNS, GENERATIONS, BATCH = 50, 200, 200
CERTAIN, FEW, SIGNIFICANT, SHOWN = 0.9999, 10, 0.01, 5
ONE, TWO = "1", "2"

CLAIMS = (
    Claim("few", "99.99 % after only a few generations", "3.2", "a few generations"),
    Claim("median", "median confidence by generation 200", "3.2, Fig. 5", "99.99 %"),
    Claim("one", 'images of "1" tend to have vertical bars', "3.2", "–"),
    Claim("two", 'images of "2" tend to have a horizontal bar in the lower half', "3.2", "–"),
    Claim("other runs", "the same in 50 other runs, whose images differ otherwise", "3.2, supplement", "–"),
)


def run(context: Context) -> Outcome:
    """``context.seeds`` runs of 200 generations; scale multiplies their number."""
    seeds = range(_runs(context.scale, context.seeds))
    runs = runs_of(context, "digits", "cppn", generations=GENERATIONS, batch=BATCH, seeds=seeds)
    exhibits = [exhibit_of(each) for each in runs]
    canvases = stacked(exhibits)
    labels = tuple(exhibits[0].champions)
    found = {
        label: _contrast(exhibits, label, np.stack([measure(each) for each in canvases]))
        for label, measure in ((ONE, vertical), (TWO, horizontal_below))
    }
    spread = _diversity(exhibits, canvases)
    shares = np.median(np.stack([energies(each) for each in canvases]), axis=0)
    findings = (
        _few(context, runs),
        _median(context, runs),
        _bars(context, "one", found[ONE], "vertical structure"),
        _bars(context, "two", found[TWO], "horizontal structure in the lower half"),
        _other_runs(context, found, spread),
    )
    return Outcome(
        findings,
        {
            "generations": GENERATIONS,
            "batch": BATCH,
            "runs": [_figures(each) for each in runs],
            "median_shares": {
                label: dict(zip(SHARES, map(float, row), strict=True))
                for label, row in zip(labels, shares, strict=True)
            },
            "one": _as_object(found[ONE]),
            "two": _as_object(found[TWO]),
            "diversity": {name: _diversity_object(each) for name, each in spread.items()},
        },
        tables=(_shares_table(labels, shares), _diversity_table(spread)),
        picture=_picture(labels, canvases),
        caption=f"Above: for each digit the mean champion of {len(runs)} runs, its contrast stretched. "
        f"Below: the champions of the first {min(SHOWN, len(runs))} runs.",
        notes=(
            "Vertical structure is the share of the mean squared difference between horizontal neighbors in "
            "that of all neighbors, horizontal structure that between vertical neighbors. The two measures "
            "for 1 and 2 were chosen from the paper's sentence before they were computed. Champions "
            "of one run have ancestors in common and are no independent sample, so the Mann-Whitney test "
            "stands beside a signed-rank test over runs (the digit minus the mean of the other digits).",
        ),
        seconds=seconds_of(runs),
    )


def _contrast(exhibits: Sequence[Exhibit], label: str, values: NDArray[np.float64]) -> Contrast | None:
    try:
        return contrast(exhibits, label, values)
    except UsageError:  # a classifier of something else
        return None


def _diversity(exhibits: Sequence[Exhibit], canvases: NDArray[np.uint8]) -> dict[str, Diversity]:
    if len(exhibits) < 2:
        return {}
    return {
        name: diversity(exhibits, [describe(each) for each in canvases])
        for name, describe in (("pixels", thumbnails), ("texture", textures))
    }


def _few(context: Context, runs: Sequence[RunFile]) -> Finding:
    firsts = [_first(each.history.most) for each in runs]
    early = sum(first is not None and first <= FEW for first in firsts)
    ever = [first for first in firsts if first is not None]
    return context.judged(
        claim_of(CLAIMS, "few"),
        f"first champion at 99.99 % by generation {np.median(ever):.0f} (median of {len(ever)} runs)"
        if ever
        else "never",
        _share(early, len(runs)),
        f"{early} of {len(runs)} runs have a first image at 99.99 % by generation {FEW}; it holds if all do, "
        "in part if half do",
    )


def _median(context: Context, runs: Sequence[RunFile]) -> Finding:
    medians = np.array([float(each.history.median[-1]) for each in runs])
    reached = int((medians >= CERTAIN).sum())
    overall = float(np.median(np.stack([confidences(each) for each in runs])))
    return context.judged(
        claim_of(CLAIMS, "median"),
        f"{format_confidence(overall)} over all champions",
        "holds" if overall >= CERTAIN else "does not hold",
        f"{reached} of {len(runs)} runs have a median of 99.99 % of their own; it holds if that of all "
        "champions is",
    )


def _bars(context: Context, key: str, found: Contrast | None, what: str) -> Finding:
    claim = claim_of(CLAIMS, key)
    if found is None:
        return Finding(claim, "–", NOT_FULL, "the classifier has no such class, or no other")
    more = found.test.share > 0.5
    clear = more and found.test.p < SIGNIFICANT and found.paired_p < SIGNIFICANT
    in_part = more and min(found.test.p, found.paired_p) < 0.05
    return context.judged(
        claim,
        f"{what}: {found.median:.3f}, other digits {found.others:.3f}",
        "holds" if clear else "holds in part" if in_part else "does not hold",
        f"{found.test} (higher in {found.test.share:.0%} of pairs); signed-rank test over {found.runs} runs "
        f"{p_in_words(found.paired_p)}; rank {found.rank} of the digits. It holds with p < {SIGNIFICANT:g} "
        "in both tests, in part with p < 0.05 in one. It is a tendency, not a rule",
    )


def _other_runs(context: Context, found: dict[str, Contrast | None], spread: dict[str, Diversity]) -> Finding:
    claim = claim_of(CLAIMS, "other runs")
    if not spread:
        return Finding(claim, "–", NOT_FULL, "one run cannot be compared with others")
    pixels, texture = spread["pixels"], spread["texture"]
    common = pixels.test.p < 0.05 or texture.test.p < 0.05
    different = pixels.ratio > 0.5 and texture.ratio > 0.5
    verdicts: dict[tuple[bool, bool], Verdict] = {
        (True, True): "holds", (True, False): "holds in part", (False, True): "holds in part",
    }  # fmt: skip
    return context.judged(
        claim,
        f"distance of one digit's images in two runs: {pixels.ratio:.2f} (pixels) and {texture.ratio:.2f} "
        "(texture) of that of two digits' images",
        verdicts.get((common, different), "does not hold"),
        f"images of one digit are closer than of two ({p_in_words(pixels.test.p)} and "
        f"{p_in_words(texture.test.p)}, permutation tests), so runs have something in common; above half the "
        "distance, so most of an image is the run's own. It holds if both are so, in part with one",
    )


def _first(values: NDArray[np.float64]) -> int | None:
    there = np.flatnonzero(values >= CERTAIN)
    return int(there[0]) if len(there) else None


def _share(count: int, total: int) -> Verdict:
    return "holds" if count == total else "holds in part" if 2 * count >= total else "does not hold"


def _figures(each: RunFile) -> dict[str, Any]:
    return {
        "seed": each.settings.seed,
        "median": float(each.history.median[-1]),
        "least": float(each.history.least[-1]),
        "generation_of_first_at_0.9999": _first(each.history.most),
        "generation_of_median_at_0.9999": _first(each.history.median),
        "seconds": round(each.seconds, 2),
    }


def _as_object(found: Contrast | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "median": found.median, "others": found.others, "u": found.test.u, "p": found.test.p,
        "share": found.test.share, "signed_rank_p": found.paired_p, "rank": found.rank, "runs": found.runs,
    }  # fmt: skip


def _diversity_object(found: Diversity) -> dict[str, float]:
    return {
        "same_class": found.same_class, "across": found.across, "within": found.within,
        "ratio": found.ratio, "p": found.test.p, "share": found.share,
    }  # fmt: skip


def _shares_table(labels: Sequence[str], shares: NDArray[np.float64]) -> Table:
    rows = tuple(
        (label, *(f"{value:.3f}" for value in row)) for label, row in zip(labels, shares, strict=True)
    )
    return Table("Structure of the champions, median over runs", ("digit", *SHARES), rows)


def _diversity_table(spread: dict[str, Diversity]) -> Table:
    heads = ("by", "one class, two runs", "two classes, two runs", "two classes, one run", "p")
    rows = tuple(
        (name, f"{each.same_class:.3f}", f"{each.across:.3f}", f"{each.within:.3f}", p_in_words(each.test.p))
        for name, each in spread.items()
    )
    return Table("Distances between champions, medians", heads, rows)


def _picture(labels: Sequence[str], canvases: NDArray[np.uint8]) -> Image:
    mean = Row("mean", tuple(
        Tile(each, (label,)) for each, label in zip(mean_champions(canvases), labels, strict=True)
    ))  # fmt: skip
    rows = [Row(f"seed {seed}", tuple(map(Tile, each))) for seed, each in enumerate(canvases[:SHOWN])]
    return wall([mean, *rows])


def _runs(scale: float, seeds: int) -> int:
    return scaled(seeds, scale)


def _budget(scale: float, seeds: int) -> Budget:
    return Budget((Part("digits", _runs(scale, seeds) * (GENERATIONS + 1) * BATCH),))


REPRODUCTION = Reproduction(
    name="fig5",
    title="Figure 5: digits, by CPPNs",
    place="3.2, Fig. 5",
    scales="the number of runs (50)",
    seeds=RUNS,
    needs=Needs((ClassifierSlot("digits", "lenet", "a classifier of digits"),), packages=NEEDS_SCIPY),
    claims=CLAIMS,
    budget=_budget,
    run=run,
)
