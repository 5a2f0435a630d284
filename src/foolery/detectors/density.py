"""Density: how probable a generative network finds the image, whatever the classifier says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from foolery.detectors.base import Array, Detector, Need, Observation


@dataclass(frozen=True)
class Density(Detector):
    """``-log p(x)``."""

    needs: ClassVar[tuple[Need, ...]] = ("density",)

    def score(self, images: Observation) -> Array:
        """``(N,)``, in nats, less the level of the network."""
        return -images.density
