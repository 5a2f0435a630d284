"""Distance to the k-th nearest real image: of features (Sun et al., ICML 2022), and of pixels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from foolery.detectors.base import Array, Detector, Need, Observation, canvases_as, like, namespace, unfitted

_TINY = 1e-12  # length of a feature vector of zeros


def kth_distance(points: Array, real: NDArray[np.float64], k: int) -> Array:
    """``(N,)``: Euclidean distance of ``(N, D)`` points to their k-th nearest of ``(M, D)`` real ones."""
    xp, others = namespace(points), like(real, points)
    squared = (points * points).sum(1)[:, None] + (others * others).sum(1) - 2.0 * (points @ others.T)
    if isinstance(points, np.ndarray):
        nearest = np.partition(squared, k - 1, axis=1)[:, k - 1]
    else:
        nearest = squared.kthvalue(k, dim=1).values
    return xp.sqrt(xp.clip(nearest, _TINY**2, None))


@dataclass(frozen=True)
class NearestFeatures(Detector):
    """Distance of features, brought to length 1, to the k-th nearest of real images.

    Attributes:
        k: 50 in the paper for CIFAR-10.
        real: ``(M, F)``, fitted.
    """

    k: int = 50
    needs: ClassVar[tuple[Need, ...]] = ("features",)
    real: NDArray[np.float64] = field(default_factory=unfitted, repr=False)

    def images_needed(self, classes: int, features: int) -> int:
        """There have to be k of them."""
        return self.k

    def fit(self, real: Observation, labels: NDArray[np.int64]) -> NearestFeatures:
        """Keep the features of all images."""
        return replace(self, real=_unit(real.features))

    def score(self, images: Observation) -> Array:
        """``(N,)`` from 0 to 2."""
        return kth_distance(_unit(images.features), self.real, self.k)


def _unit(features: Array) -> Array:
    xp = namespace(features)
    lengths = xp.sqrt((features * features).sum(1))
    return features / xp.clip(lengths, _TINY, None)[:, None]


@dataclass(frozen=True)
class NearestPixels(Detector):
    """Distance of pixels, from 0 to 1, to the k-th nearest of real images: it knows no network.

    Attributes:
        k: which one.
        real: ``(M, C * H * W)`` levels, fitted.
    """

    k: int = 5
    real: NDArray[np.float64] = field(default_factory=unfitted, repr=False)

    def images_needed(self, classes: int, features: int) -> int:
        """There have to be k of them."""
        return self.k

    def fit(self, real: Observation, labels: NDArray[np.int64]) -> NearestPixels:
        """Keep all images."""
        return replace(self, real=canvases_as(real.canvases, real.scores))

    def score(self, images: Observation) -> Array:
        """``(N,)``: Euclidean, of values from 0 to 1."""
        return kth_distance(canvases_as(images.canvases, images.scores), self.real, self.k) / 255.0
