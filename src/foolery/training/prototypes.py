"""Prototypes: k-means centres of each class's images, for a classifier by the nearest of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.data import LabelledImages

#: A prototype is the mean of at least so many images: none is an image of the data.
MIN_IMAGES = 5
MAX_ITERATIONS = 30
#: Images compared at a time.
_BATCH = 2000


def find_prototypes(train_data: LabelledImages, count: int, seed: int) -> NDArray[np.uint8]:
    """``(K, count, C, H, W) uint8`` prototypes of every class of ``train_data``.

    Args:
        train_data: at least ``FEWEST`` of each class, and as many as prototypes.
        count: of prototypes for each class.
        seed: of the images that the search for centres starts from.
    """
    prototypes = []
    for label in range(len(train_data.classes)):
        rows = train_data.canvases[train_data.labels == label].reshape(
            -1, int(np.prod(train_data.shape.axes))
        )
        centers = find_centers(rows.astype(np.float32), count, np.random.default_rng([seed, label]))
        prototypes.append(np.rint(centers).astype(np.uint8).reshape(count, *train_data.shape.axes))
    return np.stack(prototypes)


def fit_width(squared: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The width of the bell curve about a prototype, in gray levels, that fits images best.

    Args:
        squared: ``(N, K)`` distances of images to the nearest prototype of each class, squared.
        labels: ``(N,)``.

    Returns:
        The width with the smallest mean of ``-log p(label)``, among a hundred of them.
    """
    rows = np.arange(len(labels))

    def loss(width: float) -> float:
        logits = -squared / (2.0 * width * width)
        return float((np.logaddexp.reduce(logits, axis=1) - logits[rows, labels]).mean())

    return float(min(np.geomspace(50.0, 2000.0, 100), key=loss))


def find_centers(rows: NDArray[np.float32], count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """``(count, D)``: Lloyd's algorithm; a centre of few rows moves to the mean of the nearest ones to it.

    Args:
        rows: ``(N, D)``.
        count: of centres.
        rng: draws the rows that it starts from.
    """
    centers = rows[rng.permutation(len(rows))[:count]]
    for _ in range(MAX_ITERATIONS):
        nearest = _nearest(rows, centers)
        sizes = np.bincount(nearest, minlength=count)
        moved = np.stack(
            [
                rows[nearest == each].mean(axis=0)
                if sizes[each] >= MIN_IMAGES
                else rows[np.argsort(((rows - centers[each]) ** 2).sum(axis=1))[:MIN_IMAGES]].mean(axis=0)
                for each in range(count)
            ]
        )
        if np.array_equal(moved, centers):
            break
        centers = moved
    return centers


def _nearest(rows: NDArray[np.float32], centers: NDArray[np.float32]) -> NDArray[np.int64]:
    lengths = (centers * centers).sum(axis=1)
    parts = [
        (lengths - 2.0 * rows[at : at + _BATCH] @ centers.T).argmin(axis=1)
        for at in range(0, len(rows), _BATCH)
    ]
    return np.concatenate(parts)
