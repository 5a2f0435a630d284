"""Objective: what selection maximizes in each cell, as a small function of scores and canvases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Kind
from foolery.errors import UsageError, did_you_mean


class Objective(Protocol):
    """A value for every child and every cell; larger is better."""

    @property
    def name(self) -> str:
        """How a run file calls it."""
        ...

    @property
    def cells(self) -> tuple[int, ...]:
        """For each cell of the archive, the index of the class whose true score it keeps."""
        ...

    def __call__(self, scores: NDArray[np.float64], canvases: Canvases | None) -> NDArray[np.float64]:
        """``(N, cells) float64`` from scores ``(N, K)`` and canvases ``(N, C, H, W)``."""
        ...


class ClassScore:
    """The score of the cell's own class: the paper's objective, for all classes or some of them.

    Args:
        cells: for each cell the index of its class.
    """

    name = "class-score"

    def __init__(self, cells: Sequence[int]) -> None:
        if not cells or len(set(cells)) != len(cells) or min(cells) < 0:
            raise UsageError(f"cells: expected one or more different class indices, got {list(cells)[:10]}")
        self.cells = tuple(cells)
        self._index = np.array(self.cells)
        self._all = self.cells == tuple(range(len(self.cells)))

    def __call__(self, scores: NDArray[np.float64], canvases: Canvases | None = None) -> NDArray[np.float64]:
        """``(N, cells)``: the columns of ``scores`` that the cells name."""
        if self._all and scores.shape[1] == len(self.cells):
            return scores
        return scores[:, self._index]


def class_indices(names: Sequence[str] | None, classes: Sequence[str]) -> tuple[int, ...]:
    """Class indices for class ``names`` (None: all); a number is an index where it is no class name.

    Raises:
        UsageError: for an unknown name, with the nearest ones, or for a name given twice.
    """
    if names is None:
        return tuple(range(len(classes)))
    index = {label: i for i, label in reversed(list(enumerate(classes)))}
    cells = []
    for name in names:
        if name in index:
            cells.append(index[name])
        elif name.isdecimal() and int(name) < len(classes):
            cells.append(int(name))
        else:
            raise UsageError(f"classes: {name!r} is unknown; {did_you_mean(name, list(classes))}")
    if len(set(cells)) != len(cells):
        raise UsageError(f"classes: the same class is named twice in {', '.join(names)}")
    if not cells:
        raise UsageError("classes: expected at least one class name")
    return tuple(cells)


def margins(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(N, K) float64``: each score less the largest of the others in its row, from ``(N, K)``, K > 1.

    Of a softmax these are differences of logits: whatever the classifier multiplies its logits by
    multiplies them too, and nothing is lost where a probability is nearly 1.
    """
    rows, first = np.arange(len(scores)), scores.argmax(axis=1)
    top = scores[rows, first]
    differences: NDArray[np.float64] = scores - top[:, None]
    rest = scores.copy()
    rest[rows, first] = -np.inf
    differences[rows, first] = top - rest.max(axis=1)
    return differences


class Margin(ClassScore):
    """The margin of the cell's own class.

    Args:
        cells: for each cell the index of its class; the rivals are all classes of the classifier.
    """

    name = "margin"

    def __call__(self, scores: NDArray[np.float64], canvases: Canvases | None = None) -> NDArray[np.float64]:
        """``(N, cells)``: see ``margins``."""
        return super().__call__(margins(scores), canvases)


ObjectiveName: TypeAlias = Literal["class-score", "margin"]
OBJECTIVES: Mapping[str, type[ClassScore]] = {"class-score": ClassScore, "margin": Margin}


def audit_objective(kind: Kind, cells: Sequence[int], classes: int) -> ClassScore:
    """What an audit compares images by: the margin of a softmax, else the class's own score.

    Classes of a sigmoid have no rivals, and cosines have no probabilities. One class alone has no rival.
    """
    return Margin(cells) if kind == "softmax" and classes > 1 else ClassScore(cells)
