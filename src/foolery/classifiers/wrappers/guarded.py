"""Guarded: a classifier with one class more, for images that a detector finds too unusual."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, canvas_hash
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.builtin import names as builtin_names
from foolery.classifiers.card import Card
from foolery.classifiers.observation import Observer, observer_of
from foolery.classifiers.wrappers.rejection import REJECTED
from foolery.data.class_matching import match_classes
from foolery.data.labelled import LabelledImages, sample
from foolery.data.registry import load_data
from foolery.detectors.fitting import FittedDetector, fit_detector
from foolery.detectors.registry import make_detector, split_reference
from foolery.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

TPR = 0.95
FIT_IMAGES = 2000  # half of them to learn from, half for the threshold
SPLIT = "train"
_NEVER = -600.0  # logarithm of the probability of what does not happen, less the margin: no two are equal
_HALF = float(np.log(0.5))


@dataclass(frozen=True)
class Guarded:
    """A classifier and a detector: what the detector refuses has no class.

    An image that is accepted has the scores of the classifier, and the class ``rejected`` has none. For an
    image that is refused, ``rejected`` has at least half of the probability; what is left to the classes
    falls by a nat for each step beyond the threshold, the way from the median of real images to it, so that
    a search that has found nothing accepted sees where to go.

    Attributes:
        observer: of the classifier within.
        guard: the detector, fitted on real images.
        fit: reference of the data that it was fitted on, of their split ``train``.
        fit_hashes: of the canvases that it was fitted on.
        reference: of the detector, with all options.
    """

    observer: Observer
    guard: FittedDetector
    fit: str
    fit_hashes: frozenset[str]
    reference: str

    @property
    def inner(self) -> Classifier:
        """The classifier that is guarded."""
        return self.observer.classifier

    @cached_property
    def description(self) -> Description:
        """That of the classifier within, with one class more, and a name and a fingerprint of its own."""
        inner = self.inner.description
        digest = hashlib.sha256("".join(sorted(self.fit_hashes)).encode()).hexdigest()
        content = json.dumps(["guarded", 1, inner.fingerprint, self.guard.name, self.guard.tpr, digest])
        return replace(
            inner,
            name=f"guarded:{inner.name.replace('+', '++')}+{self.reference.replace('+', '++')}",
            fingerprint=hashlib.sha256(content.encode()).hexdigest(),
            classes=(*inner.classes, REJECTED),
        )

    @property
    def card(self) -> Card | None:
        """That of the classifier within, for its preprocessing."""
        return getattr(self.inner, "card", None)

    @property
    def chunk(self) -> int | None:
        """See ``ChunkedClassifier``; None where the detector sees more than outputs."""
        rows_alone = self.observer.needs <= {"logits"}
        return getattr(self.inner, "chunk", None) if rows_alone else None

    def margins(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N,) float64``: 1 at the median of real images, 0 at the threshold, below 0 where refused."""
        margins: NDArray[np.float64] = self.guard.margins(self.observer(canvases))
        return margins

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K + 1) float64`` logarithms of probabilities, the last one that of being rejected."""
        seen = self.observer(canvases)
        return _with_rejected(seen.scores, self.guard.margins(seen))

    def outputs(self, canvases: Canvases) -> NDArray[np.float64]:
        """As ``scores``; see ``ChunkedClassifier``."""
        return self.scores(canvases)

    def to_scores(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """``outputs``, which are scores already; see ``ChunkedClassifier``."""
        return outputs

    def logits(self, canvases: Tensor) -> Tensor:
        """``(N, K + 1) float64``: scores of ``(N, C, H, W) float32`` from 0 to 255, with gradients.

        Raises:
            UsageError: where the classifier within has none.
        """
        import torch

        seen = self._twin.tensors(canvases)
        margins = self.guard.margins(seen)
        beyond = margins.clamp(max=0.0)
        refused = (beyond < 0).double()
        accepted = seen.scores + (refused * _HALF + beyond)[:, None]
        share = (_HALF * refused + beyond).exp()
        rejected = torch.where(beyond < 0, torch.log1p(-share.clamp(max=0.5)), _NEVER - margins)
        return torch.cat([accepted, rejected[:, None]], 1)

    @cached_property
    def _twin(self) -> Observer:
        return self.observer.with_gradient()


def _with_rejected(scores: NDArray[np.float64], margins: NDArray[np.float64]) -> NDArray[np.float64]:
    beyond = np.minimum(margins, 0.0)
    refused = beyond < 0
    accepted = beyond + np.where(refused, _HALF, 0.0)
    rejected = np.where(refused, np.log1p(-np.exp(np.minimum(accepted, _HALF))), _NEVER - margins)
    return np.column_stack([scores + accepted[:, None], rejected])


def guard(classifier: Classifier, detector: str) -> Guarded:
    """``classifier``, guarded by the detector of a reference, fitted on real images.

    Args:
        classifier: a softmax of classes.
        detector: ``NAME?OPTION=VALUE&…``; besides the detector's own options, ``fit`` names the data
            (``mnist`` and ``cifar10`` for built-in networks if left out), ``tpr`` the share of real images
            that is accepted (0.95), ``count`` how many images of the split ``train`` are used (2000).

    Raises:
        UsageError: where the detector cannot look at this classifier, or there are too few images.
    """
    description = classifier.description
    if description.kind != "softmax":
        raise UsageError(
            f"guarded: expected a softmax of classes, {description.name} gives {description.kind}"
        )
    if REJECTED in description.classes:
        raise UsageError(f"guarded: {description.name} has a class {REJECTED!r} already")
    name, options = split_reference(detector)
    tpr, count = (
        _number("tpr", options.pop("tpr", TPR)),
        int(_number("count", options.pop("count", FIT_IMAGES))),
    )
    fit = options.pop("fit", None) or default_fit(classifier, detector)
    own = name + ("?" if options else "") + "&".join(f"{key}={value}" for key, value in options.items())
    plain = make_detector(own)
    observer = observer_of(classifier, [plain])
    images = fit_images(classifier, fit, count)
    fitted = fit_on(own, observer, images, tpr)
    hashes = frozenset(canvas_hash(canvas) for canvas in images.canvases)
    return Guarded(observer, fitted, fit, hashes, detector)


def fit_on(name: str, observer: Observer, images: LabelledImages, tpr: float = TPR) -> FittedDetector:
    """The detector ``name``: every second image is learned from, the others give the threshold.

    Raises:
        UsageError: as ``guard``.
    """
    seen, held_out = (observer(images.canvases[start::2]) for start in (0, 1))
    return fit_detector(name, make_detector(name), seen, images.labels[::2], held_out, tpr)


def fit_images(classifier: Classifier, fit: str, count: int = FIT_IMAGES) -> LabelledImages:
    """``count`` images of the split ``train`` of the data ``fit``, the same ones every time.

    Raises:
        UsageError: where the data cannot be opened, or have other classes.
    """
    description = classifier.description
    data = sample(load_data(fit, SPLIT), count)
    match = match_classes(data.classes, description.classes, description.name)
    parts = list(data.batches(400, description.canvas))
    if not parts:
        raise UsageError(f"guarded: no image of {fit} could be read")
    canvases = np.concatenate([part.canvases for part in parts])
    labels = match.index[np.concatenate([part.labels for part in parts])]
    return LabelledImages(canvases, labels, description.classes)


def default_fit(classifier: Classifier, detector: str) -> str:
    """The data that a built-in network was trained on.

    Raises:
        UsageError: for any other; says how to name them.
    """
    description = classifier.description
    data = {(1, 28, 28): "mnist", (3, 32, 32): "cifar10"}.get(description.canvas.axes)
    if description.name not in builtin_names() or data is None:
        mark = "&" if "?" in detector else "?"
        raise UsageError(
            f"guarded: {description.name} does not say what real images are; name some that nothing else "
            f"uses: guarded:{description.name.replace('+', '++')}+{detector}{mark}fit=folder:DIR"
        )
    return data


def _number(name: str, text: str | float) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"guarded: {name}: expected a number, got {text!r}") from None
