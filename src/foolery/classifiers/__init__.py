"""Classifiers: what is being fooled, with preprocessing and class names inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.classifiers.accuracy import measure_accuracy as measure_accuracy
    from foolery.classifiers.base import Classifier as Classifier
    from foolery.classifiers.base import Description as Description
    from foolery.classifiers.card import Card as Card
    from foolery.classifiers.card import read_card as read_card
    from foolery.classifiers.live import as_classifier as as_classifier
    from foolery.classifiers.live import wrap as wrap
    from foolery.classifiers.onnx_torch import with_gradient as with_gradient
    from foolery.classifiers.registry import list_classifiers as list_classifiers
    from foolery.classifiers.registry import load_classifier as load_classifier
    from foolery.classifiers.registry import load_recorded as load_recorded
    from foolery.classifiers.wrappers.ensemble import ensemble as ensemble
    from foolery.classifiers.wrappers.metered import Budget as Budget
    from foolery.classifiers.wrappers.metered import BudgetSpent as BudgetSpent
    from foolery.classifiers.wrappers.metered import Metered as Metered
    from foolery.classifiers.wrappers.rejection import with_reject_option as with_reject_option
    from foolery.classifiers.wrappers.ten_crop import ten_crop as ten_crop

__all__ = [
    "Budget",
    "BudgetSpent",
    "Card",
    "Classifier",
    "Description",
    "Metered",
    "as_classifier",
    "ensemble",
    "list_classifiers",
    "load_classifier",
    "load_recorded",
    "measure_accuracy",
    "read_card",
    "ten_crop",
    "with_gradient",
    "with_reject_option",
    "wrap",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Budget": "foolery.classifiers.wrappers.metered",
        "BudgetSpent": "foolery.classifiers.wrappers.metered",
        "Card": "foolery.classifiers.card",
        "Classifier": "foolery.classifiers.base",
        "Description": "foolery.classifiers.base",
        "Metered": "foolery.classifiers.wrappers.metered",
        "as_classifier": "foolery.classifiers.live",
        "ensemble": "foolery.classifiers.wrappers.ensemble",
        "list_classifiers": "foolery.classifiers.registry",
        "load_classifier": "foolery.classifiers.registry",
        "load_recorded": "foolery.classifiers.registry",
        "measure_accuracy": "foolery.classifiers.accuracy",
        "read_card": "foolery.classifiers.card",
        "ten_crop": "foolery.classifiers.wrappers.ten_crop",
        "with_gradient": "foolery.classifiers.onnx_torch",
        "with_reject_option": "foolery.classifiers.wrappers.rejection",
        "wrap": "foolery.classifiers.live",
    },
)
