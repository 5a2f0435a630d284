"""Answers: what a classifier says about champions, beyond the number that the search kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence
from foolery.data.fit import fit_all

SLICE = 200
TOP = 5


@dataclass(frozen=True)
class Answer:
    """A class, and how sure a classifier is of it: a probability, or a cosine for ``similarity``."""

    label: str
    confidence: float


def scores_of(classifier: Classifier, canvases: Canvases) -> NDArray[np.float64]:
    """``(N, K) float64`` confidences of ``(N, C, H, W) uint8`` canvases, which are fitted if need be."""
    known = classifier.description
    parts = [
        confidence(classifier.scores(fit_all(canvases[at : at + SLICE], known.canvas)), known.kind)
        for at in range(0, len(canvases), SLICE)
    ]
    return np.concatenate(parts) if parts else np.empty((0, len(known.classes)))


def first_answers(
    confidences: NDArray[np.float64], classes: Sequence[str], most: int = TOP
) -> list[tuple[Answer, ...]]:
    """The ``most`` surest answers of every row of ``(N, K)`` confidences, the surest first."""
    order = np.argsort(-confidences, axis=1, kind="stable")[:, :most]
    return [
        tuple(Answer(classes[place], float(row[place])) for place in places)
        for row, places in zip(confidences, order.tolist(), strict=True)
    ]
