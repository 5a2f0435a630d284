"""Observation: what a classifier gives for canvases, as far as detectors need to see it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import ChunkedClassifier, Classifier
from foolery.classifiers.card import Card
from foolery.classifiers.wrappers.batched import MicroBatched
from foolery.classifiers.wrappers.metered import Metered
from foolery.detectors.base import Detector, Need, Observation
from foolery.detectors.registry import DETECTORS, make_detector
from foolery.errors import FooleryError, UsageError


@dataclass(frozen=True)
class Observer:
    """Scores a batch and keeps what detectors need to see of it, in one forward pass.

    Attributes:
        classifier: that is looked at.
        needs: what the detectors need.
    """

    classifier: Classifier
    needs: frozenset[Need]

    def __call__(self, canvases: Canvases) -> Observation:
        """What is seen of ``(N, C, H, W) uint8`` canvases."""
        if "logits" not in self.needs:
            return Observation(canvases, self.classifier.scores(canvases))
        outputs = self.classifier.outputs(canvases)  # type: ignore[attr-defined]
        return self.of_outputs(canvases, outputs)

    def of_outputs(self, canvases: Canvases, outputs: NDArray[np.float64]) -> Observation:
        """As a call, where the outputs of the network are there already."""
        scores = self.classifier.to_scores(outputs.copy())  # type: ignore[attr-defined]
        return Observation(canvases, scores, outputs if "logits" in self.needs else None)

    def tensors(self, pixels: Any) -> Observation:
        """As a call, with gradients, for a ``(N, C, H, W)`` floating-point tensor from 0 to 255."""
        logits = self.classifier.logits(pixels).double()  # type: ignore[attr-defined]
        return Observation(pixels, logits.log_softmax(1), logits)

    def with_gradient(self) -> Observer:
        """The same, whose ``tensors`` has gradients.

        Raises:
            UsageError: where the classifier has none.
        """
        from foolery.classifiers.onnx_torch import with_gradient

        return replace(self, classifier=with_gradient(self.classifier))


def observer_of(classifier: Classifier, detectors: Collection[Detector]) -> Observer:
    """What sees of ``classifier`` all that ``detectors`` need.

    Raises:
        UsageError: where the classifier does not give it; says which detectors work.
    """
    inner = classifier
    while isinstance(inner, Metered | MicroBatched):
        inner = inner.classifier
    needs = frozenset(need for detector in detectors for need in detector.needs)
    for need in sorted(needs):
        reason = _missing(inner, need)
        if reason is not None:
            raise UsageError(
                f"detector: {inner.description.name} {reason}; detectors that work with it: "
                f"{', '.join(usable_detectors(inner)) or 'none'}"
            )
    return Observer(inner, needs)


def usable_detectors(classifier: Classifier) -> list[str]:
    """Names of the detectors that can look at ``classifier``, in the order of the registry."""
    names = []
    for name in DETECTORS:
        try:
            detector = make_detector(name)
        except FooleryError:
            continue
        if all(_missing(classifier, need) is None for need in detector.needs):
            names.append(name)
    return names


def _missing(classifier: Classifier, need: Need) -> str | None:
    """Why ``classifier`` does not show what is needed, as the end of a sentence; None where it does."""
    card = getattr(classifier, "card", None)
    if need == "logits":
        if not isinstance(classifier, ChunkedClassifier) or not isinstance(card, Card):
            return "gives scores alone, no logits"
        if card.output != "logits" or card.kind != "softmax":
            return "gives probabilities, no logits"
        return None
    return f"shows no {need}"
