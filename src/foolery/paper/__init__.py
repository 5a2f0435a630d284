"""The paper's experiments, each one command, with the paper's number beside ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.paper.experiment import Reproduction as Reproduction
    from foolery.paper.results import ReproductionResult as ReproductionResult
    from foolery.paper.results import ReproductionResults as ReproductionResults
    from foolery.paper.runner import list_reproductions as list_reproductions
    from foolery.paper.runner import reproduce as reproduce
    from foolery.paper.verdicts import Claim as Claim
    from foolery.paper.verdicts import Finding as Finding

__all__ = [
    "Claim",
    "Finding",
    "Reproduction",
    "ReproductionResult",
    "ReproductionResults",
    "list_reproductions",
    "reproduce",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Claim": "foolery.paper.verdicts",
        "Finding": "foolery.paper.verdicts",
        "Reproduction": "foolery.paper.experiment",
        "ReproductionResult": "foolery.paper.results",
        "ReproductionResults": "foolery.paper.results",
        "list_reproductions": "foolery.paper.runner",
        "reproduce": "foolery.paper.runner",
    },
)
