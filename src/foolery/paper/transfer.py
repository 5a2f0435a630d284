"""Transfer: images evolved against one network, shown to others (paper 3.5 and supplement)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from foolery.analysis.transfer_matrix import TransferCell, TransferMatrix
from foolery.analysis.transfer_matrix import TransferRow as Matrix
from foolery.analysis.transferability import transfer
from foolery.classifiers.scores import confidence
from foolery.data.class_matching import match_by_name
from foolery.data.fitting import fit_all
from foolery.engine.run import RunResult, make_run_result
from foolery.paper.cost import Cost, CostItem
from foolery.paper.experiment import (
    DIGITS,
    Claim,
    ClassifierRequirement,
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
from foolery.paper.fig5 import BATCH, GENERATIONS, RUNS
from foolery.paper.figures import ImageRow, ImageTile, image_grid
from foolery.paper.measures import search_seconds
from foolery.paper.runs import evolve_runs
from foolery.text import VERY_CONFIDENT, format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

ENCODINGS = ("cppn", "direct")
ROLES = ("digits", "digits-b", "digits-c")
SHOWN = 10

CLAIMS = (
    Claim("both", "some images are given at least 99.99 % by both networks", "3.5, supplement", "some"),
    Claim("one", "others only by the network that they were evolved against", "3.5, supplement", "others"),
    Claim(
        "more than chance",
        "the other network's top prediction matches, more often than by chance",
        "3.5",
        "–",
    ),
)


def run(context: Context) -> ReproductionOutcome:
    """Runs of 200 generations against the first two networks; scale multiplies their number."""
    seeds = range(scale_count(context.seeds, context.scale))
    results, seconds = [], 0.0
    for role in ROLES[:2]:
        for encoding in ENCODINGS:
            runs = evolve_runs(context, role, encoding, generations=GENERATIONS, batch=BATCH, seeds=seeds)
            results += [make_run_result(each) for each in runs]
            seconds += search_seconds(runs)
    classifiers = {role: context.classifiers[role] for role in ROLES if role in context.classifiers}
    matrix = transfer(results, list(classifiers.values()))
    other_cells = [
        (row, column, passage)
        for row in matrix.pooled
        for column, passage in zip(matrix.columns, row.cells, strict=True)
        if not passage.own
    ]
    return ReproductionOutcome(
        (_both(context, other_cells), _one(context, other_cells), _chance(context, other_cells, results)),
        {"matrix": _figures(matrix), "runs": len(results)},
        tables=(_table(matrix),),
        picture=_picture(context, results),
        caption=f"Champions of {ROLES[0]} (CPPN) that {ROLES[1]} is most and least certain of, with its "
        "confidence in the class that they were evolved for.",
        notes=(
            "The networks have the same architecture and training and other random starts (the paper's first "
            "case); a network of another architecture, given with --classifier digits-c=REF, scores them "
            "too. Classes are matched by name; every canvas is drawn again from its genome, in 8 bits, and "
            "its hash compared. The numbers of the paper's transfer table are not known to us.",
        ),
        seconds=seconds,
    )


def _both(context: Context, cells: Sequence[tuple[Matrix, str, TransferCell]]) -> Finding:
    claim = find_claim(CLAIMS, "both")
    if not cells:
        return untested(claim, "all references name one network")
    counts = [round(each.both_9999 * each.images) for _, _, each in cells]
    return context.judge(
        claim,
        _shares_text(cells, "both_9999"),
        grade(min(counts) > 0, sum(counts)),
        f"{sum(counts)} of {sum(each.images for _, _, each in cells)} images; it holds where there are "
        "some for every pair of networks and encoding, in part for any",
    )


def _one(context: Context, cells: Sequence[tuple[Matrix, str, TransferCell]]) -> Finding:
    claim = find_claim(CLAIMS, "one")
    if not cells:
        return untested(claim, "all references name one network")
    counts = [round((each.source_9999 - each.both_9999) * each.images) for _, _, each in cells]
    shares = ", ".join(
        f"{format_confidence(count / each.images)} ({_pair(row, column)})"
        for count, (row, column, each) in zip(counts, cells, strict=True)
    )
    return context.judge(
        claim,
        shares,
        grade(min(counts) > 0, sum(counts)),
        "images at 99.99 % or more from their own network, and below that from the other; it holds where "
        "there are some for every pair and encoding",
    )


def _chance(
    context: Context, cells: Sequence[tuple[Matrix, str, TransferCell]], results: Sequence[RunResult]
) -> Finding:
    claim = find_claim(CLAIMS, "more than chance")
    if not cells:
        return untested(claim, "all references name one network")
    chance = 1 / len(results[0].settings.classes)
    rates = [each.match_rate for _, _, each in cells]
    above = [
        rate > chance + 3 * np.sqrt(chance * (1 - chance) / each.images)
        for rate, (_, _, each) in zip(rates, cells, strict=True)
    ]
    return context.judge(
        claim,
        _shares_text(cells, "match_rate"),
        grade(all(above), any(above)),
        f"chance is {format_confidence(chance)}; it holds where every rate is above it by three standard "
        "errors, in part for some",
    )


def _shares_text(cells: Sequence[tuple[Matrix, str, TransferCell]], name: str) -> str:
    return ", ".join(f"{_rate(getattr(each, name))} ({_pair(row, column)})" for row, column, each in cells)


def _pair(row: Matrix, column: str) -> str:
    return f"{row.encoding}, {row.classifier} to {column}"


def _rate(value: float) -> str:
    return f"{100 * value:.1f} %" if np.isfinite(value) else "–"


def _figures(matrix: TransferMatrix) -> dict[str, object]:
    values = matrix.to_dict()
    return {name: values[name] for name in ("columns", "pooled", "unmatched")}


def _table(matrix: TransferMatrix) -> ResultTable:
    heads = (
        "evolved against", "scored by", "images", "match", "target class", "if match", "if not",
        "both ≥ 99 %", "both ≥ 99.99 %",
    )  # fmt: skip
    rows = [
        (
            row.name,
            column,
            str(each.images),
            _rate(each.match_rate),
            *(
                f"{value:.3f}" if np.isfinite(value) else "–"
                for value in (each.confidence, each.confidence_matched, each.confidence_mismatched)
            ),
            _rate(each.both_99),
            _rate(each.both_9999),
        )
        for row in matrix.pooled
        for column, each in zip(matrix.columns, row.cells, strict=True)
    ]
    return ResultTable(
        "All networks (match: top prediction; the next three are mean confidences)", heads, tuple(rows)
    )


def _picture(context: Context, results: Sequence[RunResult]) -> Image:
    own, other = (context.classifiers[role] for role in ROLES[:2])
    champions = [
        champion
        for each in results
        if each.settings.encoding == "cppn" and each.settings.fingerprint == own.description.fingerprint
        for champion in each.champions.values()
        if champion.confidence >= VERY_CONFIDENT
    ] or [champion for each in results[:1] for champion in each.champions.values()]
    index = np.array([champion.index for champion in champions])
    canvases = np.stack([champion.canvas for champion in champions])
    description = other.description
    scores = confidence(other.scores(fit_all(canvases, description.canvas)), description.kind)
    positions = match_by_name(own.description.classes, description.classes)[index]
    values = np.where(positions >= 0, scores[np.arange(len(index)), positions], 0.0)
    order = np.argsort(-values, kind="stable")
    count = min(SHOWN, len(order))
    return image_grid(
        [
            ImageRow(
                title,
                tuple(
                    ImageTile(
                        champions[at].canvas, (champions[at].label, format_confidence(float(values[at])))
                    )
                    for at in part.tolist()
                ),
            )
            for title, part in (("most", order[:count]), ("least", order[::-1][:count]))
        ]
    )


def _cost(scale: float, seeds: int) -> Cost:
    queries = len(ENCODINGS) * scale_count(seeds, scale) * (GENERATIONS + 1) * BATCH
    return Cost((CostItem("digits", queries), CostItem("digits-b", queries)))


REPRODUCTION = Reproduction(
    name="transfer",
    title="Transfer between networks",
    place="3.5 and supplement",
    scale_multiplies="the number of runs (50 for each network and encoding)",
    seeds=RUNS,
    requirements=Requirements(
        (
            DIGITS,
            ClassifierRequirement("digits-b", "lenet-b", "a second one, of another random start"),
            ClassifierRequirement("digits-c", None, "one of another architecture", required=False),
        )
    ),
    claims=CLAIMS,
    cost=_cost,
    run=run,
)
