"""Fit a detector on real images: what it learns, and the threshold that keeps a share of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from foolery.detectors.base import Array, Detector, Observation
from foolery.errors import UsageError


@dataclass(frozen=True)
class FittedDetector:
    """A detector that has seen real images.

    Attributes:
        name: its reference.
        detector: fitted.
        tpr: share of real images that the threshold keeps.
        threshold: the largest score of an image that is accepted.
        unit: from the median score of real images to the threshold: what counts as one step beyond it.
    """

    name: str
    detector: Detector
    tpr: float
    threshold: float
    unit: float

    def margins(self, images: Observation) -> Array:
        """``(N,)``: 0 at the threshold, below 0 where an image is refused, 1 at the median of real images."""
        return (self.threshold - checked_scores(self.detector, images, self.name)) / self.unit


def checked_scores(detector: Detector, images: Observation, name: str) -> Array:
    """``(N,)`` scores of ``images``.

    Raises:
        UsageError: where they are no numbers, or not one for each image; names the detector.
    """
    scores = detector.score(images)
    shape = tuple(getattr(scores, "shape", ()))
    if shape != (len(images),):
        form = f"{shape}" if shape else type(scores).__name__
        raise UsageError(
            f"detector {name}: expected one number for each of {len(images)} images, ({len(images)},), got "
            f"{form}; mend its score()"
        )
    if isinstance(scores, np.ndarray) and np.isnan(scores).any():
        raise UsageError(
            f"detector {name}: gave NaN for image {int(np.isnan(scores).argmax())} of {len(images)}; leave "
            f"it out, or fit it on more images"
        )
    return scores


def images_for_threshold(tpr: float) -> int:
    """How many images a threshold that keeps ``tpr`` of them needs: two are to lie beyond it."""
    return ceil(2.0 / (1.0 - tpr) - 1e-9)


def threshold_keeping(scores: NDArray[np.float64], tpr: float) -> float:
    """The smallest score that at least ``tpr`` of ``scores`` do not exceed."""
    ranked = np.sort(scores)
    return float(ranked[len(ranked) - 1 - int(np.floor(len(ranked) * (1 - tpr) + 1e-9))])


def fit_detector(
    name: str,
    detector: Detector,
    real: Observation,
    labels: NDArray[np.int64],
    held_out: Observation,
    tpr: float = 0.95,
) -> FittedDetector:
    """``detector``, fitted, with the threshold that keeps ``tpr`` of other real images.

    Args:
        name: its reference.
        detector: as it is before it has seen any image.
        real: what it learns from.
        labels: ``(N,) int64`` of those.
        held_out: real images that it does not learn from, for the threshold.
        tpr: between 0 and 1.

    Raises:
        UsageError: for too few images, and for scores that are no numbers.
    """
    if not 0.0 < tpr < 1.0:
        raise UsageError(f"detector {name}: tpr: expected a share between 0 and 1, got {tpr}")
    features = 0 if real.features is None else real.features.shape[1]
    check_count(name, detector, len(real), len(held_out), (real.scores.shape[1], features), tpr)
    fitted = detector.fit(real, labels)
    scores = checked_scores(fitted, held_out, name)
    threshold = threshold_keeping(scores, tpr)
    unit = threshold - float(np.median(scores))
    if not np.isfinite(threshold):
        raise UsageError(f"detector {name}: its scores of real images are not finite; leave it out")
    return FittedDetector(name, fitted, tpr, threshold, unit if unit > 0 else max(abs(threshold), 1e-12))


def check_count(
    name: str, detector: Detector, real: int, held_out: int, sizes: tuple[int, int], tpr: float
) -> None:
    """Raise UsageError where there are too few images to fit ``detector``; says how many it needs."""
    needed = detector.images_needed(*sizes)
    beyond = images_for_threshold(tpr)
    if real < needed or held_out < beyond:
        raise UsageError(
            f"detector {name}: {real + held_out} images to fit on are too few: half of them have to be at "
            f"least {max(needed, beyond)} ({needed} to learn from, {beyond} for a threshold at a TPR of "
            f"{100 * tpr:g} %); give {2 * max(needed, beyond)} or more"
        )
