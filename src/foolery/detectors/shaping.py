"""Energy after the features were clipped, pruned or scaled: ReAct, ASH-S and SCALE."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from foolery.detectors.base import Array, Detector, Need, Observation, log_sum_exp, namespace, sorted_rows
from foolery.detectors.vim import head_logits


@dataclass(frozen=True)
class ClippedEnergy(Detector):
    """ReAct (Sun et al., NeurIPS 2021): no feature counts more than a percentile of those of real images.

    Attributes:
        percentile: share of real features below the bound, 0.9 in the paper.
        bound: fitted.
    """

    percentile: float = 0.9
    needs: ClassVar[tuple[Need, ...]] = ("layer", "features")
    bound: float = 0.0

    def images_needed(self, classes: int, features: int) -> int:
        """One image has many features."""
        return 1

    def fit(self, real: Observation, labels: NDArray[np.int64]) -> ClippedEnergy:
        """With the percentile of all features of all images."""
        return replace(self, bound=float(np.percentile(real.features, 100 * self.percentile)))

    def score(self, images: Observation) -> Array:
        """``(N,)``, in units of the logits."""
        clipped = namespace(images.features).clip(images.features, None, self.bound)
        return -log_sum_exp(head_logits(clipped, images))


@dataclass(frozen=True)
class PrunedEnergy(Detector):
    """ASH-S (Djurisic et al., ICLR 2023): the smallest features of each image become 0, the others grow.

    Attributes:
        percentile: share of the features that become 0.
    """

    percentile: float = 0.65
    needs: ClassVar[tuple[Need, ...]] = ("layer", "features")

    def score(self, images: Observation) -> Array:
        """``(N,)``, in units of the logits."""
        least, factor = _largest(images.features, self.percentile)
        kept = images.features * (images.features >= least[:, None])
        return -log_sum_exp(head_logits(kept * factor[:, None], images))


@dataclass(frozen=True)
class ScaledEnergy(Detector):
    """SCALE (Xu et al., ICLR 2024): all features grow, as those that ASH-S would keep.

    Attributes:
        percentile: share of the features that ASH-S would set to 0.
    """

    percentile: float = 0.65
    needs: ClassVar[tuple[Need, ...]] = ("layer", "features")

    def score(self, images: Observation) -> Array:
        """``(N,)``, in units of the logits."""
        _, factor = _largest(images.features, self.percentile)
        return -log_sum_exp(head_logits(images.features * factor[:, None], images))


def _largest(features: Array, percentile: float) -> tuple[Array, Array]:
    """For each row the least feature that is kept, and exp of all features' sum by that of those kept."""
    size = features.shape[1]
    kept = sorted_rows(features)[:, size - max(1, size - int(np.round(size * percentile))) :]
    xp = namespace(features)
    return kept[:, 0], xp.exp(features.sum(1) / kept.sum(1))
