"""Runs of a reproduction: made where they are missing, used where they are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.base import Classifier
from foolery.encodings import make_encoding
from foolery.engine.evolve import settings_of
from foolery.engine.replicates import evolve_replicates
from foolery.paper.experiment import Context
from foolery.runs import RunFile, RunFileError, RunSettings, open_run_file
from foolery.runs.database import RUN_DB
from foolery.search.map_elites import MapElites
from foolery.search.objectives import ClassScore, cells_of

#: Settings that say where a run was scored. They decide the last bits of a score, and so which of many
#: equal runs it is; what an experiment measures does not depend on them.
_WHERE = ("classifier", "backend", "forward")


def runs_of(
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
    wanted = list(range(context.seeds) if seeds is None else seeds)

    def there(seed: int) -> RunFile | None:
        folder = run_folder(context.work, classifier, encoding, generations, batch, seed, options, classes)
        return finished(folder, classifier, encoding, generations, batch, seed, options, classes)

    found = {seed: there(seed) for seed in wanted}
    for block in _blocks([seed for seed in wanted if found[seed] is None]):
        folders = [
            run_folder(context.work, classifier, encoding, generations, batch, seed, options, classes)
            for seed in block
        ]
        which = f"seed {block[0]}" if len(block) == 1 else f"seeds {block[0]} to {block[-1]}"
        evolve_replicates(
            classifier,
            replicates=len(block),
            seed=block[0],
            encoding=encoding,
            options=options,
            classes=classes,
            generations=generations,
            batch=batch,
            out=folders[0].parent,
            resume=any((folder / RUN_DB).is_file() for folder in folders),
            watch=context.watch(f"{encoding} on {role}, {which}"),
            command=context.command,
        )
        found |= {seed: open_run_file(folder) for seed, folder in zip(block, folders, strict=True)}
    return [run for seed in wanted if (run := found[seed]) is not None]


def _blocks(seeds: Sequence[int]) -> list[list[int]]:
    """``seeds`` in blocks that follow each other without a gap."""
    blocks: list[list[int]] = []
    for seed in sorted(set(seeds)):
        if blocks and blocks[-1][-1] == seed - 1:
            blocks[-1].append(seed)
        else:
            blocks.append([seed])
    return blocks


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


def finished(
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
    described = classifier.description
    drawn = make_encoding(encoding, described.canvas, options)
    search = MapElites(drawn, ClassScore(cells_of(classes, described.classes)), seeds=seed, batch=batch)
    asked = settings_of(search, classifier)
    return run if run.generation == generations and _same(run.settings, asked) else None


def _same(stored: RunSettings, asked: RunSettings) -> bool:
    return not stored.differences(asked.model_copy(update={name: getattr(stored, name) for name in _WHERE}))


def finished_runs(context: Context, role: str, encoding: str, *, batch: int) -> list[RunFile]:
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
            finished(folder / f"seed-{seed}", classifier, encoding, generations, batch, seed)
            for seed in seeds
        ]
        there = [run for run in runs if run is not None]
        if there:
            return there
    return []


def confidences(run: RunFile, generation: int | None = None) -> NDArray[np.float64]:
    """``(cells,) float64``: the champions' confidences at the end, or as they were after ``generation``.

    A cell that nobody had taken has 0.
    """
    found = np.zeros(len(run.settings.cells))
    for reign in run.reigns:  # in the order of generations
        if generation is None or reign.generation <= generation:
            found[reign.cell] = reign.confidence
    return found


def seconds_of(runs: Sequence[RunFile]) -> float:
    """Of search, summed over runs and resumes."""
    return sum(run.seconds for run in runs)
