"""Maximum logit (Hendrycks et al., ICML 2022)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from foolery.detectors.base import Array, Detector, Need, Observation, namespace


@dataclass(frozen=True)
class MaxLogit(Detector):
    """The largest logit, negated."""

    needs: ClassVar[tuple[Need, ...]] = ("logits",)

    def score(self, images: Observation) -> Array:
        """``(N,)``, in units of the logits."""
        return -namespace(images.logits).amax(images.logits, axis=1)
