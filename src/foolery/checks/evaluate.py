"""Evaluate: how often a classifier is right about labelled pictures, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Literal

from foolery.classifiers.base import Classifier
from foolery.data import match_classes, open_data
from foolery.training.measure import measure


@dataclass(frozen=True)
class Evaluation:
    """The figures that the paper's supplement reports on real pictures, and some more.

    Attributes:
        images: number of pictures that were asked about.
        unreadable: pictures that were left out, one line each.
        top1: share whose label was the first answer.
        top5: share whose label was among the first five answers.
        error: share whose label was not the first answer.
        median_confidence: of the class that was answered.
        median_confidence_right: the same over right answers; NaN where there are none.
        median_confidence_wrong: the same over wrong answers; NaN where there are none.
        calibration_error: expected calibration error, 15 bins; NaN for cosines, which promise nothing.
        matched_by: how the classes of the data were found: ``name``, or ``position`` where no name agrees.
        seconds: that it took, reading the pictures included.
    """

    images: int
    unreadable: tuple[str, ...]
    top1: float
    top5: float
    error: float
    median_confidence: float
    median_confidence_right: float
    median_confidence_wrong: float
    calibration_error: float
    matched_by: Literal["name", "position"]
    seconds: float


def evaluate(classifier: Classifier, data_reference: str, split: str = "test") -> Evaluation:
    """Ask ``classifier`` about every picture of a data reference, for instance ``mnist``.

    Raises:
        UsageError: for unknown data, data that cannot be had, or class names that do not match.
    """
    start = perf_counter()
    data, known = open_data(data_reference, split), classifier.description
    matched = match_classes(data.classes, known.classes, known.name).by
    answers = measure(classifier, data)
    cosines = known.kind == "similarity"
    return Evaluation(
        images=len(answers),
        unreadable=tuple(data.unreadable),
        top1=answers.top(1),
        top5=answers.top(5),
        error=answers.error,
        median_confidence=answers.median_confidence(),
        median_confidence_right=answers.median_confidence(answers.right),
        median_confidence_wrong=answers.median_confidence(~answers.right),
        calibration_error=float("nan") if cosines else answers.calibration_error(),
        matched_by=matched,
        seconds=perf_counter() - start,
    )
