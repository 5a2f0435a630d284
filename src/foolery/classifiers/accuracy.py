"""Accuracy: predictions on labelled images, their error, confidence and calibration."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.base import Classifier, Kind
from foolery.classifiers.scores import confidence
from foolery.data.class_matching import match_classes
from foolery.data.labelled import LabelledData
from foolery.stages import counted

BINS = 15


@dataclass(frozen=True)
class LabelledPredictions:
    """One row per image.

    Attributes:
        confidences: ``(N,) float64``, of the predicted class.
        ranks: ``(N,) int64``, of the label among the scores; 0 where it is the predicted class.
        labels: ``(N,) int64``, the classifier's class that each image shows; empty where nobody asked.
        predicted: ``(N,) int64``, the class of the highest score, likewise.
    """

    confidences: NDArray[np.float64]
    ranks: NDArray[np.int64]
    labels: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    predicted: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def from_scores(
        cls, scores: NDArray[np.float64], labels: NDArray[np.int64], kind: Kind
    ) -> LabelledPredictions:
        """From ``(N, K)`` scores and ``(N,)`` labels; among equal scores the smaller index comes first."""
        rows = np.arange(len(labels))
        label_scores = scores[rows, labels][:, None]
        earlier = np.arange(scores.shape[1])[None, :] < labels[:, None]
        ranks = ((scores > label_scores) | ((scores == label_scores) & earlier)).sum(axis=1)
        predicted = scores.argmax(axis=1).astype(np.int64)
        return cls(confidence(scores.max(axis=1), kind), ranks.astype(np.int64), labels, predicted)

    @classmethod
    def concatenate(cls, parts: list[LabelledPredictions]) -> LabelledPredictions:
        """All parts, in order."""
        if not parts:
            return cls(np.empty(0), np.empty(0, np.int64))
        return cls(
            np.concatenate([part.confidences for part in parts]),
            np.concatenate([part.ranks for part in parts]),
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.predicted for part in parts]),
        )

    def __len__(self) -> int:
        return len(self.ranks)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """``(N,)``: whether the label was predicted."""
        first: NDArray[np.bool_] = self.ranks == 0
        return first

    @property
    def error(self) -> float:
        """Share of wrong predictions; NaN without images."""
        return float((~self.correct).mean()) if len(self) else float("nan")

    def top(self, count: int) -> float:
        """Share of images whose label is among the top ``count`` classes; NaN without images."""
        return float((self.ranks < count).mean()) if len(self) else float("nan")

    def median_confidence(self, mask: NDArray[np.bool_] | None = None) -> float:
        """Median confidence, of the chosen rows or of all; NaN where there are none."""
        confidences = self.confidences if mask is None else self.confidences[mask]
        return float(np.median(confidences)) if len(confidences) else float("nan")

    def calibration_error(self, bins: int = BINS) -> float:
        """Expected calibration error (Naeini, Cooper, Hauskrecht, AAAI 2015) over bins of equal width.

        The mean over images of how far, within the image's bin, the mean confidence is from the share
        of right predictions. NaN without images.
        """
        if not len(self):
            return float("nan")
        place = np.clip((self.confidences * bins).astype(np.int64), 0, bins - 1)
        gap = np.bincount(place, self.confidences - self.correct, minlength=bins)
        return float(np.abs(gap).sum() / len(self))


STANDARD_ERRORS = 3.0  # standard errors above guessing


def better_than_chance(accuracy: float, images: int, classes: int) -> bool:
    """Whether ``accuracy`` on so many images is beyond what guessing among ``classes`` would give."""
    chance, count = 1 / classes, max(1, images)
    # Half an image less: the normal curve is not a count, and is too narrow where few guesses hit.
    return accuracy - 0.5 / count > chance + STANDARD_ERRORS * sqrt(chance * (1 - chance) / count)


REAL_IMAGES = "real images"  # the stage in which they are scored
BATCH = 400  # images in memory at a time, of LeNet's size
_VALUES = BATCH * 256 * 256  # and the most values of larger ones


def measure_accuracy(classifier: Classifier, data: LabelledData) -> LabelledPredictions:
    """Predictions of ``classifier`` for every image of ``data``, in order; unreadable ones are left out.

    Raises:
        UsageError: where the class names of the two do not match, and where no image can be read.
    """
    description = classifier.description
    index = match_classes(data.classes, description.classes, description.name).index
    size = max(1, min(BATCH, _VALUES // description.canvas.size))
    parts = [
        LabelledPredictions.from_scores(
            classifier.scores(part.canvases), index[part.labels], description.kind
        )
        for part in counted(data.batches(size, description.canvas), REAL_IMAGES, len(data))
    ]
    return LabelledPredictions.concatenate(parts)
