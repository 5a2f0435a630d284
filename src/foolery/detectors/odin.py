"""ODIN (Liang, Li and Srikant, ICLR 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from foolery.detectors.base import Array, Detector, Need, Observation, log_sum_exp, namespace


@dataclass(frozen=True)
class Odin(Detector):
    """``-max p`` at a high temperature, of the image moved towards its predicted class.

    Attributes:
        step: in levels of 255, 0.0014 * 255 in the paper.
        temperature: 1000 in the paper.
    """

    step: float = 0.357
    temperature: float = 1000.0
    needs: ClassVar[tuple[Need, ...]] = ("logits", "gradient")

    def score(self, images: Observation) -> Array:
        """``(N,)`` from -1 to 0."""
        assert images.shifted_logits is not None
        logits = images.shifted_logits(self.step, self.temperature) / self.temperature
        xp = namespace(logits)
        return -xp.exp(xp.amax(logits, axis=1) - log_sum_exp(logits))
