"""Trail: what one attack of one seed has found so far, whatever kind of file it keeps it in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.engine.run import encoding_of
from foolery.errors import UsageError
from foolery.runs import RunFile, open_run_file
from foolery.runs.database import RUN_DB


@dataclass(frozen=True)
class Trail:
    """The best picture of each of K classes, and when each class was first fooled.

    Attributes:
        values: ``(K,) float64`` the measure; -inf where there is no picture.
        scores: ``(K,) float64`` of the classifier, likewise.
        passed: ``(K,) float64`` queries of this attack, and of what it starts from, when a picture of the
            class first passed the threshold; infinite for never. A picture counts when its whole batch was
            answered.
        queries: spent.
        seconds: that it took.
        draw: ``(M,)`` indices of classes that have a picture to ``(M, C, H, W) uint8``.
    """

    values: NDArray[np.float64]
    scores: NDArray[np.float64]
    passed: NDArray[np.float64]
    queries: int
    seconds: float
    draw: Callable[[NDArray[np.int64]], Canvases]


def trail_of(folder: Path, threshold: float | None) -> Trail | None:
    """The trail in a run file, as of its last checkpoint; None where there is none yet.

    Args:
        folder: of ``run.db``.
        threshold: of the measure, which is the run's objective; None where there is none.
    """
    if not (folder / RUN_DB).is_file():
        return None
    try:
        run = open_run_file(folder)
    except UsageError:
        return None  # not even its head is written yet
    return None if run.generation < 0 else _of_run(run, threshold)


def _of_run(run: RunFile, threshold: float | None) -> Trail:
    classes = np.array(run.settings.cells)
    count = len(run.settings.classes)
    values, scores, passed = np.full(count, -np.inf), np.full(count, -np.inf), np.full(count, np.inf)
    for reign in run.reigns if threshold is not None else ():
        index = classes[reign.cell]
        if reign.objective >= (threshold or 0.0) and not np.isfinite(passed[index]):
            passed[index] = run.history.queries[reign.generation]
    for row in run.champions:
        values[classes[row.cell]], scores[classes[row.cell]] = row.objective, row.score
    genome = {int(classes[row.cell]): row.genome for row in run.champions}

    def draw(indices: NDArray[np.int64]) -> Canvases:
        encoding = encoding_of(run.settings)
        return encoding.render(encoding.unpack([genome[int(index)] for index in indices]))

    return Trail(values, scores, passed, int(run.history.queries[-1]), run.seconds, draw)
