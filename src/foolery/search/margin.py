"""Margin: how far a class leads all others, or stays behind the first, in log-probability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Kind
from foolery.search.objectives import ClassScore


def margins(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(N, K) float64``: each score less the largest of the others in its row, from ``(N, K)``, K > 1.

    Of a softmax these are differences of logits: whatever the classifier multiplies its logits by
    multiplies them too, and nothing is lost where a probability is nearly 1.
    """
    rows, first = np.arange(len(scores)), scores.argmax(axis=1)
    top = scores[rows, first]
    found: NDArray[np.float64] = scores - top[:, None]
    rest = scores.copy()
    rest[rows, first] = -np.inf
    found[rows, first] = top - rest.max(axis=1)
    return found


class Margin(ClassScore):
    """The margin of the cell's own class.

    Args:
        cells: for each cell the index of its class; the rivals are all classes of the classifier.
    """

    name = "margin"

    def __call__(self, scores: NDArray[np.float64], canvases: Canvases | None = None) -> NDArray[np.float64]:
        """``(N, cells)``: see ``margins``."""
        return super().__call__(margins(scores), canvases)


Aim: TypeAlias = Literal["class-score", "margin"]
AIMS: Mapping[str, type[ClassScore]] = {"class-score": ClassScore, "margin": Margin}


def comparable(kind: Kind, cells: Sequence[int], classes: int) -> ClassScore:
    """What an audit compares pictures by: the margin of a softmax, else the class's own score.

    Classes of a sigmoid have no rivals, and cosines have no probabilities. One class alone has no rival.
    """
    return Margin(cells) if kind == "softmax" and classes > 1 else ClassScore(cells)
