"""What experiments of transfer share: a matrix as JSON values and as a table, and the claims about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite, sqrt
from typing import Any

from foolery.analysis.transfer_matrix import TransferMatrix
from foolery.paper.experiment import ResultTable
from foolery.paper.verdicts import (
    NO_VERDICT,
    Claim,
    Evidence,
    Finding,
    decide,
    find_claim,
    grade,
    untested,
)
from foolery.text import format_confidence

NOT_RECORDED = "how many the other network predicts as another class, of those at 99.99 %, was not recorded"
NONE_CERTAIN = "no image is at 99.99 % on its own network, so none can show the claim"
Cell = tuple[Mapping[str, Any], str, Mapping[str, Any]]


def matrix_figures(matrix: TransferMatrix) -> dict[str, object]:
    """JSON values of the pooled rows."""
    values = matrix.to_dict()
    return {name: values[name] for name in ("columns", "pooled", "unmatched")}


def judge_matrix(
    matrix: Mapping[str, Any], classes: int, claims: Sequence[Claim], evidence: Evidence
) -> tuple[Finding, ...]:
    """Findings for the claims ``both``, ``one`` and ``more than chance`` of a matrix as JSON has it."""
    cells: list[Cell] = [
        (row, column, cell)
        for row in matrix["pooled"]
        for column, cell in zip(matrix["columns"], row["cells"], strict=True)
        if not cell["own"]
    ]
    keys = ("both", "one", "more than chance")
    if not cells:
        return tuple(untested(find_claim(claims, key), "all references name one network") for key in keys)
    both, one, chance = (find_claim(claims, key) for key in keys)
    certain = any(each["source_9999"] for _, _, each in cells)
    sure = evidence if certain else replace(evidence, missing=NONE_CERTAIN)
    return _both(both, cells, sure), _one(one, cells, sure), _chance(chance, cells, classes, evidence)


def _both(claim: Claim, cells: Sequence[Cell], evidence: Evidence) -> Finding:
    counts = [round(each["both_9999"] * each["images"]) for _, _, each in cells]
    return decide(
        claim,
        _shares_text(cells, "both_9999"),
        NO_VERDICT if evidence.missing else grade(min(counts) > 0, sum(counts)),
        f"{sum(counts)} of {sum(each['images'] for _, _, each in cells)} images; it says that there are "
        "some, and holds where there are for every pair of networks and encoding, in part for any",
        evidence,
    )


def _one(claim: Claim, cells: Sequence[Cell], evidence: Evidence) -> Finding:
    """Only by its own: 99.99 % there, and another first answer or less than 50 % by the other."""
    rule = (
        "only by its own network: at 99.99 % or more there, while the other predicts another class or "
        "gives less than 50 %; it holds where there are some for every pair and encoding, in part for any"
    )
    if any("source_only" not in each for _, _, each in cells):
        least = [max(0.0, each["source_9999"] - each["match_rate"]) for _, _, each in cells]
        sure = sum(share > 0 for share in least)
        return decide(
            claim,
            f"at least {format_confidence(min(least))} to {format_confidence(max(least))} of the images of "
            "a pair",
            grade(False, sure),
            f"{NOT_RECORDED}; at least the share at 99.99 % less the share that matches, which is above 0 "
            f"for {sure} of {len(cells)} pairs. {rule}",
            Evidence(evidence.unit, evidence.units, evidence.amounts, missing=NOT_RECORDED)
            if not sure
            else evidence,
        )
    counts = [round(each["source_only"] * each["images"]) for _, _, each in cells]
    seen = NO_VERDICT if evidence.missing else grade(min(counts) > 0, sum(counts))
    return decide(claim, _shares_text(cells, "source_only"), seen, rule, evidence)


def _chance(claim: Claim, cells: Sequence[Cell], classes: int, evidence: Evidence) -> Finding:
    """A run counts once, however many images it has: its champions are relatives."""
    chance = 1 / classes
    rates = [each["match_rate"] for _, _, each in cells]
    bars = [chance + 3 * sqrt(chance * (1 - chance) / row["runs"]) for row, _, _ in cells]
    above = [rate > bar for rate, bar in zip(rates, bars, strict=True)]
    return decide(
        claim,
        _shares_text(cells, "match_rate"),
        grade(all(above), any(above)),
        f"an ignorant network matches {format_confidence(chance)}; the smallest rate is "
        f"{min(rates) / chance:.1f} times that. It holds where every rate is above chance by three "
        f"standard errors of as many images as there are runs ({format_confidence(max(bars))}), in part "
        "for some",
        evidence,
    )


def _shares_text(cells: Sequence[Cell], name: str) -> str:
    return ", ".join(
        f"{format_rate(each[name])} ({row['encoding']}, {row['classifier']} to {column})"
        for row, column, each in cells
    )


def format_rate(value: float | None) -> str:
    """``12.3 %``; a dash where nothing was measured."""
    return "–" if value is None or not isfinite(value) else f"{100 * value:.1f} %"


def matrix_table(matrix: TransferMatrix) -> ResultTable:
    """A row for each pair: rates and confidences, matched and unmatched."""
    heads = (
        "evolved against", "scored by", "images", "match", "target class", "if match", "if not",
        "both ≥ 99 %", "both ≥ 99.99 %", "only its own",
    )  # fmt: skip
    rows = [
        (
            row.name,
            column,
            str(each.images),
            format_rate(each.match_rate),
            *(
                f"{value:.3f}" if isfinite(value) else "–"
                for value in (each.confidence, each.confidence_matched, each.confidence_mismatched)
            ),
            format_rate(each.both_99),
            format_rate(each.both_9999),
            format_rate(each.source_only),
        )
        for row in matrix.pooled
        for column, each in zip(matrix.columns, row.cells, strict=True)
    ]
    return ResultTable(
        "All networks (match: top prediction; the next three are mean confidences)", heads, tuple(rows)
    )
