"""Analysis: what evolution found, measured on finished runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.analysis.champion_files import export_champions as export_champions
    from foolery.analysis.confusable import ClassBandComparison as ClassBandComparison
    from foolery.analysis.confusable import compare_band as compare_band
    from foolery.analysis.confusable import dogs_and_cats as dogs_and_cats
    from foolery.analysis.diversity import Diversity as Diversity
    from foolery.analysis.diversity import measure_diversity as measure_diversity
    from foolery.analysis.lineage import GoalSwitches as GoalSwitches
    from foolery.analysis.lineage import Lineage as Lineage
    from foolery.analysis.lineage import LineageNode as LineageNode
    from foolery.analysis.lineage import trace_lineage as trace_lineage
    from foolery.analysis.relatedness import Relatedness as Relatedness
    from foolery.analysis.relatedness import measure_relatedness as measure_relatedness
    from foolery.analysis.repetition import Repetition as Repetition
    from foolery.analysis.repetition import measure_repetition as measure_repetition
    from foolery.analysis.statistics import RankTest as RankTest
    from foolery.analysis.statistics import Trend as Trend
    from foolery.analysis.statistics import bootstrap_median as bootstrap_median
    from foolery.analysis.statistics import mann_whitney as mann_whitney
    from foolery.analysis.statistics import mantel as mantel
    from foolery.analysis.statistics import trend as trend
    from foolery.analysis.transfer_matrix import TransferCell as TransferCell
    from foolery.analysis.transfer_matrix import TransferMatrix as TransferMatrix
    from foolery.analysis.transfer_matrix import TransferRow as TransferRow
    from foolery.analysis.transferability import transfer as transfer
    from foolery.analysis.verification import Verification as Verification
    from foolery.analysis.verification import verify as verify

__all__ = [
    "ClassBandComparison",
    "Diversity",
    "GoalSwitches",
    "Lineage",
    "LineageNode",
    "RankTest",
    "Relatedness",
    "Repetition",
    "TransferCell",
    "TransferMatrix",
    "TransferRow",
    "Trend",
    "Verification",
    "bootstrap_median",
    "compare_band",
    "dogs_and_cats",
    "export_champions",
    "mann_whitney",
    "mantel",
    "measure_diversity",
    "measure_relatedness",
    "measure_repetition",
    "trace_lineage",
    "transfer",
    "trend",
    "verify",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "ClassBandComparison": "foolery.analysis.confusable",
        "Diversity": "foolery.analysis.diversity",
        "GoalSwitches": "foolery.analysis.lineage",
        "Lineage": "foolery.analysis.lineage",
        "LineageNode": "foolery.analysis.lineage",
        "RankTest": "foolery.analysis.statistics",
        "Relatedness": "foolery.analysis.relatedness",
        "Repetition": "foolery.analysis.repetition",
        "TransferCell": "foolery.analysis.transfer_matrix",
        "TransferMatrix": "foolery.analysis.transfer_matrix",
        "TransferRow": "foolery.analysis.transfer_matrix",
        "Trend": "foolery.analysis.statistics",
        "Verification": "foolery.analysis.verification",
        "bootstrap_median": "foolery.analysis.statistics",
        "compare_band": "foolery.analysis.confusable",
        "dogs_and_cats": "foolery.analysis.confusable",
        "export_champions": "foolery.analysis.champion_files",
        "mann_whitney": "foolery.analysis.statistics",
        "mantel": "foolery.analysis.statistics",
        "measure_diversity": "foolery.analysis.diversity",
        "measure_relatedness": "foolery.analysis.relatedness",
        "measure_repetition": "foolery.analysis.repetition",
        "trace_lineage": "foolery.analysis.lineage",
        "transfer": "foolery.analysis.transferability",
        "trend": "foolery.analysis.statistics",
        "verify": "foolery.analysis.verification",
    },
)
