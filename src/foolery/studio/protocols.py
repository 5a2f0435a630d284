"""What the studio needs for rendering, classifying and reporting; the command line provides it.

All of it is called by one thread at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.runs import RunSettings


@dataclass(frozen=True)
class PredictorOutput:
    """An image as the classifier gets it, and its scores.

    Attributes:
        canvas: ``(C, H, W) uint8``, of the classifier's shape.
        confidences: ``(K,) float64``: probabilities, or cosines for ``similarity``.
    """

    canvas: Canvases
    confidences: NDArray[np.float64]


class Predictor(Protocol):
    """A classifier that pages may use. Whoever started the studio named it, or it is foolery's own."""

    @property
    def name(self) -> str:
        """Its reference."""
        ...

    @property
    def canvas(self) -> CanvasShape:
        """Shape of its input."""
        ...

    @property
    def classes(self) -> Sequence[str]:
        """One name for every class."""
        ...

    @property
    def kind(self) -> Literal["softmax", "sigmoid", "similarity"]:
        """What its scores are."""
        ...

    @property
    def fingerprint(self) -> str:
        """Of weights, preprocessing and class names."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """Notes about it, one sentence each."""
        ...

    def predict(self, image: bytes) -> PredictorOutput:
        """Fit the image in a file's bytes to the canvas, and classify it.

        Raises:
            UsageError: for what is no image, or is damaged.
        """
        ...


class ChampionRenderer(Protocol):
    """Renders genomes of a run."""

    def __call__(self, settings: RunSettings, genomes: Sequence[bytes], /) -> Canvases:
        """``(N, C, H, W) uint8``.

        Raises:
            UsageError: for a genome that is not valid, or an encoding that this version renders differently.
        """
        ...


class ReportBuilder(Protocol):
    """Makes the report of a run, an audit or an arms race."""

    def __call__(self, folder: Path, /) -> Mapping[str, bytes]:
        """Files, ``index.html`` among them, by their paths from it.

        Raises:
            UsageError: where nothing can be read there.
        """
        ...
