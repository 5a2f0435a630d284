"""Observation: what a classifier gives for canvases, as far as detectors need to see it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import ChunkedClassifier, Classifier
from foolery.classifiers.builtin import card_of, open_builtin
from foolery.classifiers.card import Card
from foolery.classifiers.layers import LastLayer, last_layer
from foolery.classifiers.wrappers.batched import MicroBatched
from foolery.classifiers.wrappers.metered import Metered
from foolery.detectors.base import Array, Detector, Need, Observation, log_sum_exp
from foolery.detectors.registry import DETECTORS, make_detector
from foolery.errors import FooleryError, MissingExtraError, UsageError
from foolery.workers import parallel_for

_PROBES = 16
_LINEAR = 1e-3  # of a logit, or as a share of it, that features times weights may be off


@dataclass(frozen=True)
class Head:
    """The last layer with its bias: ``logits = features @ weights.T + bias``, where that is so.

    Attributes:
        layer: its weights, and how features are read.
        bias: ``(K,) float64``; None where outputs are not linear in the features.
    """

    layer: LastLayer
    bias: NDArray[np.float64] | None


@dataclass(frozen=True)
class Observer:
    """Scores a batch and keeps what detectors need to see of it, in one forward pass.

    Attributes:
        classifier: that is looked at.
        needs: what the detectors need.
        head: where they need features.
        generative: a network whose logits are ``log p(x, y) - level``, where they need a density.
        twin: the classifier with gradients, where they are needed.
        generative_twin: the same of the generative network.
    """

    classifier: Classifier
    needs: frozenset[Need]
    head: Head | None = None
    generative: Any = None
    twin: Any = None
    generative_twin: Any = None

    def __call__(self, canvases: Canvases) -> Observation:
        """What is seen of ``(N, C, H, W) uint8`` canvases."""
        if self.needs <= {"density"}:
            return self._complete(Observation(canvases, self.classifier.scores(canvases)))
        if self.head is None or self.head.layer.both is None:
            outputs, features = self.classifier.outputs(canvases), None  # type: ignore[attr-defined]
        else:
            outputs, features = self.head.layer.both(canvases)
        scores = self.classifier.to_scores(outputs.copy())  # type: ignore[attr-defined]
        return self._complete(Observation(canvases, scores, outputs, features))

    def tensors(self, pixels: Any) -> Observation:
        """As a call, with gradients, for a ``(N, C, H, W)`` floating-point tensor from 0 to 255.

        Raises:
            UsageError: where the classifier has none.
        """
        features = None
        if self.head is None:
            logits = self.twin.logits(pixels).double()
        else:
            assert self.head.layer.tensors is not None
            logits, features = (each.double() for each in self.head.layer.tensors(pixels))
        seen = Observation(pixels, logits.log_softmax(1), logits, features)
        density = None
        if self.generative is not None:
            density = log_sum_exp(self.generative_twin.logits(pixels).double())
        shifted = None
        if "gradient" in self.needs:
            shifted = lambda step, heat: self._shifted(pixels, step, heat)  # noqa: E731
        return replace(self._with_head(seen), density=density, shifted_logits=shifted)

    def with_gradient(self) -> Observer:
        """The same, with ``tensors``.

        Raises:
            UsageError: where the classifier has no gradients.
        """
        from foolery.classifiers.onnx_torch import with_gradient

        twin = with_gradient(self.classifier)
        generative_twin = None if self.generative is None else with_gradient(self.generative)
        head = self.head
        if head is not None and head.layer.tensors is None:
            traced = last_layer(getattr(twin, "twin", twin))
            head = replace(head, layer=replace(head.layer, tensors=traced.tensors))
        return replace(self, twin=twin, generative_twin=generative_twin, head=head)

    def _complete(self, seen: Observation) -> Observation:
        density = None if self.generative is None else log_sum_exp(self.generative.outputs(seen.canvases))
        shifted: Callable[[float, float], Array] | None = None
        if "gradient" in self.needs:
            shifted = lambda step, heat: self._shifted_canvases(seen.canvases, step, heat)  # noqa: E731
        return replace(self._with_head(seen), density=density, shifted_logits=shifted)

    def _with_head(self, seen: Observation) -> Observation:
        if self.head is None:
            return seen
        return replace(seen, weights=self.head.layer.weights, bias=self.head.bias)

    def _shifted(self, pixels: Any, step: float, temperature: float) -> Any:
        """Logits at ``pixels`` moved by ``step`` levels so that the predicted class's loss falls."""
        import torch

        with torch.enable_grad():
            start = pixels.detach().requires_grad_()
            loss = -(self.twin.logits(start) / temperature).log_softmax(1).amax(1).sum()
            (gradient,) = torch.autograd.grad(loss, start)
        return self.twin.logits(pixels - step * gradient.sign()).double()

    def _shifted_canvases(self, canvases: Canvases, step: float, temperature: float) -> NDArray[np.float64]:
        import torch

        from foolery.classifiers.torch_model import one_thread

        chunk = int(self.classifier.description.forward.get("chunk", 1))
        parts: dict[int, NDArray[np.float64]] = {}

        def work(start: int, stop: int) -> None:
            with one_thread():
                pixels = torch.from_numpy(canvases[start:stop].astype(np.float32))
                logits = self._shifted(pixels.to(self.twin.description.device), step, temperature)
                parts[start] = logits.detach().cpu().numpy()

        on_processor = self.twin.description.device == "cpu"
        parallel_for(work, len(canvases), chunk=chunk, workers=None if on_processor else 1)
        return np.concatenate([parts[start] for start in sorted(parts)])


