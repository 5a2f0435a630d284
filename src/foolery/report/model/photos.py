"""Photos: real pictures of the champions' classes, with what the classifier says about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence
from foolery.data.class_matching import match_classes
from foolery.data.labelled import LabelledData, sample

BATCH = 200
MOST = 2000  # pictures that are asked about, drawn at random, the same ones every time


@dataclass(frozen=True)
class Photo:
    """A real picture of a class.

    Attributes:
        canvas: ``(C, H, W) uint8``, as the classifier was given it.
        confidence: of the classifier in that class.
    """

    canvas: Canvases
    confidence: float


@dataclass(frozen=True)
class Photos:
    """What was learned from labelled pictures.

    Attributes:
        of: class name to the first picture of it that was drawn.
        confidences: ``(N,) float64``: of the classifier in the class of each picture.
    """

    of: Mapping[str, Photo]
    confidences: NDArray[np.float64]


def photos_of(classifier: Classifier, data: LabelledData, most: int = MOST) -> Photos:
    """Ask about at most ``most`` pictures of ``data``.

    Raises:
        UsageError: where a class of the data is none of the classifier's.
    """
    known = classifier.description
    index = match_classes(data.classes, known.classes, known.name).index
    found: dict[str, Photo] = {}
    confidences = []
    for part in sample(data, most).batches(BATCH, known.canvas):
        places = index[part.labels]
        scores = classifier.scores(part.canvases)[np.arange(len(part)), places]
        sure = confidence(scores, known.kind)
        confidences.append(sure)
        for place, canvas, value in zip(places.tolist(), part.canvases, sure.tolist(), strict=True):
            label = known.classes[place]
            if label not in found:
                found[label] = Photo(canvas.copy(), value)
    return Photos(found, np.concatenate(confidences) if confidences else np.empty(0))
