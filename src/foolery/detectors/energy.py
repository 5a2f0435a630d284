"""Energy (Liu et al., NeurIPS 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from foolery.detectors.base import Array, Detector, Need, Observation, log_sum_exp


@dataclass(frozen=True)
class Energy(Detector):
    """``-T log sum exp(logits / T)``.

    Attributes:
        temperature: T.
    """

    temperature: float = 1.0
    needs: ClassVar[tuple[Need, ...]] = ("logits",)

    def score(self, images: Observation) -> Array:
        """``(N,)``, in units of the logits."""
        return -self.temperature * log_sum_exp(images.logits / self.temperature)
