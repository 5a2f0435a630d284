"""Rejecting: a classifier that answers only about what a generative model takes for real."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier, Description, Sliced
from foolery.classifiers.card import Card
from foolery.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

REJECTED = "rejected"
"""Name of the class that is added, the last one."""


@dataclass(frozen=True)
class Rejecting:
    """Another classifier's answers, times the probability that the picture is not rejected.

    With ``m = log p(x) - level``, as the density gives it, a picture is accepted with probability
    ``1 / (1 + exp(-m))``: a step at the level, a few nats wide. The score of class y is
    ``log p(y | x) + log p(accepted)``, that of the last class ``log p(rejected)``. Far below the level the
    scores fall by a nat for each nat of ``log p(x)``, so that a search, which is told the rule by these
    scores, can climb back to it.

    Attributes:
        inner: who answers; its scores are ``softmax``.
        density: a network whose logits are ``log p(x, y) - level``; may be ``inner`` itself.
    """

    inner: Classifier
    density: Any

    @property
    def description(self) -> Description:
        """That of the classifier within, with one class more, and a name and a fingerprint of its own."""
        known, density = self.inner.description, self.density.description
        both = [known] if self.alone else [known, density]
        said = json.dumps(["rejecting", *(each.fingerprint for each in both)])
        forward = dict(known.forward)
        if not self.alone:
            forward |= {f"density.{key}": value for key, value in density.forward.items()}
        return replace(
            known,
            name="rejecting:" + "+".join(each.name.replace("+", "++") for each in both),
            fingerprint=hashlib.sha256(said.encode()).hexdigest(),
            classes=(*known.classes, REJECTED),
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
    def slice(self) -> int | None:
        """Canvases that a lane takes at a time; see ``Sliced``. None where the two differ in it."""
        slices = {each.slice if isinstance(each, Sliced) else None for each in (self.inner, self.density)}
        return slices.pop() if len(slices) == 1 else None

    def margins(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N,) float64``: ``log p(x) - level`` in nats; above 0 for what is rather accepted."""
        return _log_sum(self.density.outputs(canvases))

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K + 1) float64`` logarithms of probabilities, the last one that of being rejected."""
        if self.alone:
            return self.outputs(canvases)
        return _joined(self.inner.scores(canvases), self.margins(canvases))

    def outputs(self, canvases: Canvases) -> NDArray[np.float64]:
        """As ``scores``; see ``Sliced``."""
        said = self.density.outputs(canvases)
        margins = _log_sum(said)
        if self.alone:
            return _joined(self.density.finish(said), margins)
        assert isinstance(self.inner, Sliced)  # asked for only where ``slice`` is not None
        return _joined(self.inner.finish(self.inner.outputs(canvases)), margins)

    def finish(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """``outputs``, which are scores already; see ``Sliced``."""
        return outputs

    def logits(self, canvases: Tensor) -> Tensor:
        """``(N, K + 1) float64``: scores of ``(N, C, H, W) float32`` from 0 to 255, with gradients.

        Raises:
            UsageError: where one of the two has none.
        """
        import torch

        inner, density = self._twins
        said = density.logits(canvases).double()
        margins = said.logsumexp(1, keepdim=True)
        answers = said if self.alone else inner.logits(canvases).double()
        accepted = answers.log_softmax(1) + torch.nn.functional.logsigmoid(margins)
        return torch.cat([accepted, torch.nn.functional.logsigmoid(-margins)], 1)

    @cached_property
    def _twins(self) -> tuple[Any, Any]:
        """Both as networks of torch."""
        from foolery.classifiers.onnx_torch import with_gradient

        density = with_gradient(self.density)
        return (density if self.alone else with_gradient(self.inner)), density


def rejecting(inner: Classifier, density: Classifier | None = None) -> Rejecting:
    """``inner``, rejecting what ``density`` (itself if None) has not seen the like of.

    Raises:
        UsageError: where ``density`` knows no p(x), or the two do not belong together.
    """
    density = inner if density is None else density
    known, judge = inner.description, density.description
    card = getattr(density, "card", None)
    if not isinstance(card, Card) or not card.density or not isinstance(density, Sliced):
        raise UsageError(
            f"rejecting: {judge.name} knows no p(x) to reject by; name a generative network after it, for "
            f"instance rejecting:{known.name.replace('+', '++')}+digits-vae"
        )
    if known.kind != "softmax":
        raise UsageError(f"rejecting: expected a softmax of classes, {known.name} gives {known.kind}")
    if known.canvas != judge.canvas:
        raise UsageError(
            f"rejecting: {known.name} takes canvases {known.canvas.axes}, {judge.name} {judge.canvas.axes}"
        )
    if REJECTED in known.classes:
        raise UsageError(f"rejecting: {known.name} has a class {REJECTED!r} already")
    return Rejecting(inner, density)


def _joined(scores: NDArray[np.float64], margins: NDArray[np.float64]) -> NDArray[np.float64]:
    accepted, rejected = -np.logaddexp(0.0, -margins), -np.logaddexp(0.0, margins)
    return np.column_stack([scores + accepted[:, None], rejected])


def _log_sum(said: NDArray[np.float64]) -> NDArray[np.float64]:
    most = said.max(axis=1)
    total: NDArray[np.float64] = most + np.log(np.exp(said - most[:, None]).sum(axis=1))
    return total
