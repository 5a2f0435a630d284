"""Evaluate: how often a classifier is right about labelled pictures, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from foolery.classifiers.contract import Classifier
from foolery.data import open_data
from foolery.training.measure import measure


@dataclass(frozen=True)
class Evaluation:
    """The figures that the paper's supplement reports on real pictures, and two more.

    Attributes:
        images: number of pictures.
        top1: share whose label was the first answer.
        top5: share whose label was among the first five answers.
        error: share whose label was not.
        median_confidence: of the class that was answered.
        median_confidence_right: the same over right answers; NaN where there are none.
        median_confidence_wrong: the same over wrong answers; NaN where there are none.
        calibration_error: expected calibration error, 15 bins.
        seconds: that it took, reading the pictures included.
    """

    images: int
    top1: float
    top5: float
    error: float
    median_confidence: float
    median_confidence_right: float
    median_confidence_wrong: float
    calibration_error: float
    seconds: float


def evaluate(classifier: Classifier, data_reference: str, split: str = "test") -> Evaluation:
    """Ask ``classifier`` about every picture of a data reference, for instance ``mnist``.

    Raises:
        UsageError: for unknown data, data that cannot be had, or another number of classes.
    """
    start = perf_counter()
    answers = measure(classifier, open_data(data_reference, split))
    return Evaluation(
        images=len(answers),
        top1=answers.top(1),
        top5=answers.top(5),
        error=answers.error,
        median_confidence=answers.median_confidence(),
        median_confidence_right=answers.median_confidence(answers.right),
        median_confidence_wrong=answers.median_confidence(~answers.right),
        calibration_error=answers.calibration_error(),
        seconds=perf_counter() - start,
    )
