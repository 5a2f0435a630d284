"""Analysis: what is measured on finished runs: transfer, verification, lineage, statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.analysis.champion_files import export_champions as export_champions
    from foolery.analysis.lineage import GoalSwitches as GoalSwitches
    from foolery.analysis.lineage import LineageNode as LineageNode
    from foolery.analysis.lineage import goal_switches as goal_switches
    from foolery.analysis.lineage import lineage_tree as lineage_tree
    from foolery.analysis.lineage import newick as newick
    from foolery.analysis.statistics import bootstrap_median as bootstrap_median
    from foolery.analysis.statistics import mann_whitney as mann_whitney
    from foolery.analysis.transferability import TransferMatrix as TransferMatrix
    from foolery.analysis.transferability import transfer as transfer
    from foolery.analysis.verification import Verification as Verification
    from foolery.analysis.verification import verify as verify

__all__ = [
    "GoalSwitches",
    "LineageNode",
    "TransferMatrix",
    "Verification",
    "bootstrap_median",
    "export_champions",
    "goal_switches",
    "lineage_tree",
    "mann_whitney",
    "newick",
    "transfer",
    "verify",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "bootstrap_median": "foolery.analysis.statistics",
        "export_champions": "foolery.analysis.champion_files",
        "goal_switches": "foolery.analysis.lineage",
        "GoalSwitches": "foolery.analysis.lineage",
        "lineage_tree": "foolery.analysis.lineage",
        "LineageNode": "foolery.analysis.lineage",
        "mann_whitney": "foolery.analysis.statistics",
        "newick": "foolery.analysis.lineage",
        "transfer": "foolery.analysis.transferability",
        "TransferMatrix": "foolery.analysis.transferability",
        "Verification": "foolery.analysis.verification",
        "verify": "foolery.analysis.verification",
    },
)
