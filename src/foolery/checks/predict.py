"""Predict: what a classifier sees in picture files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence
from foolery.data.decode import read_picture
from foolery.data.fit import fit

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
