"""Reject option: a classifier with one class more, for images unlike those a generative model has seen."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import ChunkedClassifier, Classifier, Description
from foolery.classifiers.card import Card
from foolery.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

REJECTED = "rejected"
"""Name of the class that is added, the last one."""


@dataclass(frozen=True)
class RejectOption:
    """Probabilities of another classifier, times the probability that the image is not rejected.

    With ``m = log p(x) - level``, as the density gives it, an image is accepted with probability
    ``1 / (1 + exp(-m))``: a step at the level, a few nats wide. The score of class y is
    ``log p(y | x) + log p(accepted)``, that of the last class ``log p(rejected)``. Far below the level the
    scores fall by a nat for each nat of ``log p(x)``, so that a search can ascend from there.

    Attributes:
        inner: the classifier; its scores are ``softmax``.
        density: a network whose logits are ``log p(x, y) - level``; may be ``inner`` itself.
    """

    inner: Classifier
    density: Any

    @property
    def description(self) -> Description:
        """That of the classifier within, with one class more, and a name and a fingerprint of its own."""
        classifier, density = self.inner.description, self.density.description
        both = [classifier] if self.alone else [classifier, density]
        content = json.dumps(["rejecting", *(each.fingerprint for each in both)])
        forward = dict(classifier.forward)
        if not self.alone:
            forward |= {f"density.{key}": value for key, value in density.forward.items()}
        return replace(
            classifier,
            name="rejecting:" + "+".join(each.name.replace("+", "++") for each in both),
            fingerprint=hashlib.sha256(content.encode()).hexdigest(),
            classes=(*classifier.classes, REJECTED),
            forward=forward,
        )

    @property
    def alone(self) -> bool:
        """Whether the classifier is its own density."""
        return self.inner is self.density

    @property
    def card(self) -> Card | None:
        """That of the classifier within, for its preprocessing."""
        return getattr(self.inner, "card", None)

    @property
    def chunk(self) -> int | None:
        """See ``ChunkedClassifier``; None where the two differ in it."""
        chunks = {
            each.chunk if isinstance(each, ChunkedClassifier) else None for each in (self.inner, self.density)
        }
        return chunks.pop() if len(chunks) == 1 else None

    def margins(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N,) float64``: ``log p(x) - level`` in nats; above 0 where the image is more likely accepted."""
        return _log_sum(self.density.outputs(canvases))

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K + 1) float64`` logarithms of probabilities, the last one that of being rejected."""
        if self.alone:
            return self.outputs(canvases)
        return _with_rejected(self.inner.scores(canvases), self.margins(canvases))

    def outputs(self, canvases: Canvases) -> NDArray[np.float64]:
        """As ``scores``; see ``ChunkedClassifier``."""
        log_joint = self.density.outputs(canvases)
        margins = _log_sum(log_joint)
        if self.alone:
            return _with_rejected(self.density.to_scores(log_joint), margins)
        assert isinstance(self.inner, ChunkedClassifier)  # called only where ``chunk`` is not None
        return _with_rejected(self.inner.to_scores(self.inner.outputs(canvases)), margins)

    def to_scores(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """``outputs``, which are scores already; see ``ChunkedClassifier``."""
        return outputs

    def logits(self, canvases: Tensor) -> Tensor:
        """``(N, K + 1) float64``: scores of ``(N, C, H, W) float32`` from 0 to 255, with gradients.

        Raises:
            UsageError: where one of the two has none.
        """
        import torch

        inner, density = self._twins
        log_joint = density.logits(canvases).double()
        margins = log_joint.logsumexp(1, keepdim=True)
        logits = log_joint if self.alone else inner.logits(canvases).double()
        accepted = logits.log_softmax(1) + torch.nn.functional.logsigmoid(margins)
        return torch.cat([accepted, torch.nn.functional.logsigmoid(-margins)], 1)

    @cached_property
    def _twins(self) -> tuple[Any, Any]:
        """Both as networks of torch."""
        from foolery.classifiers.onnx_torch import with_gradient

        density = with_gradient(self.density)
        return (density if self.alone else with_gradient(self.inner)), density


def with_reject_option(inner: Classifier, density: Classifier | None = None) -> RejectOption:
    """``inner`` with a reject option, for images unlike those that ``density`` (itself if None) has seen.

    Raises:
        UsageError: where ``density`` gives no p(x), or the two do not belong together.
    """
    density = inner if density is None else density
    classifier, generative = inner.description, density.description
    card = getattr(density, "card", None)
    if not isinstance(card, Card) or not card.density or not isinstance(density, ChunkedClassifier):
        raise UsageError(
            f"rejecting: {generative.name} knows no p(x) to reject by; name a generative network after "
            f"it, for "
            f"instance rejecting:{classifier.name.replace('+', '++')}+digits-vae"
        )
    if classifier.kind != "softmax":
        raise UsageError(
            f"rejecting: expected a softmax of classes, {classifier.name} gives {classifier.kind}"
        )
    if classifier.canvas != generative.canvas:
        raise UsageError(
            f"rejecting: {classifier.name} takes canvases {classifier.canvas.axes}, {generative.name} "
            f"{generative.canvas.axes}"
        )
    if REJECTED in classifier.classes:
        raise UsageError(f"rejecting: {classifier.name} has a class {REJECTED!r} already")
    return RejectOption(inner, density)


def _with_rejected(scores: NDArray[np.float64], margins: NDArray[np.float64]) -> NDArray[np.float64]:
    accepted, rejected = -np.logaddexp(0.0, -margins), -np.logaddexp(0.0, margins)
    return np.column_stack([scores + accepted[:, None], rejected])


def _log_sum(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    maximum = logits.max(axis=1)
    total: NDArray[np.float64] = maximum + np.log(np.exp(logits - maximum[:, None]).sum(axis=1))
    return total
