"""Maximum softmax probability: the baseline of Hendrycks and Gimpel (ICLR 2017)."""

from __future__ import annotations

from dataclasses import dataclass

from foolery.detectors.base import Array, Detector, Observation, namespace


@dataclass(frozen=True)
class MaxSoftmax(Detector):
    """``1 - max p``: the probability that the predicted class lacks.

    The paper's score is ``-max p``, which has no digits left where fooling images are: 1 - 1e-17 is 1. The
    difference, 1, changes no comparison.
    """

    def score(self, images: Observation) -> Array:
        """``(N,)`` from 0 to 1."""
        xp = namespace(images.scores)
        return -xp.expm1(xp.amax(images.scores, axis=1))
