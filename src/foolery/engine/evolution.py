"""Evolve: MAP-Elites against a classifier, for one seed or many, written to run files as it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, overload

from foolery.classifiers import as_classifier
from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.batched import autobatch
from foolery.classifiers.wrappers.metered import Budget
from foolery.encodings import Encoding
from foolery.engine.batches import RunPlan, folder_of, settings_of
from foolery.engine.loop import Limits
from foolery.engine.own_code import named_encoding, named_objective
from foolery.engine.progress import OnProgress
from foolery.engine.provenance import make_provenance
from foolery.engine.run import RunResult, RunResults
from foolery.errors import UsageError, did_you_mean
from foolery.rng import MAX_SEED, check_seed
from foolery.runs import RunSettings, read_run_head
from foolery.search.map_elites import MapElites
from foolery.search.memetic import check_steps, gradient_steps
from foolery.search.objectives import Objective, class_indices

KeepGenomes = Literal["auto", "all", "champions"]
MAX_GENERATIONS = 10_000_000
MAX_RUNS = 100_000


@overload
def evolve(
    classifier: Classifier | str, *, seed: int = 0, seeds: None = None, **arguments: Any
) -> RunResult: ...
@overload
def evolve(
    classifier: Classifier | str, *, seed: int = 0, seeds: int | Sequence[int], **arguments: Any
) -> RunResults: ...
def evolve(  # type: ignore[misc]  # the overloads leave out the arguments that they have in common
    classifier: Classifier | str,
    *,
    seed: int = 0,
    seeds: int | Sequence[int] | None = None,
    encoding: str | Encoding[Any] = "cppn",
    options: Mapping[str, bool | int | float | str] | None = None,
    generations: int = 200,
    batch: int = 200,
    initial: int | None = None,
    classes: Sequence[str] | None = None,
    objective: str | Objective | type[Objective] = "class-score",
    memetic: int = 0,
    out: Path | str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    checkpoint_every: int | None = None,
    keep_genomes: KeepGenomes = "auto",
    until: float | None = None,
    budget: Budget | None = None,
    on_progress: OnProgress | None = None,
    command: str = "python",
) -> RunResult | RunResults:
    """Search, for every class, for the image that ``classifier`` is most confident about.

    Example:
        >>> run = evolve("lenet", generations=2, batch=20)
        >>> len(run.champions)
        10
        >>> runs = evolve("lenet", seeds=3, generations=2, batch=20)
        >>> [run.settings.seed for run in runs]
        [0, 1, 2]

    Args:
        classifier: what is fooled, or a reference for ``load_classifier``.
        seed: 0 to 2^64 - 1; the same seed on the same machine gives the same run.
        seeds: several runs, each the one that its seed gives alone: the seeds, or N for ``seed`` to
            ``seed + N - 1``. Up to 50 of them share their batches, fewer where images are large.
        encoding: how images are described: ``cppn``, ``direct``, ``gaussian``, ``sparse``, a plugin's,
            or one of your own, as an object or as ``python:MODULE:NAME``. The run file records that
            reference; whoever reads the run in another Python repeats it (``foolery.use_code``, ``--with``).
        options: of the encoding, for instance ``{"coordinates": "centered"}``.
        generations: after the initial population; more than a finished run has extends it.
        batch: children per generation.
        initial: size of the initial population; ``batch`` if None.
        classes: names of the classes to search for; all if None.
        objective: what selection maximizes, ``class-score`` or ``margin`` (``foolery.search.objectives``), or
            your own, likewise.
        memetic: gradient steps that every child takes before it is scored (``foolery.search.memetic``); each
            counts as two queries, forward and backward. Needs a classifier with gradients.
        out: folder for the run file; None keeps the run in memory. Several runs get folders ``seed-N`` in it.
        resume: continue what is in ``out``. Of several runs, those that are not there are started, and those
            that have reached a limit are left as they are.
        overwrite: replace the runs in ``out``.
        checkpoint_every: generations between checkpoints; every few seconds if None.
        keep_genomes: whose genomes a new run file keeps; ``auto`` is all that ever held a cell for small
            genomes, only the champions' for large ones.
        until: stop a run as soon as every champion has at least this confidence.
        budget: the queries and the time that may be spent; the search ends before a generation that does
            not fit, with what it has. Queries are those of each whole run, time is that of this call.
        on_progress: called after every generation; with medians over the runs that share it.
        command: how the run was started, for its provenance.

    Returns:
        The run; with ``seeds`` a sequence of runs, each of which is opened when it is asked for.

    Raises:
        UsageError: for anything in the arguments that cannot be used, before anything is written.
        FooleryError: where a run file cannot be written; its last checkpoint stays readable.
        KeyboardInterrupt: passed on after all runs were saved.
    """
    _check_limits(generations, until)
    check_steps(memetic)
    if resume and out is None:
        raise UsageError("resume: a run in memory cannot be resumed; give out=FOLDER")
    _check_choice("keep-genomes", keep_genomes, get_args(KeepGenomes))
    folder, alone = None if out is None else Path(out), seeds is None
    all_seeds = (check_seed(seed),) if seeds is None else _seeds(seed, seeds)
    plain = as_classifier(classifier)
    classifier = autobatch(plain, _stored_settings(folder, all_seeds, alone) if resume else None)
    description, limits = classifier.description, budget or Budget()
    stored = out is not None
    image_encoding, encoding_name = named_encoding(encoding, description.canvas, options, stored=stored)
    indices = class_indices(classes, description.classes)
    cells, objective_name = named_objective(objective, indices, all_classes=classes is None, stored=stored)
    local_search = gradient_steps(plain, image_encoding, cells.cells, memetic) if memetic else None
    search = MapElites(
        image_encoding, cells, seeds=all_seeds[0], batch=batch, initial=initial, local_search=local_search
    )
    plan = RunPlan(
        folder,
        all_seeds,
        alone,
        classifier,
        image_encoding,
        cells,
        local_search,
        settings_of(search, classifier).model_copy(
            update={"encoding": encoding_name, "objective": objective_name}
        ),
        make_provenance(description, command),
        image_encoding.keeps_ancestors if keep_genomes == "auto" else keep_genomes == "all",
        checkpoint_every,
        Limits(generations, until, limits.queries),
    )
    heads = plan.stored() if resume else plan.new(overwrite=overwrite)
    in_memory = plan.evolve(heads, limits.seconds, on_progress)
    runs = RunResults(
        [folder_of(folder, one, alone=alone) if folder else in_memory[one] for one in all_seeds]
    )
    return runs[0] if alone else runs


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UsageError(f"{name}: unknown {value!r}; {did_you_mean(value, list(choices))}")


def _check_limits(generations: int, until: float | None) -> None:
    whole = isinstance(generations, int) and not isinstance(generations, bool)
    if not whole or not 0 <= generations <= MAX_GENERATIONS:
        raise UsageError(
            f"generations: expected a whole number from 0 to {MAX_GENERATIONS}, got {generations!r}"
        )
    if until is not None and not 0.0 < until <= 1.0:
        raise UsageError(f"until: expected a confidence above 0 and up to 1, got {until!r}")


def _seeds(first: int, seeds: int | Sequence[int]) -> tuple[int, ...]:
    """The seeds of several runs.

    Raises:
        UsageError: for none, too many, the same one twice, or one that is no seed.
    """
    if isinstance(seeds, int | float) and (
        isinstance(seeds, bool) or not 1 <= seeds <= MAX_RUNS or seeds % 1
    ):
        raise UsageError(f"seeds: expected 1 to {MAX_RUNS} runs, got {seeds!r}")
    if isinstance(seeds, int):
        last = check_seed(first) + seeds - 1
        if last > MAX_SEED:
            raise UsageError(f"seed: expected up to {MAX_SEED}, but {seeds} runs need seeds up to {last}")
        return tuple(range(first, last + 1))
    distinct = tuple(dict.fromkeys(check_seed(seed) for seed in seeds))
    if len(distinct) != len(seeds) or not 1 <= len(seeds) <= MAX_RUNS:
        raise UsageError(
            f"seeds: expected 1 to {MAX_RUNS} different seeds, got {len(distinct)} different ones"
        )
    return distinct


def _stored_settings(out: Path | None, seeds: Sequence[int], alone: bool) -> RunSettings | None:
    """The settings of the first of these runs that is there."""
    if out is None:
        return None
    heads = (read_run_head(folder_of(out, seed, alone=alone)) for seed in seeds)
    return next((head.settings for head in heads if head is not None), None)
