"""Occlusion: how sure a classifier stays of a picture while a patch of it is covered.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (2014), on a grid of 8 x 8 patches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.report.model.answers import scores_of

GRID = 8
QUESTIONS = GRID * GRID
"""Questions to the classifier for one picture."""


@dataclass(frozen=True)
class Occlusion:
    """The confidence in a champion's class with one patch covered by the picture's mean color.

    Attributes:
        patch: height and width of the patch in pixels, a quarter of the canvas each.
        confidences: ``(8, 8) float64``, by the place of the patch's centre, in rows from the top.
    """

    patch: tuple[int, int]
    confidences: NDArray[np.float64]


def occlusion_of(classifier: Classifier, canvas: Canvases, place: int) -> Occlusion:
    """Ask about ``(C, H, W) uint8`` with each of 64 patches covered; ``place`` is the class's."""
    height, width = canvas.shape[1:]
    patch = max(1, round(height / 4)), max(1, round(width / 4))
    covered = np.repeat(canvas[None], QUESTIONS, axis=0)
    mean = canvas.mean(axis=(1, 2)).round().astype(np.uint8)[:, None, None]
    for row in range(GRID):
        for column in range(GRID):
            top, bottom = _span(row, patch[0], height)
            left, right = _span(column, patch[1], width)
            covered[row * GRID + column, :, top:bottom, left:right] = mean
    found = scores_of(classifier, covered)[:, place].reshape(GRID, GRID)
    return Occlusion(patch, found)


def _span(place: int, patch: int, length: int) -> tuple[int, int]:
    """First and end of a patch around the middle of the ``place``-th of 8 parts of ``length``."""
    start = round((place + 0.5) * length / GRID - patch / 2)
    return max(0, start), max(1, min(length, start + patch))
