"""Mahalanobis distance of features to the nearest class (Lee et al., NeurIPS 2018)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from foolery.detectors.base import Array, Detector, Need, Observation, like, namespace, unfitted

_RIDGE = 1e-6  # added to every variance, as in pytorch-ood


@dataclass(frozen=True)
class Gaussians:
    """One mean for each class, and one inverse of a scatter matrix for all.

    Attributes:
        means: ``(K, F)``.
        precision: ``(F, F)``, the inverse of the summed outer products of what is left of the features
            without their means. As in pytorch-ood it is not divided by N, which changes no comparison.
    """

    means: NDArray[np.float64] = field(default_factory=unfitted, repr=False)
    precision: NDArray[np.float64] = field(default_factory=unfitted, repr=False)

    @classmethod
    def of(cls, features: NDArray[np.float64], labels: NDArray[np.int64]) -> Gaussians:
        """Of ``(N, F)`` features with ``(N,)`` labels."""
        classes, index = np.unique(labels, return_inverse=True)
        means = np.stack([features[index == each].mean(axis=0) for each in range(len(classes))])
        rest = features - means[index]
        return cls(means, np.linalg.inv(rest.T @ rest + _RIDGE * np.eye(features.shape[1])))

    def distances(self, features: Array) -> Array:
        """``(N, K)``: squared Mahalanobis distance to every mean."""
        means, precision = like(self.means, features), like(self.precision, features)
        columns = [_squared(features - mean, precision) for mean in means]
        return namespace(features).stack(columns, axis=1)


def _squared(rest: Array, precision: Array) -> Array:
    return ((rest @ precision) * rest).sum(1)


@dataclass(frozen=True)
class Mahalanobis(Detector):
    """Half of the squared distance to the nearest class.

    Attributes:
        classes: fitted.
    """

    needs: ClassVar[tuple[Need, ...]] = ("features",)
    classes: Gaussians = field(default_factory=Gaussians, repr=False)

    def images_needed(self, classes: int, features: int) -> int:
        """A covariance of F numbers needs more than F images, and each class one for its mean."""
        return features + classes

    def fit(self, real: Observation, labels: NDArray[np.int64]) -> Mahalanobis:
        """With a mean for each class."""
        return replace(self, classes=Gaussians.of(real.features, labels))

    def score(self, images: Observation) -> Array:
        """``(N,)``, at least 0."""
        return 0.5 * namespace(images.features).amin(self.classes.distances(images.features), axis=1)


@dataclass(frozen=True)
class RelativeMahalanobis(Mahalanobis):
    """The distance to the nearest class less that to all classes as one (Ren et al. 2021).

    Attributes:
        background: fitted without labels.
    """

    background: Gaussians = field(default_factory=Gaussians, repr=False)

    def fit(self, real: Observation, labels: NDArray[np.int64]) -> RelativeMahalanobis:
        """With a mean for each class, and one for all."""
        return replace(
            self,
            classes=Gaussians.of(real.features, labels),
            background=Gaussians.of(real.features, np.zeros_like(labels)),
        )

    def score(self, images: Observation) -> Array:
        """``(N,)``, in squared distances."""
        distances = self.classes.distances(images.features)
        nearest = namespace(images.features).amin(distances, axis=1)
        return nearest - self.background.distances(images.features)[:, 0]
