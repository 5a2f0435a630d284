"""Accuracy and confidence of a classifier on labelled images, and its top predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import numpy as np

from foolery.checks.class_order import other_order
from foolery.classifiers import as_classifier
from foolery.classifiers.accuracy import measure_accuracy
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence
from foolery.data import LabelledData, load_data, match_classes
from foolery.data.decode import read_image
from foolery.data.fitting import fit
from foolery.errors import UsageError
from foolery.results import Result


@dataclass(frozen=True)
class EvaluationResult(Result):
    """The figures that the paper's supplement reports on real images, and some more.

    Attributes:
        images: number of images.
        unreadable: images that were left out, one line each.
        top1: share whose label is the top prediction.
        top5: share whose label is among the top five predictions.
        error: share whose label is not the top prediction.
        median_confidence: of the class that was answered.
        median_confidence_right: the same over correct predictions; NaN where there are none.
        median_confidence_wrong: the same over wrong predictions; NaN where there are none.
        calibration_error: expected calibration error, 15 bins; NaN for cosines, which promise nothing.
        matched_by: how the classes of the data were found: ``name``, or ``position`` where no name agrees.
        seconds: that it took, reading the images included.
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

    def to_dict(self) -> dict[str, Any]:
        """All fields as JSON values; what is NaN becomes None."""
        values = asdict(self) | {"unreadable": list(self.unreadable)}
        return {
            name: None if isinstance(value, float) and not isfinite(value) else value
            for name, value in values.items()
        }


def evaluate(classifier: Classifier | str, data: LabelledData | str, split: str = "test") -> EvaluationResult:
    """Ask a classifier about every labelled image.

    Example::

        foolery.evaluate("lenet", "mnist").error      # 0.0092

    Args:
        classifier: to measure, or its reference.
        data: opened data, or a data reference, for instance ``mnist``.
        split: of a reference, ``train`` or ``test``.

    Raises:
        UsageError: for unknown data, data that cannot be had, or class names that do not match, be it that
            images show another order of those that were matched by position.
    """
    start = perf_counter()
    classifier = as_classifier(classifier)
    data = load_data(data, split) if isinstance(data, str) else data
    description = classifier.description
    match = match_classes(data.classes, description.classes, description.name)
    predictions = measure_accuracy(classifier, data)
    message = other_order(predictions, match, data.classes, description.classes)
    if message is not None:
        raise UsageError(f"data: {message}")
    cosines = description.kind == "similarity"
    return EvaluationResult(
        images=len(predictions),
        unreadable=tuple(data.unreadable),
        top1=predictions.top(1),
        top5=predictions.top(5),
        error=predictions.error,
        median_confidence=predictions.median_confidence(),
        median_confidence_right=predictions.median_confidence(predictions.correct),
        median_confidence_wrong=predictions.median_confidence(~predictions.correct),
        calibration_error=float("nan") if cosines else predictions.calibration_error(),
        matched_by=match.by,
        seconds=perf_counter() - start,
    )


BATCH = 32


@dataclass(frozen=True)
class ClassPrediction:
    """A class and the confidence in it.

    Attributes:
        index: of the class.
        name: of the class.
        confidence: a probability; the cosine for ``similarity``.
    """

    index: int
    name: str
    confidence: float


@dataclass(frozen=True)
class Prediction:
    """The top predictions for one image.

    Attributes:
        path: of the file.
        size: ``(height, width)`` of the image.
        resized: whether it had to be fitted to the classifier's canvas.
        top: highest confidence first.
    """

    path: Path
    size: tuple[int, int]
    resized: bool
    top: tuple[ClassPrediction, ...]


def predict(classifier: Classifier, paths: Sequence[Path], top: int = 5) -> Iterator[Prediction]:
    """The ``top`` predictions for every image, in order.

    Raises:
        UsageError: at the first file that is no image, is damaged, or too large.
    """
    description = classifier.description
    for start in range(0, len(paths), BATCH):
        part = paths[start : start + BATCH]
        images = [read_image(path, upright=description.canvas.upright) for path in part]
        sizes = [(image.height, image.width) for image in images]
        scores = classifier.scores(np.stack([fit(image, description.canvas) for image in images]))
        for path, size, row in zip(part, sizes, scores, strict=True):
            indices = np.argsort(-row, kind="stable")[:top]
            confidences = confidence(row[indices], description.kind)
            yield Prediction(
                path,
                size,
                size != (description.canvas.height, description.canvas.width),
                tuple(
                    ClassPrediction(int(index), description.classes[index], float(value))
                    for index, value in zip(indices, confidences, strict=True)
                ),
            )
