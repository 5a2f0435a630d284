"""Nearest prototype: a classifier that predicts the class of the nearest of its prototypes. Numpy only.

It shares neither weights nor a kind of function with any network, which makes it a good second opinion.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.arrays import read_array
from foolery.canvas import Canvases
from foolery.classifiers.base import Description
from foolery.classifiers.card import Card
from foolery.classifiers.inference import to_scores
from foolery.errors import UsageError
from foolery.untrusted import UnreadableError

#: Canvases that are compared at a time.
CHUNK = 200
MAX_PROTOTYPES = 2**30  # bytes of a file of prototypes; in comparisons each takes eight times as many


@dataclass(frozen=True)
class PrototypeClassifier:
    """``logit of a class = -|canvas - nearest prototype|^2 / 2``, after the card's scale and std.

    Distances are between whole numbers and are computed exactly, so that scores do not depend on the
    machine, on threads, or on what else is in a batch.

    Attributes:
        description: name, canvas, classes.
        card: its ``scale / std`` is the width of the bell curve about each prototype.
        prototypes: ``(K, M, C, H, W) uint8``, M of each class.
    """

    description: Description
    card: Card
    prototypes: NDArray[np.uint8]

    @property
    def chunk(self) -> int:
        """See ``ChunkedClassifier``."""
        return CHUNK

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64`` log-probabilities of ``(N, C, H, W) uint8``."""
        return self.to_scores(self.outputs(canvases))

    def outputs(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64`` logits; see ``ChunkedClassifier``."""
        self.description.canvas.check(canvases)
        preprocessing = self.card.preprocessing
        parts = [self.distances(canvases[at : at + CHUNK]) for at in range(0, len(canvases), CHUNK)]
        squared = np.concatenate(parts) if parts else np.empty((0, len(self.description.classes)))
        logits: NDArray[np.float64] = squared * (-0.5 * (preprocessing.scale / preprocessing.std[0]) ** 2)
        return logits

    def to_scores(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """``(N, K) float64`` scores of outputs, in their memory; see ``ChunkedClassifier``."""
        return to_scores(outputs, self.description, self.card)

    def distances(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64``: squared distance to the nearest prototype of each class, a whole number."""
        flat = np.asarray(canvases, np.float64).reshape(len(canvases), -1)
        matrix, lengths = self._flat
        rest = (lengths - 2.0 * (flat @ matrix)).reshape(len(flat), *self.prototypes.shape[:2]).min(axis=2)
        squared: NDArray[np.float64] = rest + (flat * flat).sum(axis=1)[:, None]
        return squared

    @cached_property
    def _flat(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Prototypes as columns, and their squared lengths."""
        rows = self.prototypes.reshape(-1, np.prod(self.prototypes.shape[2:])).astype(np.float64)
        return np.ascontiguousarray(rows.T), (rows * rows).sum(axis=1)


def open_prototypes(name: str, file: Path, card: Card, fingerprint: str) -> PrototypeClassifier:
    """The classifier in a ``.npy`` file of prototypes, ``(K, M, C, H, W) uint8``.

    Args:
        name: the reference.
        file: of the prototypes.
        card: gives their classes and canvas; one ``mean`` of 0 and one ``std`` for all channels, no crop.
        fingerprint: the fingerprint.

    Raises:
        UsageError: where the file is damaged, or the card does not fit it.
    """
    try:
        prototypes = read_array(file, MAX_PROTOTYPES)
    except UnreadableError as error:
        raise UsageError(f"classifier {name}: cannot read {file}: {error.reason}") from None
    shape = card.preprocessing.shape
    fits = prototypes.ndim == 5 and prototypes.shape[2:] == shape.axes and prototypes.shape[1] > 0
    if prototypes.dtype != np.uint8 or not fits or len(prototypes) != len(card.classes):
        raise UsageError(
            f"classifier {name}: expected uint8 prototypes ({len(card.classes)}, any, "
            f"{', '.join(map(str, shape.axes))}), got {prototypes.shape} {prototypes.dtype}"
        )
    description = Description(name, fingerprint, shape, card.classes, card.kind, "python")
    return PrototypeClassifier(description, card, prototypes)
