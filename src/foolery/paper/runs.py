"""Runs of a reproduction: made where they are missing, used where they are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from foolery.classifiers.base import Classifier
from foolery.encodings import make_encoding
from foolery.engine.batches import settings_of
from foolery.engine.evolution import evolve
from foolery.paper.experiment import Context
from foolery.runs import RunFile, RunFileError, RunSettings, open_run_file
from foolery.runs.database import RUN_DB
from foolery.search.map_elites import MapElites
from foolery.search.objectives import ClassScore, class_indices

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


def ascend_run(
    context: Context,
    classifier: Classifier,
    folder: Path,
    label: str,
    *,
    classes: Sequence[str],
    seed: int,
    **settings: Any,
) -> RunFile:
    """The finished run of gradient ascent in ``folder``; made or resumed where there is none.

    Args:
        context: gives the command, and gets the progress.
        classifier: to fool.
        folder: whose name says all that sets the run apart.
        label: of the progress.
        classes: names of those to ascend for.
        seed: of the run.
        settings: further arguments of ``ascend``.
    """
    from foolery.engine.ascent import ascend

    run = None
    with suppress(RunFileError):
        run = open_run_file(folder)
    if run is not None and run.status == "finished" and run.settings.seed == seed:
        names = [run.settings.classes[cell] for cell in run.settings.cells]
        if names == list(classes):
            return run
    ascend(
        classifier,
        classes=classes,
        seed=seed,
        out=folder,
        resume=(folder / RUN_DB).is_file(),
        on_progress=context.progress_of(label),
        command=context.command,
        **settings,
    )
    return open_run_file(folder)
