"""What the studio needs of drawing, classifying and reporting; the command line hands it in.

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
from foolery.runs.records import RunSettings


@dataclass(frozen=True)
class PredictorOutput:
    """A picture as a classifier sees it.

    Attributes:
        canvas: ``(C, H, W) uint8``, of the classifier's shape.
        confidences: ``(K,) float64``: probabilities, or cosines for ``similarity``.
    """

    canvas: Canvases
    confidences: NDArray[np.float64]


class Predictor(Protocol):
    """A classifier that pages may ask. Whoever started the studio named it, or it is foolery's own."""

    @property
    def name(self) -> str:
        """As it was named."""
        ...

    @property
    def canvas(self) -> CanvasShape:
        """What it sees."""
        ...

    @property
    def classes(self) -> Sequence[str]:
        """One name for every class."""
        ...

    @property
    def kind(self) -> Literal["softmax", "sigmoid", "similarity"]:
        """What its answers are."""
        ...

    @property
    def fingerprint(self) -> str:
        """Of weights, preprocessing and class names."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What has to be known of it, one sentence each."""
        ...

    def predict(self, picture: bytes) -> PredictorOutput:
        """Fit the picture in a file's bytes to the canvas, and classify it.

        Raises:
            UsageError: for what is no picture, or is damaged.
        """
        ...


class ChampionRenderer(Protocol):
    """Draws genomes of a run."""

    def __call__(self, settings: RunSettings, genomes: Sequence[bytes], /) -> Canvases:
        """``(N, C, H, W) uint8``.

        Raises:
            UsageError: for a genome that is not valid, or an encoding that this version draws differently.
        """
        ...


class ReportBuilder(Protocol):
    """Makes the report of a run or of an audit."""

    def __call__(self, folder: Path, /) -> Mapping[str, bytes]:
        """Files, ``index.html`` among them, by their paths from it.

        Raises:
            UsageError: where nothing can be read there.
        """
        ...
