"""Checks: is this classifier set up correctly? Its contract, its card, its accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.checks.accuracy import ClassPrediction as ClassPrediction
    from foolery.checks.accuracy import EvaluationResult as EvaluationResult
    from foolery.checks.accuracy import Prediction as Prediction
    from foolery.checks.accuracy import evaluate as evaluate
    from foolery.checks.accuracy import predict as predict
    from foolery.checks.card_search import CardSearchResult as CardSearchResult
    from foolery.checks.card_search import find_card as find_card
    from foolery.checks.contract import Check as Check
    from foolery.checks.preflight_result import PreflightResult as PreflightResult
    from foolery.checks.preflight_result import preflight as preflight

__all__ = [
    "CardSearchResult",
    "Check",
    "ClassPrediction",
    "EvaluationResult",
    "Prediction",
    "PreflightResult",
    "evaluate",
    "find_card",
    "predict",
    "preflight",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "CardSearchResult": "foolery.checks.card_search",
        "Check": "foolery.checks.contract",
        "ClassPrediction": "foolery.checks.accuracy",
        "EvaluationResult": "foolery.checks.accuracy",
        "Prediction": "foolery.checks.accuracy",
        "PreflightResult": "foolery.checks.preflight_result",
        "evaluate": "foolery.checks.accuracy",
        "find_card": "foolery.checks.card_search",
        "predict": "foolery.checks.accuracy",
        "preflight": "foolery.checks.preflight_result",
    },
)
