"""Champions: what is told of a run on many classes, in numbers and in a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foolery.engine.run import encoding_of
from foolery.paper.experiment import Table
from foolery.paper.figures import Row, Tile, wall
from foolery.paper.runs import confidences
from foolery.runs import RunFile
from foolery.text import format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

THRESHOLDS = (0.5, 0.9, 0.99, 0.9999)
BANDS = 10


def class_medians(runs: Sequence[RunFile]) -> NDArray[np.float64]:
    """``(K,) float64``: for each class the median over the runs, as in the paper's Figs. 6 and 7."""
    found: NDArray[np.float64] = np.median(np.stack([confidences(run) for run in runs]), axis=0)
    return found


def reached(values: NDArray[np.float64]) -> dict[str, int]:
    """Threshold to how many of ``values`` are at least that."""
    return {str(bound): int((values >= bound).sum()) for bound in THRESHOLDS}


def run_figures(run: RunFile) -> dict[str, object]:
    """A run in JSON values: settings that matter, the curve at a dozen points, and every champion."""
    values, history = confidences(run), run.history
    last = run.generation
    points = sorted(
        {round(last * share) for share in (0, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1)}
    )
    return {
        "seed": run.settings.seed,
        "encoding": run.settings.encoding,
        "encoding_options": dict(run.settings.encoding_options),
        "batch": run.settings.batch,
        "generations": last,
        "queries": int(history.queries[-1]),
        "seconds": round(run.seconds, 1),
        "jumps": int(history.jumps[-1]),
        "median_confidence": float(np.median(values)),
        "mean_confidence": float(values.mean()),
        "fooled": reached(values),
        "median_at": {str(g): round(float(history.median[g]), 6) for g in points},
        "confidences": [round(float(value), 6) for value in values],
    }


def curve(runs: Sequence[RunFile]) -> Table:
    """Median confidence as the queries are spent, one column for each run."""
    last = min(run.generation for run in runs)
    points = sorted({round(last * share) for share in (0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1)})
    rows = [
        (
            str(generation),
            f"{int(runs[0].history.queries[generation]):,}".replace(",", " "),
            *(format_confidence(float(run.history.median[generation])) for run in runs),
        )
        for generation in points
    ]
    heads = ("generation", "queries", *(f"median, seed {run.settings.seed}" for run in runs))
    return Table("Median confidence of the champions", heads, tuple(rows))


def bands(values: NDArray[np.float64], names: Sequence[str]) -> Table:
    """Median by tenths of the classes, in the order of their numbers."""
    rows = []
    for part in np.array_split(np.arange(len(values)), min(BANDS, len(values))):
        chosen = values[part]
        rows.append(
            (
                f"{part[0]} to {part[-1]}",
                f"{names[part[0]]} … {names[part[-1]]}",
                format_confidence(float(np.median(chosen))),
                *(str(count) for count in reached(chosen).values()),
            )
        )
    heads = ("classes", "from … to", "median", *(f"at {format_confidence(bound)}" for bound in THRESHOLDS))
    return Table("By class", heads, tuple(rows))


def showcase(run: RunFile, rows: int = 3, columns: int = 8) -> Image:
    """Champions of the most certain quarter, spread evenly over the classes."""
    settings = run.settings
    count = min(rows * columns, len(run.champions))
    best = sorted(run.champions, key=lambda each: -each.confidence)[: max(count, len(run.champions) // 4)]
    spread = sorted(best, key=lambda each: settings.cells[each.cell])
    shown = [spread[round(at)] for at in np.linspace(0, len(spread) - 1, count)]
    encoding = encoding_of(settings)
    canvases = encoding.render(encoding.unpack([each.genome for each in shown]))
    tiles = [
        Tile(canvas, (settings.classes[settings.cells[each.cell]], format_confidence(each.confidence)))
        for canvas, each in zip(canvases, shown, strict=True)
    ]
    return wall([Row("", tuple(tiles[start : start + columns])) for start in range(0, count, columns)])
