"""Course: how the confidence in every class grew over the generations, and its quantiles over classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.runs import RunFile

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
MOST = 400  # generations


@dataclass(frozen=True)
class Course:
    """Some generations of a run, evenly spread, the first and the last among them.

    Attributes:
        generation: ``(S,) int64``.
        queries: ``(S,) int64``, until then.
        quantiles: ``(S, 5) float64`` of the confidences over classes, in the order of ``QUANTILES``.
        early: ``(cells,) float64``, each class's confidence after a tenth of the generations; NaN for none.
        late: ``(cells,) float64``, at the end.
    """

    generation: NDArray[np.int64]
    queries: NDArray[np.int64]
    quantiles: NDArray[np.float64]
    early: NDArray[np.float64]
    late: NDArray[np.float64]


def course_of(run: RunFile) -> Course | None:
    """The course of a run, or None before its first generation."""
    history, cells = run.history, len(run.settings.cells)
    if len(history) == 0 or not run.reigns:
        return None
    rows = np.unique(np.linspace(0, len(history) - 1, min(len(history), MOST)).round().astype(np.int64))
    generations = history.generation[rows]
    held = np.full((len(rows), cells), np.nan)
    born = np.array([reign.generation for reign in run.reigns])
    place = np.searchsorted(generations, born)
    for at, reign in zip(place.tolist(), run.reigns, strict=True):  # in their order: the last one stays
        if at < len(rows):
            held[at, reign.cell] = reign.confidence
    filled = np.where(np.isnan(held), 0, np.arange(len(rows))[:, None])
    held = np.take_along_axis(held, np.maximum.accumulate(filled, axis=0), axis=0)
    some = ~np.isnan(held).all(axis=1)
    quantiles = np.full((len(rows), len(QUANTILES)), np.nan)
    quantiles[some] = np.nanquantile(held[some], QUANTILES, axis=1).T
    tenth = int(np.searchsorted(generations, generations[-1] / 10))
    return Course(generations, history.queries[rows], quantiles, held[tenth], held[-1])
