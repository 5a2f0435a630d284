"""What experiments measure on runs, and how their pages show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.base import Classifier
from foolery.engine.run import run_encoding
from foolery.paper.experiment import ResultTable
from foolery.paper.figures import ImageRow, ImageTile, image_grid
from foolery.paper.verdicts import Amount
from foolery.runs import RunFile
from foolery.text import THRESHOLDS, format_confidence, format_count

if TYPE_CHECKING:
    from PIL.Image import Image

CLASS_BANDS = 10
PAPER_RUNS, PAPER_CLASSES, PAPER_CROPS = 5, 1000, 10
"""Of Figs. 6 and 7."""


def champion_confidences(run: RunFile, generation: int | None = None) -> NDArray[np.float64]:
    """``(cells,) float64``: the champions' confidences at the end, or as they were after ``generation``.

    A cell that nobody had taken has 0.
    """
    values = np.zeros(len(run.settings.cells))
    for replacement in run.replacements:  # in the order of generations
        if generation is None or replacement.generation <= generation:
            values[replacement.cell] = replacement.confidence
    return values


def crops_of(classifier: Classifier) -> int:
    """Crops of a canvas that one query scores: ten behind ``tencrop:``, else one."""
    return 10 if classifier.description.name.startswith("tencrop:") else 1


def network_name(reference: str) -> str:
    """A name for pages: ``squeezenet`` of ``onnx:/nets/squeezenet/model.onnx``, others as they are."""
    schemes, _, rest = reference.rpartition(":")
    wrapper, _, scheme = schemes.rpartition(":")
    if scheme not in ("onnx", "torch"):
        return reference
    path = PurePath(rest)
    name = path.parent.name if path.stem == "model" and path.parent.name else path.stem
    return f"{wrapper}:{name}" if wrapper else name


def imagenet_amounts(
    figures: Mapping[str, Any], generations: int, paper_generations: int, runs: int
) -> tuple[Amount, ...]:
    """The paper's scale of Figs. 6 to 10 beside ours: five runs, 1000 classes, ten crops."""
    return (
        Amount("runs", PAPER_RUNS, runs),
        Amount("generations", paper_generations, generations),
        Amount("classes", PAPER_CLASSES, figures["classes"]),
        Amount("crops of an image", PAPER_CROPS, figures["crops"]),
    )


def search_seconds(runs: Sequence[RunFile]) -> float:
    """Of search, summed over runs and resumes."""
    return sum(run.seconds for run in runs)


def class_medians(runs: Sequence[RunFile]) -> NDArray[np.float64]:
    """``(K,) float64``: for each class the median over the runs, as in the paper's Figs. 6 and 7."""
    medians: NDArray[np.float64] = np.median(np.stack([champion_confidences(run) for run in runs]), axis=0)
    return medians


def count_fooled(values: NDArray[np.float64]) -> dict[str, int]:
    """Threshold to how many of ``values`` are at least that."""
    return {str(bound): int((values >= bound).sum()) for bound in THRESHOLDS}


def run_summary(run: RunFile) -> dict[str, object]:
    """A run in JSON values: settings that matter, the curve at a dozen points, and every champion."""
    values, history = champion_confidences(run), run.history
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
        "improvements": int(history.improvements[-1]),
        "median_confidence": float(np.median(values)),
        "mean_confidence": float(values.mean()),
        "fooled": count_fooled(values),
        "median_at": {str(g): round(float(history.median[g]), 6) for g in points},
        "confidences": [round(float(value), 6) for value in values],
    }


def convergence_table(runs: Sequence[RunFile]) -> ResultTable:
    """Median confidence as the queries are spent, one column for each run."""
    last = min(run.generation for run in runs)
    points = sorted({round(last * share) for share in (0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1)})
    rows = [
        (
            str(generation),
            format_count(int(runs[0].history.queries[generation])),
            *(format_confidence(float(run.history.median[generation])) for run in runs),
        )
        for generation in points
    ]
    heads = ("generation", "queries", *(f"median, seed {run.settings.seed}" for run in runs))
    return ResultTable("Median confidence of the champions", heads, tuple(rows))


def class_bands_table(values: NDArray[np.float64], names: Sequence[str]) -> ResultTable:
    """Median by tenths of the classes, in the order of their numbers."""
    rows = []
    for part in np.array_split(np.arange(len(values)), min(CLASS_BANDS, len(values))):
        chosen = values[part]
        rows.append(
            (
                f"{part[0]} to {part[-1]}",
                f"{names[part[0]]} … {names[part[-1]]}",
                format_confidence(float(np.median(chosen))),
                *(str(count) for count in count_fooled(chosen).values()),
            )
        )
    heads = (
        "classes",
        "from … to",
        "median",
        *(f"at {format_confidence(bound)}" for bound in THRESHOLDS),
    )
    return ResultTable("By class", heads, tuple(rows))


def champions_picture(run: RunFile, rows: int = 3, columns: int = 8) -> Image:
    """Champions of the most certain quarter, spread evenly over the classes."""
    settings = run.settings
    count = min(rows * columns, len(run.champions))
    best = sorted(run.champions, key=lambda each: -each.confidence)[: max(count, len(run.champions) // 4)]
    spread = sorted(best, key=lambda each: settings.cells[each.cell])
    shown = [spread[round(at)] for at in np.linspace(0, len(spread) - 1, count)]
    encoding = run_encoding(settings)
    canvases = encoding.render(encoding.unpack([each.genome for each in shown]))
    tiles = [
        ImageTile(canvas, (settings.classes[settings.cells[each.cell]], format_confidence(each.confidence)))
        for canvas, each in zip(canvases, shown, strict=True)
    ]
    return image_grid(
        [ImageRow("", tuple(tiles[start : start + columns])) for start in range(0, count, columns)]
    )


def first_generation(values: NDArray[np.float64], threshold: float) -> int | None:
    """The first generation in which ``values`` is at least ``threshold``; None where it never is."""
    generations = np.flatnonzero(values >= threshold)
    return int(generations[0]) if len(generations) else None


def queries_to_threshold(run: RunFile, threshold: float) -> NDArray[np.float64]:
    """``(cells,) float64``: queries made when each cell's champion first was at ``threshold``.

    Infinity where it was not by the end of the run: the true number is larger than the run's queries.
    """
    queries = np.full(len(run.settings.cells), np.inf)
    for replacement in run.replacements:  # in the order of generations
        if replacement.confidence >= threshold and np.isinf(queries[replacement.cell]):
            queries[replacement.cell] = run.history.queries[replacement.generation]
    return queries


def queries_of_runs(runs: Sequence[RunFile], threshold: float) -> NDArray[np.float64]:
    """``(runs * cells,) float64``: those of every cell of every run."""
    return np.concatenate([queries_to_threshold(run, threshold) for run in runs])


def median_of(values: Sequence[float] | NDArray[np.float64]) -> float:
    """The median, also where some are infinite."""
    ordered = np.sort(np.asarray(values, np.float64))
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return float(low if low == high else (low + high) / 2)


def format_queries(value: float, maximum: float) -> str:
    """``4,200``, or ``> 40,200`` where ``value`` is infinite: not within ``maximum`` queries."""
    return format_count(value) if np.isfinite(value) else f"> {format_count(maximum)}"


def finite_or_none(value: float) -> float | None:
    """A number of queries for JSON: null where it was not reached."""
    return float(value) if np.isfinite(value) else None
