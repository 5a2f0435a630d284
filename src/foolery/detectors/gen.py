"""Generalized entropy (Liu, Lochman and Zach, CVPR 2023)."""

from __future__ import annotations

from dataclasses import dataclass

from foolery.detectors.base import Array, Detector, Observation, namespace, sorted_rows

_LEAST = 1e-7  # probabilities are clipped to it, and to 1 less it, as in pytorch-ood


@dataclass(frozen=True)
class GeneralizedEntropy(Detector):
    """The mean of ``(p (1 - p)) ** gamma`` over the ``top`` most probable classes.

    The paper's is the sum; the mean, as pytorch-ood has it, does not grow with the number of classes.

    Attributes:
        gamma: exponent, 0.1 in the paper.
        top: classes that count, 100 in the paper; all of them where there are fewer.
    """

    gamma: float = 0.1
    top: int = 100

    def score(self, images: Observation) -> Array:
        """``(N,)``, at least 0."""
        xp = namespace(images.scores)
        p = xp.clip(xp.exp(sorted_rows(images.scores)[:, -self.top :]), _LEAST, 1.0 - _LEAST)
        return xp.mean((p * (1.0 - p)) ** self.gamma, axis=1)
