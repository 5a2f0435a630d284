"""Probe: what the checks of a classifier look at, and what each of them says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence

Status = Literal["pass", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """One line of the table.

    Attributes:
        name: what was looked at.
        status: ``pass``, ``warn`` (can be meant so) or ``fail`` (a search would find nonsense).
        said: what was found, and the remedy.
    """

    name: str
    status: Status
    said: str


@dataclass(frozen=True)
class Probe:
    """What the checks look at.

    Attributes:
        classifier: under test.
        canvases: ``(N, C, H, W) uint8``: flat, noisy and smooth ones, then pictures where there are any.
        scores: ``(N, K) float64`` of them, in one batch.
    """

    classifier: Classifier
    canvases: Canvases
    scores: NDArray[np.float64]

    @property
    def confidences(self) -> NDArray[np.float64]:
        """``(N, K)``, as people read them."""
        return confidence(self.scores, self.classifier.description.kind)

    def difference(self, scores: NDArray[np.float64], rows: slice = slice(None)) -> float:
        """The largest between these scores' confidences and those of ``rows`` here."""
        again = confidence(scores, self.classifier.description.kind)
        return float(np.abs(again - self.confidences[rows]).max())


def probes(shape: CanvasShape) -> Canvases:
    """``(12, C, H, W) uint8``: black, gray, white, five of noise, four slopes: pictures of nothing."""
    rng = np.random.default_rng(0)
    flat = [np.full(shape.axes, value, np.uint8) for value in (0, 128, 255)]
    noise = [rng.integers(0, 256, shape.axes).astype(np.uint8) for _ in range(5)]
    rows = np.linspace(0, 255, shape.height)[None, :, None]
    columns = np.linspace(0, 255, shape.width)[None, None, :]
    slopes = [rows + 0 * columns, columns + 0 * rows, (rows + columns) / 2, np.abs(rows - columns)]
    smooth = [np.broadcast_to(slope, shape.axes).astype(np.uint8) for slope in slopes]
    return np.stack([*flat, *noise, *smooth])
