"""Evaluate: how often a classifier is right about labelled pictures, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Literal

import numpy as np

from foolery.classifiers.accuracy import measure
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence
from foolery.data import match_classes, open_data
from foolery.data.decode import read_picture
from foolery.data.fit import fit


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


BATCH = 32


@dataclass(frozen=True)
class Answer:
    """A class and how sure the classifier is of it.

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
    """The first answers about one picture.

    Attributes:
        path: of the file.
        size: ``(height, width)`` of the picture.
        resized: whether it had to be fitted to the classifier's canvas.
        answers: the surest first.
    """

    path: Path
    size: tuple[int, int]
    resized: bool
    answers: tuple[Answer, ...]


def predict(classifier: Classifier, paths: Sequence[Path], top: int = 5) -> Iterator[Prediction]:
    """The ``top`` answers about every picture, in order.

    Raises:
        UsageError: at the first file that is no picture, is damaged, or too large.
    """
    known = classifier.description
    for start in range(0, len(paths), BATCH):
        part = paths[start : start + BATCH]
        pictures = [read_picture(path) for path in part]
        sizes = [(picture.height, picture.width) for picture in pictures]
        scores = classifier.scores(np.stack([fit(picture, known.canvas) for picture in pictures]))
        for path, size, row in zip(part, sizes, scores, strict=True):
            first = np.argsort(-row, kind="stable")[:top]
            sure = confidence(row[first], known.kind)
            yield Prediction(
                path,
                size,
                size != (known.canvas.height, known.canvas.width),
                tuple(
                    Answer(int(index), known.classes[index], float(value))
                    for index, value in zip(first, sure, strict=True)
                ),
            )