def observer_of(classifier: Classifier, detectors: Collection[Detector]) -> Observer:
    """What sees of ``classifier`` all that ``detectors`` need.

    Raises:
        UsageError: where the classifier does not give it; says which detectors work.
        MissingExtraError: where a package that reads it is missing.
    """
    inner = classifier
    while isinstance(inner, Metered | MicroBatched):
        inner = inner.classifier
    needs = frozenset(need for detector in detectors for need in detector.needs)
    for need in sorted(needs):
        reason = missing(inner, need)
        if reason is not None:
            raise UsageError(
                f"detector: {inner.description.name} {reason}; detectors that work with it: "
                f"{', '.join(usable_detectors(inner)) or 'none'}"
            )
    observer = Observer(inner, needs)
    if needs & {"features", "layer"}:
        observer = replace(observer, head=head_of(inner))
    if "density" in needs:
        observer = replace(observer, generative=_generative(inner))
    return observer.with_gradient() if "gradient" in needs else observer


def usable_detectors(classifier: Classifier) -> list[str]:
    """Names of the detectors that can look at ``classifier``, in the order of the registry."""
    names = []
    for name in DETECTORS:
        try:
            detector = make_detector(name)
        except FooleryError:
            continue
        if all(missing(classifier, need) is None for need in detector.needs):
            names.append(name)
    return names


def missing(classifier: Classifier, need: Need) -> str | None:
    """Why ``classifier`` does not show what is needed, as the end of a sentence; None where it does."""
    card = getattr(classifier, "card", None)
    if need == "density":
        axes = classifier.description.canvas.axes
        return (
            None
            if axes == card_of(GENERATIVE).preprocessing.shape.axes
            else (f"takes canvases {axes}, and p(x) is known of digits alone")
        )
    if not isinstance(classifier, ChunkedClassifier) or not isinstance(card, Card):
        return f"gives scores alone, no {_CALLED[need]}"
    if card.output != "logits" or card.kind != "softmax":
        return f"gives probabilities, no {_CALLED[need]}"
    try:
        if need in ("features", "layer") and head_of(classifier).bias is None and need == "layer":
            return "has outputs that are not linear in the features of its last layer"
        if need == "gradient":
            from foolery.classifiers.onnx_torch import with_gradient

            with_gradient(classifier)
    except MissingExtraError:
        raise
    except UsageError as error:
        return f"shows no {_CALLED[need]} ({error})"
    return None


_CALLED: dict[Need, str] = {
    "logits": "logits", "features": "features", "layer": "last layer", "gradient": "gradients",
    "density": "density",
}  # fmt: skip
GENERATIVE = "digits-vae"
_heads: deque[tuple[Classifier, Head]] = deque(maxlen=4)  # of the classifiers that were asked about last


def head_of(classifier: Classifier) -> Head:
    """The last layer of ``classifier`` with its bias.

    Raises:
        UsageError: for a classifier of another form.
        MissingExtraError: for an ONNX file without the package onnx.
    """
    for other, head in _heads:
        if other is classifier:
            return head
    layer = last_layer(classifier)
    assert layer.both is not None
    axes = classifier.description.canvas.axes
    levels = np.random.default_rng(0).integers(0, 256, (_PROBES, 1, 1, 1))
    noise = np.random.default_rng(1).integers(0, 256, (_PROBES, *axes))
    logits, features = layer.both(((noise + levels) // 2).astype(np.uint8))
    rest = logits - features @ layer.weights.T
    bias: NDArray[np.float64] = rest.mean(axis=0)
    linear = np.abs(rest - bias).max() <= _LINEAR * max(1.0, float(np.abs(logits).max()))
    _heads.append((classifier, Head(layer, bias if linear else None)))
    return _heads[-1][1]


def _generative(classifier: Classifier) -> Classifier:
    """The generative network, on the back end of ``classifier`` where it has one."""
    backend = classifier.description.backend
    if classifier.description.name == GENERATIVE:
        return classifier
    return open_builtin(GENERATIVE, backend if backend in ("onnx", "torch") else "onnx")
