"""Runs of a reproduction: made where they are missing, used where they are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.base import Classifier
from foolery.encodings import make_encoding
from foolery.engine.batches import settings_of
from foolery.engine.evolution import evolve
from foolery.engine.run import run_encoding
from foolery.paper.experiment import Context, ResultTable
from foolery.paper.figures import ImageRow, ImageTile, image_grid
from foolery.runs import RunFile, RunFileError, RunSettings, open_run_file
from foolery.runs.database import RUN_DB
from foolery.search.map_elites import MapElites
from foolery.search.objectives import ClassScore, class_indices
from foolery.text import format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image


#: Settings that say where a run was scored. They decide the last bits of a score, and so which of many
#: equal runs it is; what an experiment measures does not depend on them.
_PLACE_FIELDS = ("classifier", "backend", "forward")


def evolve_runs(
    context: Context,
    role: str,
    encoding: str,
    *,
    generations: int,
    batch: int,
    seeds: Sequence[int] | None = None,
    options: Mapping[str, bool | int | float | str] | None = None,
    classes: Sequence[str] | None = None,
) -> list[RunFile]:
    """One finished run of MAP-Elites for every seed, in the order of ``seeds``.

    A finished run with equal settings that lies in the folder of ``run_folder`` is used; an unfinished one
    is resumed, where its settings are the same to the last one. Missing ones share their batches, each the
    same as if it ran alone.

    Args:
        context: gives the classifier, the folder and the seeds.
        role: of the classifier.
        encoding: its name, with its ``options``.
        generations: after the initial population, which has the size of a batch.
        batch: children per generation.
        seeds: 0 to ``context.seeds - 1`` if None.
        options: of the encoding.
        classes: names of those to evolve for; all if None.

    Raises:
        UsageError: for an unfinished run with other settings.
        KeyboardInterrupt: passed on with everything saved.
    """
    classifier = context.classifiers[role]
    wanted_seeds = list(range(context.seeds) if seeds is None else seeds)

    def existing(seed: int) -> RunFile | None:
        folder = run_folder(context.work, classifier, encoding, generations, batch, seed, options, classes)
        return matching_run(folder, classifier, encoding, generations, batch, seed, options, classes)

    run_of_seed = {seed: existing(seed) for seed in wanted_seeds}
    missing = sorted({seed for seed in wanted_seeds if run_of_seed[seed] is None})
    if missing:
        folders = [
            run_folder(context.work, classifier, encoding, generations, batch, seed, options, classes)
            for seed in missing
        ]
        which = f"seed {missing[0]}" if len(missing) == 1 else f"seeds {missing[0]} to {missing[-1]}"
        evolve(
            classifier,
            seeds=missing,
            encoding=encoding,
            options=options,
            classes=classes,
            generations=generations,
            batch=batch,
            out=folders[0].parent,
            resume=any((folder / RUN_DB).is_file() for folder in folders),
            on_progress=context.progress_of(f"{encoding} on {role}, {which}"),
            command=context.command,
        )
        run_of_seed |= {seed: open_run_file(folder) for seed, folder in zip(missing, folders, strict=True)}
    return [run for seed in wanted_seeds if (run := run_of_seed[seed]) is not None]


def run_folder(
    work: Path,
    classifier: Classifier,
    encoding: str,
    generations: int,
    batch: int,
    seed: int,
    options: Mapping[str, bool | int | float | str] | None = None,
    classes: Sequence[str] | None = None,
) -> Path:
    """``work/runs/FINGERPRINT-ENCODING-BATCHxGENERATIONS/seed-N``, of the fingerprint 12 letters.

    Options of the encoding, and how many classes where not all, stand after the encoding.
    """
    chosen = "".join(f"-{value}" for _, value in sorted((options or {}).items()))
    chosen += "" if classes is None else f"-{len(classes)}of{len(classifier.description.classes)}"
    name = f"{classifier.description.fingerprint[:12]}-{encoding}{chosen}-{batch}x{generations}"
    return work / "runs" / name / f"seed-{seed}"


def matching_run(
    folder: Path,
    classifier: Classifier,
    encoding: str,
    generations: int,
    batch: int,
    seed: int,
    options: Mapping[str, bool | int | float | str] | None = None,
    classes: Sequence[str] | None = None,
) -> RunFile | None:
    """The run in ``folder`` if it has these settings and so many generations; None for any other.

    One that was interrupted just there has all that an experiment needs.
    """
    try:
        run = open_run_file(folder)
    except RunFileError:
        return None
    description = classifier.description
    encoder = make_encoding(encoding, description.canvas, options)
    search = MapElites(
        encoder, ClassScore(class_indices(classes, description.classes)), seeds=seed, batch=batch
    )
    expected = settings_of(search, classifier)
    return run if run.generation == generations and _same_settings(run.settings, expected) else None


def _same_settings(stored: RunSettings, expected: RunSettings) -> bool:
    return not stored.differences(
        expected.model_copy(update={name: getattr(stored, name) for name in _PLACE_FIELDS})
    )


def longest_runs(context: Context, role: str, encoding: str, *, batch: int) -> list[RunFile]:
    """Finished runs of other reproductions: those of most generations that lie in ``work/runs``.

    In the order of their seeds; an empty list where there are none.
    """
    classifier = context.classifiers[role]
    start = f"{classifier.description.fingerprint[:12]}-{encoding}-{batch}x"
    folders = [
        path for path in (context.work / "runs").glob(f"{start}*") if path.name[len(start) :].isdecimal()
    ]
    for folder in sorted(folders, key=lambda path: -int(path.name[len(start) :])):
        generations = int(folder.name[len(start) :])
        seeds = sorted(int(path.name[5:]) for path in folder.glob("seed-*") if path.name[5:].isdecimal())
        runs = [
            matching_run(folder / f"seed-{seed}", classifier, encoding, generations, batch, seed)
            for seed in seeds
        ]
        there = [run for run in runs if run is not None]
        if there:
            return there
    return []


def champion_confidences(run: RunFile, generation: int | None = None) -> NDArray[np.float64]:
    """``(cells,) float64``: the champions' confidences at the end, or as they were after ``generation``.

    A cell that nobody had taken has 0.
    """
    values = np.zeros(len(run.settings.cells))
    for replacement in run.replacements:  # in the order of generations
        if generation is None or replacement.generation <= generation:
            values[replacement.cell] = replacement.confidence
    return values


def search_seconds(runs: Sequence[RunFile]) -> float:
    """Of search, summed over runs and resumes."""
    return sum(run.seconds for run in runs)


THRESHOLDS = (0.5, 0.9, 0.99, 0.9999)
CLASS_BANDS = 10


def class_medians(runs: Sequence[RunFile]) -> NDArray[np.float64]:
    """``(K,) float64``: for each class the median over the runs, as in the paper's Figs. 6 and 7."""
    medians: NDArray[np.float64] = np.median(np.stack([champion_confidences(run) for run in runs]), axis=0)
    return medians


def count_fooled(values: NDArray[np.float64]) -> dict[str, int]:
    """Threshold to how many of ``values`` are at least that."""
    return {str(threshold): int((values >= threshold).sum()) for threshold in THRESHOLDS}


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
        "jumps": int(history.improvements[-1]),
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
            f"{int(runs[0].history.queries[generation]):,}".replace(",", " "),
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
        *(f"at {format_confidence(threshold)}" for threshold in THRESHOLDS),
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
    """``4 200``, or ``> 40 200`` where ``value`` is infinite: not within ``maximum`` queries."""
    text = f"{value if np.isfinite(value) else maximum:,.0f}".replace(",", " ")
    return text if np.isfinite(value) else f"> {text}"


def finite_or_none(value: float) -> float | None:
    """A number of queries for JSON: null where it was not reached."""
    return float(value) if np.isfinite(value) else None
