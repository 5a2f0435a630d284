"""The contract of a classifier: what is being fooled, with its preprocessing and class names inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape

Kind = Literal["softmax", "sigmoid", "similarity"]


@dataclass(frozen=True)
class Description:
    """Name, input, classes and settings of a classifier.

    Attributes:
        name: reference that it was loaded by, for instance ``lenet`` or ``onnx:model.onnx``.
        fingerprint: SHA-256 (hex) of weights (external weight files included), preprocessing and class
            names; the same for every back end that runs the same weights.
        canvas: the canvases that ``scores`` takes.
        classes: one name per class, never empty.
        kind: ``softmax`` (scores are log-probabilities), ``sigmoid`` (independent log-probabilities)
            or ``similarity`` (cosines).
        backend: ``onnx`` or ``torch`` or ``python``.
        device: ``cpu``, ``cuda`` …
        forward: settings of the forward pass (chunk, batch, precision): recorded by a run and used again on
            resume, because they decide the last bits of a score.
        notes: for the user, one sentence each: for instance that its probabilities saturate.
    """

    name: str
    fingerprint: str
    canvas: CanvasShape
    classes: tuple[str, ...]
    kind: Kind
    backend: str
    device: str = "cpu"
    forward: Mapping[str, str | int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Classifier(Protocol):
    """A description and one call."""

    @property
    def description(self) -> Description:
        """Name, fingerprint, canvas, classes, kind, and how the forward pass is run."""
        ...

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64`` for canvases ``(N, C, H, W) uint8``; see ``Description.kind``."""
        ...


@runtime_checkable
class ChunkedClassifier(Protocol):
    """A classifier that several workers may call at once.

    Scores of a batch are the same to the last bit when they are computed chunk by chunk, ``chunk`` canvases
    each (the last one what is left).
    """

    @property
    def chunk(self) -> int | None:
        """Canvases in a chunk; None where calls must not overlap."""
        ...

    def outputs(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64`` outputs of the network, from which ``to_scores`` makes scores."""
        ...

    def to_scores(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """``(N, K) float64`` scores of any number of outputs, in their memory."""
        ...


@runtime_checkable
class DeviceClassifier(Protocol):
    """A classifier that takes canvases where they were drawn: as an array, or as a tensor on its device."""

    @property
    def canvas_device(self) -> str:
        """``cpu``, ``cuda`` …: where canvases are best drawn."""
        ...


def canvas_device(classifier: Classifier) -> str:
    """Where canvases for ``classifier`` may be drawn; ``cpu`` where it takes arrays only."""
    return classifier.canvas_device if isinstance(classifier, DeviceClassifier) else "cpu"
