"""Figure 9: related classes, different runs, and lineages (paper 3.4; follow-up paper on goal switches)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.analysis.confusable import class_medians, crowding
from foolery.analysis.descriptors import features, textures, thumbnails
from foolery.analysis.diversity import Diversity, measure_diversity
from foolery.analysis.lineage import GoalSwitches, goal_switches, lineage_tree, tree_summary
from foolery.analysis.relatedness import Relatedness, measure_relatedness
from foolery.analysis.statistics import NEEDS_SCIPY, correlation, format_p
from foolery.classifiers.gradients import last_layer
from foolery.engine.run import RunResult, make_run_result
from foolery.paper.cost import Cost, evolution_cost
from foolery.paper.experiment import (
    NOT_TESTED,
    Claim,
    ClassifierRequirement,
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
from foolery.paper.fig7 import BATCH, GENERATIONS
from foolery.paper.figures import ImageRow, ImageTile, image_grid
from foolery.paper.measures import search_seconds
from foolery.paper.runs import evolve_runs
from foolery.runs import RunFile
from foolery.text import format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

    from foolery.engine.run import Champion

SIGNIFICANT, NEARER, PAIRS = 0.01, 0.6, 12

CLAIMS = (
    Claim("related", "images of closely related classes look alike", "3.4, Fig. 9", "–"),
    Claim("other runs", "other runs find other types of images for a class", "3.4, Fig. 9", "–"),
    Claim("competition", "classes with many close classes get lower confidence", "3.4, of Fig. 7", "–"),
    Claim(
        "goal switches",
        "champions whose parent was another class's champion (follow-up paper)",
        "follow-up paper",
        "17.9 % of 48.8 new champions a class (8.7, SD 3.3)",
    ),
)


def run(context: Context) -> ReproductionOutcome:
    """The runs of fig7: 5001 generations times scale; a second run is needed for the second claim."""
    runs = evolve_runs(
        context, "photos", "cppn", generations=scale_count(GENERATIONS, context.scale), batch=BATCH
    )
    results, classifier = [make_run_result(each) for each in runs], context.classifiers["photos"]
    layer = last_layer(classifier)
    related = measure_relatedness(results, classifier, layer=layer)
    medians = class_medians(results)
    index = [champion.index for champion in results[0].champions.values()]
    crowding_of_classes = crowding(layer.weights)[index]
    confidences = np.array([medians[label] for label in results[0].champions])
    competition = correlation(crowding_of_classes, confidences)
    spread = {}
    if len(runs) > 1:
        canvases = [np.stack([one.canvas for one in each.champions.values()]) for each in results]
        for name, describe in (
            ("pixels", thumbnails),
            ("texture", textures),
            ("features", lambda some: features(some, layer)),
        ):
            spread[name] = measure_diversity(results, [describe(each) for each in canvases])
    switches = [goal_switches(each) for each in runs]
    findings = (
        _related(context, related),
        _other_runs(context, spread),
        _competition(context, *competition),
        _goal_switches(context, switches),
    )
    return ReproductionOutcome(
        findings,
        {
            "related": _related_dict(related),
            "diversity": {
                name: {"ratio": each.ratio, "p": each.test.p, "share": each.share}
                for name, each in spread.items()
            },
            "competition": {"spearman": competition[0], "p": competition[1]},
            "lineages": [_lineage_dict(one, each) for one, each in zip(switches, runs, strict=True)],
        },
        tables=(_pairs_table(related), _switch_table(switches, runs)),
        picture=_picture(related, results[0]),
        caption="Pairs of classes with the most similar weights in the last layer, and their champions, "
        f"seed {runs[0].settings.seed}.",
        notes=(
            "Likeness of classes is the cosine of their weights in the network's last layer, the mean of all "
            "classes taken away. Likeness of images is the distance of thumbnails of 16 x 16 pixels; it is "
            "tested on each class's most related class, and over all pairs by Mantel's test with Spearman's "
            "correlation; both relabel the classes. The same on what the last layer sees is given beside it, "
            "but is partly true by construction. The test on the most related class and its bar of 60 % were "
            "added after Mantel's result had been seen, so that finding is an exploration.",
            "The tree of a run, as SVG and in Newick's format, is written by foolery lineage RUN -o DIR.",
        ),
        seconds=search_seconds(runs),
    )


def _related(context: Context, results: Relatedness) -> Finding:
    whole, closest, distinct = results.thumbnail, results.closest, results.distinct
    holds = closest.p < SIGNIFICANT and closest.statistic >= NEARER
    own = "" if distinct is None else f" ({distinct.statistic:.3f} without pairs that one individual holds)"
    return context.judge(
        find_claim(CLAIMS, "related"),
        f"an image is nearer to that of the most related class than to {closest.statistic:.0%} of all, "
        f"{format_p(closest.p)}; rank correlation over all pairs {whole.statistic:.3f}, "
        f"{format_p(whole.p)}",
        grade(holds, min(closest.p, whole.p) < 0.05),
        f"{len(results.classes)} classes, pixels of thumbnails{own}; on the last layer's features the rank "
        f"correlation is {results.feature.statistic:.3f}, {format_p(results.feature.p)}. It holds at "
        f"{NEARER:.0%} or more (chance is 50 %) with p < {SIGNIFICANT:g}, in part with p < 0.05 in either",
    )


def _other_runs(context: Context, spread: dict[str, Diversity]) -> Finding:
    claim = find_claim(CLAIMS, "other runs")
    if not spread:
        return Finding(
            claim, "–", NOT_TESTED, "one run cannot be compared with others; give --seeds 2 or more"
        )
    ratios = {name: each.ratio for name, each in spread.items()}
    verdict: Verdict = (
        grade(min(ratios["pixels"], ratios["texture"]) > 0.5)
    )  # fmt: skip
    ratios_text = ", ".join(f"{ratio:.2f} ({name})" for name, ratio in ratios.items())
    tests = ", ".join(f"{format_p(each.test.p)} ({name})" for name, each in spread.items())
    return context.judge(
        claim,
        f"distance of one class's images in two runs, of that of two classes': {ratios_text}",
        verdict,
        f"are they closer than those of two classes? permutation tests: {tests}. It holds if images of one "
        "class keep more than half the distance of two classes', by pixels and by texture",
    )


def _competition(context: Context, spearman: float, p: float) -> Finding:
    lower = spearman < 0
    return context.judge(
        find_claim(CLAIMS, "competition"),
        f"rank correlation {spearman:.3f}, {format_p(p)}",
        grade(lower and p < SIGNIFICANT, lower and p < 0.05),
        "of a class's confidence with the mean cosine of its weights to those of the five nearest classes. "
        f"It holds where it is negative with p < {SIGNIFICANT:g}, in part with p < 0.05. The paper offers it "
        "as an explanation of the weak band, and did not measure it",
    )


def _goal_switches(context: Context, switches: Sequence[GoalSwitches]) -> Finding:
    mean = float(np.mean([each.mean for each in switches]))
    new = float(np.mean([each.mean_champions for each in switches]))
    shares = [each.share for each in switches]
    share = float(np.mean(shares)) if np.isfinite(shares).all() else 0.0
    close = 0.09 <= share <= 0.36
    return context.judge(
        find_claim(CLAIMS, "goal switches"),
        f"{format_confidence(share)} of {new:.1f} new champions a class "
        f"({mean:.1f}, SD {np.mean([each.spread for each in switches]):.1f})",
        grade(close, share > 0),
        "new champions after generation 0; a switch is one whose parent was not the champion that it "
        "replaced. It holds within a factor of two of the published share, in part if there are any; the "
        "published network, encoding and start (one individual) are others",
    )


def _related_dict(results: Relatedness) -> dict[str, Any]:
    tests = {
        "closest": results.closest,
        "thumbnail": results.thumbnail,
        "feature": results.feature,
        "distinct": results.distinct,
    }
    return {
        "classes": len(results.classes),
        "shared_pairs": results.shared,
        **{
            name: None if test is None else {"statistic": test.statistic, "p": test.p}
            for name, test in tests.items()
        },
    }


def _lineage_dict(switches: GoalSwitches, run: RunFile) -> dict[str, Any]:
    return {
        "seed": run.settings.seed,
        "mean_switches": switches.mean,
        "sd_switches": switches.spread,
        "mean_new_champions": switches.mean_champions,
        "share": switches.share if switches.champions.any() else None,
        **tree_summary(lineage_tree(run)),
    }


def _pairs_table(results: Relatedness) -> ResultTable:
    rows = tuple(
        (f"{one}, {other}", f"{cosine:.2f}", f"nearer than {1 - rank:.0%} of pairs")
        for one, other, cosine, rank in results.nearest(PAIRS)
    )
    return ResultTable(
        "The most related classes", ("classes", "cosine of their weights", "their images"), rows
    )


def _switch_table(switches: Sequence[GoalSwitches], runs: Sequence[RunFile]) -> ResultTable:
    heads = ("seed", "goal switches a class", "SD", "new champions a class", "share", "founders")
    rows = tuple(
        (
            str(one.settings.seed),
            f"{each.mean:.1f}",
            f"{each.spread:.1f}",
            f"{each.mean_champions:.1f}",
            format_confidence(each.share),
            str(tree_summary(lineage_tree(one))["founders"]),
        )
        for each, one in zip(switches, runs, strict=True)
    )
    return ResultTable("Lineages", heads, rows)


def _picture(results: Relatedness, run: RunResult) -> Image:
    """Pairs, two rows of six, one above the other."""
    pairs = [pair[:2] for pair in results.nearest(PAIRS)]
    half = max(1, len(pairs) // 2)
    rows = [
        ImageRow("", tuple(_tile(run.champions[pair[which]]) for pair in part))
        for part in (pairs[:half], pairs[half:])
        if part
        for which in (0, 1)
    ]
    return image_grid(rows)


def _tile(champion: Champion) -> ImageTile:
    return ImageTile(champion.canvas, (champion.label, format_confidence(champion.confidence)))


def _cost(scale: float, seeds: int) -> Cost:
    return evolution_cost("photos", seeds, scale_count(GENERATIONS, scale), BATCH)


REPRODUCTION = Reproduction(
    name="fig9",
    title="Figure 9: related classes, other runs, lineages",
    place="3.4, Fig. 9",
    scale_multiplies="the generations (5001)",
    seeds=1,
    requirements=Requirements(
        (
            ClassifierRequirement(
                "photos", None, "a classifier of many classes, an ONNX file or a torch network"
            ),
        ),
        packages=NEEDS_SCIPY,
    ),
    claims=CLAIMS,
    cost=_cost,
    run=run,
)
