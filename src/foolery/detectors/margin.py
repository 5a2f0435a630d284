"""Margin: the predicted class against the next one, as the audit measures images."""

from __future__ import annotations

from dataclasses import dataclass

from foolery.detectors.base import Array, Detector, Observation, sorted_rows


@dataclass(frozen=True)
class TopMargin(Detector):
    """The largest log-probability less the second largest, negated: a difference of two logits."""

    def score(self, images: Observation) -> Array:
        """``(N,)``, in nats, at most 0."""
        ranked = sorted_rows(images.scores)
        return ranked[:, -2] - ranked[:, -1]
