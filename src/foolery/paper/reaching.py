"""Reaching: how many queries a run takes until it is as certain of a class as asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from foolery.runs import RunFile


def queries_to(run: RunFile, bound: float) -> NDArray[np.float64]:
    """``(cells,) float64``: queries made when each cell's champion first was at ``bound``.

    Infinity where it was not by the end of the run: the true number is larger than the run's queries.
    """
    found = np.full(len(run.settings.cells), np.inf)
    for reign in run.reigns:  # in the order of generations
        if reign.confidence >= bound and np.isinf(found[reign.cell]):
            found[reign.cell] = run.history.queries[reign.generation]
    return found


def queries_of_all(runs: Sequence[RunFile], bound: float) -> NDArray[np.float64]:
    """``(runs * cells,) float64``: those of every cell of every run."""
    return np.concatenate([queries_to(run, bound) for run in runs])


def middle(values: Sequence[float] | NDArray[np.float64]) -> float:
    """The median, also where some are infinite."""
    ordered = np.sort(np.asarray(values, np.float64))
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return float(low if low == high else (low + high) / 2)


def in_queries(value: float, most: float) -> str:
    """``4 200``, or ``> 40 200`` where ``value`` is infinite: not within ``most`` queries."""
    said = f"{value if np.isfinite(value) else most:,.0f}".replace(",", " ")
    return said if np.isfinite(value) else f"> {said}"


def as_json(value: float) -> float | None:
    """A number of queries for JSON: null where it was not reached."""
    return float(value) if np.isfinite(value) else None
