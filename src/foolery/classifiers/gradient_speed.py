"""Gradient speed: one step along a gradient, to be timed before many of them are taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from foolery.classifiers.base import Classifier
from foolery.classifiers.onnx_torch import with_gradient


def gradient_step(classifier: Classifier, images: int) -> Callable[[], None]:
    """A function that takes the gradient of ``images`` canvases of noise once.

    Raises:
        UsageError: where the classifier has no gradient.
        MissingExtraError: where that needs a package that is missing.
        ImportError: without torch.
    """
    import torch

    network = with_gradient(classifier)
    shape = (images, *classifier.description.canvas.axes)
    levels = np.random.default_rng(0).integers(0, 256, shape).astype(np.float32)
    canvases = torch.from_numpy(levels).to(network.description.device).requires_grad_()

    def follow() -> None:
        logits: Any = network.logits(canvases)
        torch.autograd.grad(logits.logsumexp(1).sum(), canvases)

    return follow
