"""Ten-crop: four corners and the centre of a canvas, each as it is and mirrored (paper, section 2.2)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.card import Preprocessing
from foolery.classifiers.scores import mean_scores
from foolery.errors import UsageError


@dataclass(frozen=True)
class TenCrop:
    """The mean probability of a classifier over ten crops of a canvas.

    The classifier within cuts out the centre of its canvas by itself. So every crop is put where that centre
    is, as the paper's authors did, and the classifier within stays as it is.

    Attributes:
        classifier: that scores every crop.
        crop: ``(height, width)`` that it cuts out of the centre of its canvas.
    """

    classifier: Classifier
    crop: tuple[int, int]

    def __post_init__(self) -> None:
        canvas = self.classifier.description.canvas
        if not (1 <= self.crop[0] <= canvas.height and 1 <= self.crop[1] <= canvas.width):
            raise UsageError(
                f"tencrop: a crop of {self.crop[0]} x {self.crop[1]} does not fit into the canvas of "
                f"{self.classifier.description.name}, {canvas.height} x {canvas.width}"
            )

    @property
    def description(self) -> Description:
        """That of the classifier within, with a name and a fingerprint of its own."""
        inner = self.classifier.description
        content = json.dumps(["tencrop", inner.fingerprint, list(self.crop)])
        return replace(
            inner,
            name=f"tencrop:{inner.name}",
            fingerprint=hashlib.sha256(content.encode()).hexdigest(),
        )

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64`` from the mean of ten probabilities (of ten cosines for ``similarity``)."""
        inner = self.classifier.description
        inner.canvas.check(canvases)
        height, width = self.crop
        top, left = _centre(inner.canvas, self.crop)
        parts = []
        shifted = np.empty_like(canvases)
        for row, column in corners(inner.canvas, self.crop):
            cut = canvases[..., row : row + height, column : column + width]
            for crop in (cut, cut[..., ::-1]):
                shifted[...] = 255
                shifted[..., top : top + height, left : left + width] = crop
                parts.append(self.classifier.scores(shifted))
        return mean_scores(np.stack(parts), inner.kind)


def ten_crop(classifier: Classifier) -> TenCrop:
    """Ten-crop of a classifier whose card has a crop.

    Raises:
        UsageError: where it has none, so that all ten crops would be the whole canvas.
    """
    preprocessing = getattr(getattr(classifier, "card", None), "preprocessing", None)
    if not isinstance(preprocessing, Preprocessing) or preprocessing.crop is None:
        name = classifier.description.name
        raise UsageError(f"tencrop: {name} cuts nothing out of its canvas; give a card with a crop")
    return TenCrop(classifier, (preprocessing.crop.height, preprocessing.crop.width))


def corners(canvas: CanvasShape, crop: tuple[int, int]) -> list[tuple[int, int]]:
    """Row and column of the five crops: the four corners, then the centre."""
    down, right = canvas.height - crop[0], canvas.width - crop[1]
    return [(0, 0), (0, right), (down, 0), (down, right), _centre(canvas, crop)]


def _centre(canvas: CanvasShape, crop: tuple[int, int]) -> tuple[int, int]:
    """Row and column of the centre crop; halves are rounded as ``preprocess.crop_slices`` rounds them."""
    return round((canvas.height - crop[0]) / 2), round((canvas.width - crop[1]) / 2)
