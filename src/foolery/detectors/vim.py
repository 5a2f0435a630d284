"""Virtual logit matching (Wang et al., CVPR 2022)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from foolery.detectors.base import Array, Detector, Need, Observation, like, log_sum_exp, namespace, unfitted
from foolery.errors import UsageError


@dataclass(frozen=True)
class VirtualLogit(Detector):
    """What of the features lies outside the space of real ones, scaled to a logit, less the energy.

    Attributes:
        dimensions: of the space of real features; 0 chooses as the authors do: 1000 of 2048 and more
            features, 512 of 768 and more, else half.
        origin: ``(F,)``, where all logits are zero, fitted.
        residual: ``(F, F - dimensions)``, an orthonormal basis of the rest, fitted.
        alpha: from the length of the rest to a logit, fitted.
    """

    dimensions: int = 0
    needs: ClassVar[tuple[Need, ...]] = ("layer", "features")
    origin: NDArray[np.float64] = field(default_factory=unfitted, repr=False)
    residual: NDArray[np.float64] = field(default_factory=unfitted, repr=False)
    alpha: float = 0.0

    def images_needed(self, classes: int, features: int) -> int:
        """Fewer images than features leave directions that nothing is known of."""
        return features

    def fit(self, real: Observation, labels: NDArray[np.int64]) -> VirtualLogit:
        """With the principal space of real features about the origin."""
        assert real.weights is not None
        assert real.bias is not None
        size = real.features.shape[1]
        kept = self.dimensions or (1000 if size >= 2048 else 512 if size >= 768 else size // 2)
        if kept >= size:
            raise UsageError(f"detector vim: dimensions: expected fewer than the {size} features, got {kept}")
        origin = -np.linalg.pinv(real.weights) @ real.bias
        rest = real.features - origin
        _, vectors = np.linalg.eigh(rest.T @ rest / len(rest))
        residual = np.ascontiguousarray(vectors[:, : size - kept])
        logits = real.features @ real.weights.T + real.bias
        lengths = np.linalg.norm(rest @ residual, axis=1)
        alpha = float(logits.max(axis=1).mean() / lengths.mean())
        return replace(self, origin=origin, residual=residual, alpha=alpha)

    def score(self, images: Observation) -> Array:
        """``(N,)``, in units of the logits."""
        features = images.features
        rest = (features - like(self.origin, features)) @ like(self.residual, features)
        lengths = namespace(features).sqrt((rest * rest).sum(1))
        return self.alpha * lengths - log_sum_exp(head_logits(features, images))


def head_logits(features: Array, images: Observation) -> Array:
    """``(N, K)``: what the last layer gives for features."""
    assert images.weights is not None
    assert images.bias is not None
    return features @ like(images.weights, features).T + like(images.bias, features)
