"""Gradients: a check of those that torch gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.scores import from_outputs


class DifferentiableClassifier(Protocol):
    """A classifier with logits that torch can differentiate."""

    @property
    def description(self) -> Description:
        """As of any classifier."""
        ...

    def scores(self, canvases: Canvases) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        """As of any classifier."""
        ...

    def logits(self, canvases: object) -> object:
        """``(N, K)`` tensor for a ``(N, C, H, W) float32`` tensor from 0 to 255."""
        ...


@dataclass(frozen=True)
class GradientCheck:
    """Result of ``check_gradient``.

    Attributes:
        difference: the largest between scores and what the logits give on whole numbers.
        finite: whether every partial derivative is a number.
        nonzero: share of images for which some pixel changes the best class's logit.
    """

    difference: float
    finite: bool
    nonzero: float


def has_gradient(classifier: Classifier) -> bool:
    """Whether the classifier has ``logits`` with gradients."""
    return callable(getattr(classifier, "logits", None))


def check_gradient(classifier: DifferentiableClassifier, canvases: Canvases) -> GradientCheck:
    """Compare ``logits`` with ``scores``, and differentiate the best class's logit of every canvas."""
    import torch

    scores = classifier.scores(canvases)
    device = "cpu" if classifier.description.device == "cpu" else classifier.description.device
    pixels = torch.from_numpy(canvases.astype(np.float32)).to(device).requires_grad_()
    logits = classifier.logits(pixels)
    assert isinstance(logits, torch.Tensor)
    logits.max(dim=1).values.sum().backward()  # type: ignore[no-untyped-call]
    outputs = logits.detach().cpu().numpy()
    slope = np.zeros(canvases.shape) if pixels.grad is None else pixels.grad.cpu().numpy()
    again = from_outputs(outputs, classifier.description.kind)
    return GradientCheck(
        difference=float(np.abs(again - scores).max()),
        finite=bool(np.isfinite(slope).all()),
        nonzero=float(np.any(slope != 0, axis=(1, 2, 3)).mean()),
    )
