"""Evolve: MAP-Elites against a classifier, written to a run file as it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, fields, replace
from itertools import groupby
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import numpy as np

from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.batched import autobatch, record_reductions
from foolery.classifiers.wrappers.metered import Budget, BudgetSpent, Metered
from foolery.encodings import Encoding, make_encoding
from foolery.engine.evaluation import Evaluation, Evaluator
from foolery.engine.progress import Progress
from foolery.engine.provenance import make_provenance
from foolery.engine.recording import RunStatistics, new_elites_of, restore, select_replicates
from foolery.engine.run import RunResult, make_run_result, run_summary
from foolery.errors import UsageError
from foolery.rng import MAX_SEED, check_seed
from foolery.runs import GenerationStats, Provenance, RunSettings, RunWriter, Timings, open_run_file
from foolery.runs.create import check_free, check_same_settings, delete_run
from foolery.runs.database import RUN_DB
from foolery.runs.reader import RunHead, read_run_head
from foolery.search.archive import EliteUpdate
from foolery.search.map_elites import LazyOffspring, MapElites
from foolery.search.memetic import check_steps, make_memetic, queries_per_child
from foolery.search.objectives import OBJECTIVES, ClassScore, ObjectiveName, class_indices

KeepGenomes = Literal["auto", "all", "champions"]
OnProgress = Callable[[Progress], None]
MAX_GENERATIONS = 10_000_000


def evolve(
    classifier: Classifier | str,
    *,
    encoding: str = "cppn",
    options: Mapping[str, bool | int | float | str] | None = None,
    generations: int = 200,
    batch: int = 200,
    initial: int | None = None,
    seed: int = 0,
    classes: Sequence[str] | None = None,
    memetic: int = 0,
    objective: ObjectiveName = "class-score",
    out: Path | str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    checkpoint_every: int | None = None,
    keep_genomes: KeepGenomes = "auto",
    until: float | None = None,
    budget: Budget | None = None,
    on_progress: OnProgress | None = None,
    command: str = "python",
) -> RunResult:
    """Search, for every class, for the picture that ``classifier`` is most certain about.

    Args:
        classifier: what is fooled, or a reference for ``load_classifier``.
        encoding: ``cppn`` or ``direct``.
        options: of the encoding, for instance ``{"coordinates": "centered"}``.
        generations: bred after the initial population; more than a finished run has extends it.
        batch: children per generation.
        initial: size of the initial population; ``batch`` if None.
        seed: 0 to 2^64 - 1; the same seed on the same machine gives the same run.
        classes: names of the classes to search for; all if None.
        memetic: gradient steps that every child takes before it is scored (``foolery.search.memetic``); each
            counts as two queries, forward and backward. Needs a classifier with gradients.
        objective: what selection maximises, ``class-score`` or ``margin`` (``foolery.search.objectives``).
        out: folder for the run file; None keeps the run in memory.
        resume: continue the run in ``out``.
        overwrite: replace the run in ``out``.
        checkpoint_every: generations between checkpoints; every few seconds if None.
        keep_genomes: whose genomes a new run file keeps; ``auto`` is all that ever held a cell for small
            genomes, only the champions' for large ones.
        until: stop as soon as every champion has at least this confidence.
        budget: the queries and the time that may be spent; the search ends before a generation that does
            not fit, with what it has. Queries are those of the whole run, time is that of this call.
        on_progress: called after every generation.
        command: how the run was started, for its provenance.

    Raises:
        UsageError: for anything in the arguments that cannot be used.
        FooleryError: where the run file cannot be written; its last checkpoint stays readable.
        KeyboardInterrupt: passed on after the run was saved.
    """
    check_goal(generations, until)
    if resume and out is None:
        raise UsageError("resume: a run in memory cannot be resumed; give out=FOLDER")
    folder = None if out is None else Path(out)
    classifier = load_classifier(classifier) if isinstance(classifier, str) else classifier
    state = read_run_head(folder) if resume and folder is not None else None
    given, classifier = classifier, autobatch(classifier, state.settings if state is not None else None)
    description = classifier.description
    image_encoding = make_encoding(encoding, description.canvas, options)
    search = MapElites(
        image_encoding,
        OBJECTIVES[objective](class_indices(classes, description.classes)),
        seeds=seed,
        batch=batch,
        initial=initial,
        cost=queries_per_child(check_steps(memetic)),
    )
    settings = settings_of(search, classifier)
    if memetic:
        settings = settings.model_copy(update={"search_options": {"refine": memetic}})
        make_memetic(search, given, memetic)
    run_provenance = make_provenance(description, command)
    if resume and folder is not None:
        writer = RunWriter.resume(folder, settings, run_provenance, checkpoint_every=checkpoint_every)
    else:
        writer = RunWriter.create(
            folder,
            settings,
            run_provenance,
            overwrite=overwrite,
            keep_genomes=image_encoding.keeps_ancestors if keep_genomes == "auto" else keep_genomes == "all",
            checkpoint_every=checkpoint_every,
        )
    with writer:
        if writer.generation >= 0:
            restore(search, [writer])
        record_reductions(classifier, [writer])
        meter = _meter(classifier, budget, writer)
        with suppress(BudgetSpent):
            _run(search, meter, writer, generations=generations, until=until, watch=on_progress)
        writer.close("finished")
        return make_run_result(writer.snapshot())


def _meter(classifier: Classifier, budget: Budget | None, writer: RunWriter) -> Metered:
    """``classifier`` with what is left of the budget."""
    limit = budget or Budget()
    return Metered(classifier, limit.queries, limit.seconds, images=writer.queries)


def settings_of(search: MapElites[Any], classifier: Classifier) -> RunSettings:
    """Everything that decides the genomes of a run of ``search`` against ``classifier``."""
    description, encoding = classifier.description, search.encoding
    return RunSettings(
        encoding=encoding.name,
        encoding_options=dict(encoding.options),
        renderer=encoding.renderer_version,
        canvas=encoding.canvas.axes,
        classifier=description.name,
        fingerprint=description.fingerprint,
        backend=description.backend,
        forward=dict(description.forward),
        kind=description.kind,
        classes=description.classes,
        cells=search.objective.cells,
        objective=search.objective.name,
        seed=search.seeds[0],
        batch=search.batch,
        initial=search.initial,
    )


def _run(
    search: MapElites[Any],
    meter: Metered,
    writer: RunWriter,
    *,
    generations: int,
    until: float | None,
    watch: OnProgress | None,
) -> None:
    """Breed until ``generations``, or until every champion is certain enough."""
    description, encoding = meter.description, search.encoding
    labels = tuple(description.classes[cell] for cell in search.objective.cells)
    started_at, spent, start = max(search.generation, 0), writer.seconds, perf_counter()
    score, standing = (
        Evaluator(encoding, meter.classifier),
        RunStatistics(search.archive, 0, description.kind),
    )
    while search.generation < generations:
        begun = perf_counter()
        litter = search.ask_lazy()
        asked = perf_counter()
        with meter.batch(len(litter) * (search.cost if litter.generation else 1)):
            scored = score(litter)
        answered = perf_counter()
        takeover = tell_scores(search, description.name, scored)
        if len(takeover):
            standing.update()
        now = perf_counter()
        stages = replace(scored.timings, tell=asked - begun + now - answered)
        moment = standing.generation_stats(search.generation, search.queries, spent + now - start)
        births, weight = new_elites_of(
            encoding, litter, scored, takeover, search.archive, standing.confidences
        )
        writer.submit(moment, births, stages, weight)
        if watch is not None:
            elites = search.elites
            watch(
                Progress(
                    search.generation,
                    generations,
                    started_at,
                    moment,
                    labels,
                    standing.confidences,
                    lambda elites=elites: encoding.render(elites),  # type: ignore[misc]
                )
            )
        if until is not None and moment.min >= until:
            return


def tell_scores(search: MapElites[Any], name: str, scored: Evaluation) -> EliteUpdate:
    """Tell the search its scores; an answer that cannot be used names the classifier."""
    try:
        return search.tell(scored.scores, scored.canvases)
    except UsageError as error:
        raise UsageError(f"classifier {name}: {error}") from error


def check_goal(generations: int, until: float | None) -> None:
    """Raise UsageError unless a search can have this goal."""
    whole = isinstance(generations, int) and not isinstance(generations, bool)
    if not whole or not 0 <= generations <= MAX_GENERATIONS:
        raise UsageError(
            f"generations: expected a whole number from 0 to {MAX_GENERATIONS}, got {generations!r}"
        )
    if until is not None and not 0.0 < until <= 1.0:
        raise UsageError(f"until: expected a confidence above 0 and up to 1, got {until!r}")


@dataclass(frozen=True)
class Goal:
    """When the runs end.

    Attributes:
        generations: at the latest after so many.
        until: a run ends as soon as every champion of its own has at least this confidence.
        queries: the most that each run may spend.
    """

    generations: int
    until: float | None = None
    queries: int | None = None

    def allows(self, search: MapElites[Any]) -> bool:
        """Whether ``search`` may breed one more generation."""
        size = search.batch if search.generation >= 0 else search.initial
        fits = self.queries is None or search.queries + size <= self.queries
        return search.generation < self.generations and fits


class Together:
    """Runs at the same generation of one search with as many replicates.

    Args:
        search: put where the runs stand.
        writers: of the replicates, in their order.
        meter: counts what all of them ask together, and ends the search when their time is over.
        goal: when they end.
    """

    def __init__(
        self, search: MapElites[Any], writers: Sequence[RunWriter], meter: Metered, goal: Goal
    ) -> None:
        self.search, self.meter, self.goal = search, meter, goal
        self._started_at = max(search.generation, 0)
        self._last = perf_counter()
        self._take(search, list(writers), [writer.seconds for writer in writers])

    def run(self, watch: Callable[[Progress], None] | None = None, about: str = "") -> None:
        """Breed until every run has reached the goal; those that have are closed.

        Args:
            watch: called after every generation, with medians over the runs that go on.
            about: which runs these are, for the watcher.

        Raises:
            BudgetSpent: when their time is over; the runs that are left stay open.
        """
        while self._writers and self.goal.allows(self.search):
            moments = self._generation()
            if watch is not None:
                watch(self._progress(moments, about))
            self._let_go()
        for writer in self._writers:
            writer.close("finished")

    def _take(self, search: MapElites[Any], writers: list[RunWriter], spent: list[float]) -> None:
        self.search, self._writers, self._spent = search, writers, spent
        kind = self.meter.description.kind
        self._standings = [RunStatistics(search.archive, row, kind) for row in range(len(writers))]
        self._score = Evaluator(search.encoding, self.meter.classifier, replicates=len(writers))

    def _generation(self) -> list[GenerationStats]:
        search, count = self.search, len(self._writers)
        begun = perf_counter()
        litter = search.ask_lazy()
        asked = perf_counter()
        with self.meter.batch(len(litter)):
            scored = self._score(litter)
        answered = perf_counter()
        takeover = tell_scores(search, self.meter.description.name, scored)
        for row in np.unique(takeover.replicates).tolist():
            self._standings[row].update()
        now = perf_counter()
        tell = asked - begun + now - answered
        stages = Timings(
            *(
                (tell if each.name == "tell" else getattr(scored.timings, each.name)) / count
                for each in fields(Timings)
            )
        )
        # A run's seconds are its share of those that pass.
        self._spent = [seconds + (now - self._last) / count for seconds in self._spent]
        self._last = now
        return self._handed_over(litter, scored, takeover, stages)

    def _handed_over(
        self, litter: LazyOffspring[Any], scored: Evaluation, takeover: EliteUpdate, stages: Timings
    ) -> list[GenerationStats]:
        search, moments = self.search, []
        for row, (writer, standing) in enumerate(zip(self._writers, self._standings, strict=True)):
            moment = standing.generation_stats(search.generation, search.queries, self._spent[row])
            births, weight = new_elites_of(
                search.encoding, litter, scored, takeover, search.archive, standing.confidences, row
            )
            writer.submit(moment, births, stages, weight)
            moments.append(moment)
        return moments

    def _let_go(self) -> None:
        """Close the runs whose champions are all certain enough, and go on with the others."""
        until = self.goal.until
        if until is None:
            return
        left = [row for row, standing in enumerate(self._standings) if standing.min < until]
        if len(left) == len(self._writers):
            return
        for row, writer in enumerate(self._writers):
            if row not in left:
                writer.close("finished")
        if left:
            writers = [self._writers[row] for row in left]
            self._take(select_replicates(self.search, left), writers, [self._spent[row] for row in left])
        else:
            self._writers = []

    def _progress(self, moments: Sequence[GenerationStats], about: str) -> Progress:
        search, description = self.search, self.meter.description
        encoding, elites, cells = search.encoding, search.elites, len(search.objective.cells)
        return Progress(
            search.generation,
            self.goal.generations,
            self._started_at,
            _over(moments),
            tuple(description.classes[cell] for cell in search.objective.cells),
            np.median([standing.confidences for standing in self._standings], axis=0),
            lambda: encoding.render(encoding.take(elites, np.arange(cells))),
            about,
        )


def _over(moments: Sequence[GenerationStats]) -> GenerationStats:
    """Several runs' moments as one: sums of what was spent, medians over runs, extremes."""
    return GenerationStats(
        generation=moments[0].generation,
        queries=sum(moment.queries for moment in moments),
        improvements=sum(moment.improvements for moment in moments),
        median=float(np.median([moment.median for moment in moments])),
        mean=float(np.mean([moment.mean for moment in moments])),
        min=min(moment.min for moment in moments),
        max=max(moment.max for moment in moments),
        seconds=sum(moment.seconds for moment in moments),
    )


MAX_REPLICATES = 100_000
MAX_RUNS_PER_BATCH = 50
"""Runs in a batch: each keeps up to four files open. More of them are not faster."""
MAX_BATCH_BYTES = 2**29
"""Pictures and large genomes of all runs in a batch."""


def evolve_replicates(
    classifier: Classifier | str,
    *,
    replicates: int,
    out: Path | str | None,
    encoding: str = "cppn",
    options: Mapping[str, bool | int | float | str] | None = None,
    generations: int = 200,
    batch: int = 200,
    initial: int | None = None,
    seed: int = 0,
    classes: Sequence[str] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    checkpoint_every: int | None = None,
    keep_genomes: KeepGenomes = "auto",
    until: float | None = None,
    budget: Budget | None = None,
    on_progress: OnProgress | None = None,
    command: str = "python",
) -> tuple[Mapping[str, object], ...]:
    """Evolve the runs with seeds ``seed`` to ``seed + replicates - 1``; arguments are those of ``evolve``.

    Up to 50 of them share their batches, fewer where pictures are large; then come the next ones. Runs that
    stand at different generations, as a killed process may leave them, do not share batches.

    - ``out`` gets a folder ``seed-N`` for each of the ``replicates`` runs.
    - ``resume`` goes on with the runs that are there, and begins those that are not; those that have reached
      the goal are left alone. ``overwrite`` replaces all runs of these seeds.
    - ``until``: each run stops as soon as its own champions have all reached it.
    - ``budget``: its queries are each run's own; its time is for all runs together, those that come later
      get their share of it.
    - ``on_progress`` is called after every generation with medians over the runs that share it.

    Returns:
        The summary of every run, in the order of the seeds.

    Raises:
        UsageError: for anything in the arguments that cannot be used, before anything is written.
        FooleryError: where a run file cannot be written; all of them stay readable.
        KeyboardInterrupt: passed on after all runs were saved.
    """
    check_goal(generations, until)
    seeds = _seeds(seed, replicates)
    if out is None:
        raise UsageError("replicates: runs need a folder; give out=FOLDER")
    classifier = load_classifier(classifier) if isinstance(classifier, str) else classifier
    classifier = autobatch(classifier, _recorded(Path(out), seeds) if resume else None)
    description = classifier.description
    image_encoding = make_encoding(encoding, description.canvas, options)
    objective = ClassScore(class_indices(classes, description.classes))
    first = MapElites(image_encoding, objective, seeds=seeds[0], batch=batch, initial=initial)
    limit = budget or Budget()
    plan = _Plan(
        Path(out),
        classifier,
        image_encoding,
        objective,
        settings_of(first, classifier),
        make_provenance(description, command),
        image_encoding.keeps_ancestors if keep_genomes == "auto" else keep_genomes == "all",
        checkpoint_every,
        Goal(generations, until, limit.queries),
    )
    states = plan.resumable(seeds) if resume else plan.vacant(seeds, overwrite=overwrite)
    _run_all(plan, states, limit.seconds, on_progress)
    return tuple(run_summary(open_run_file(plan.folder(one)), plan.folder(one).name) for one in seeds)


@dataclass(frozen=True)
class _Plan:
    """What all runs have in common."""

    out: Path
    classifier: Classifier
    encoding: Encoding[Any]
    objective: ClassScore
    common: RunSettings
    provenance: Provenance
    keep_genomes: bool
    checkpoint_every: int | None
    goal: Goal

    def folder(self, seed: int) -> Path:
        return _folder(self.out, seed)

    def settings(self, seed: int) -> RunSettings:
        return self.common.model_copy(update={"seed": seed})

    def search(self, seeds: Sequence[int]) -> MapElites[Any]:
        common = self.common
        return MapElites(
            self.encoding, self.objective, seeds=seeds, batch=common.batch, initial=common.initial
        )

    def writer(self, seed: int, *, stored: bool) -> RunWriter:
        folder, settings = self.folder(seed), self.settings(seed)
        if stored:
            return RunWriter.resume(folder, settings, self.provenance, checkpoint_every=self.checkpoint_every)
        return RunWriter.create(
            folder,
            settings,
            self.provenance,
            keep_genomes=self.keep_genomes,
            checkpoint_every=self.checkpoint_every,
        )

    def vacant(self, seeds: Sequence[int], *, overwrite: bool) -> dict[int, RunHead | None]:
        """None for every seed, once its folder is free for a new run."""
        files = [self.folder(seed) / RUN_DB for seed in seeds]
        for file in files:
            check_free(file, overwrite=overwrite)
        if overwrite:  # all of them now: what is left of an interrupted call must not pass for its result
            for file in files:
                delete_run(file)
        return dict.fromkeys(seeds)

    def resumable(self, seeds: Sequence[int]) -> dict[int, RunHead | None]:
        """What is stored of every seed, None where nothing is; all of it has the same settings."""
        found = {seed: read_run_head(self.folder(seed)) for seed in seeds}
        if not any(found.values()):
            raise UsageError(
                f"resume: {self.out} holds no run of seeds {seeds[0]} to {seeds[-1]}; leave resume out to "
                f"begin them"
            )
        for seed, state in found.items():
            if state is not None:
                check_same_settings(state.settings, self.settings(seed), self.folder(seed) / RUN_DB)
        return found

    def done(self, state: RunHead | None) -> bool:
        """Whether a stored run has reached the goal, and says so."""
        if state is None or state.status != "finished" or state.generation < 0:
            return False
        goal = self.goal
        return (
            state.generation >= goal.generations
            or (goal.until is not None and state.min_confidence >= goal.until)
            or (goal.queries is not None and state.queries + self.common.batch > goal.queries)
        )

    @property
    def at_once(self) -> int:
        """How many runs may share a batch."""
        picture, common = self.encoding.canvas.size, self.common
        each = picture * max(common.batch, common.initial)
        if not self.encoding.keeps_ancestors:  # a genome is as large as a picture
            each = 3 * each + picture * len(common.cells)
        return max(1, min(MAX_RUNS_PER_BATCH, MAX_BATCH_BYTES // each))


def _run_all(
    plan: _Plan, states: Mapping[int, RunHead | None], seconds: float | None, watch: OnProgress | None
) -> None:
    """Lead every run that is not done to the goal, group by group."""
    begun, count = perf_counter(), len(states)
    left = sum(not plan.done(state) for state in states.values())
    for group in _groups(plan, states):
        first = count - left + 1
        last = first + len(group) - 1
        about = f"runs {first} to {last} of {count}" if len(group) > 1 else f"run {first} of {count}"
        share = None if seconds is None else (seconds - perf_counter() + begun) * len(group) / left
        _run_group(plan, group, states, share, watch, about)
        left -= len(group)


def _groups(plan: _Plan, states: Mapping[int, RunHead | None]) -> Iterator[list[int]]:
    """The seeds of runs that are not done and stand at the same generation, so many as fit at once."""

    def stands_at(seed: int) -> int:
        state = states[seed]
        return -1 if state is None else state.generation

    waiting = sorted((seed for seed in states if not plan.done(states[seed])), key=stands_at)
    for _, peers in groupby(waiting, key=stands_at):
        seeds = list(peers)
        for start in range(0, len(seeds), plan.at_once):
            yield seeds[start : start + plan.at_once]


def _run_group(
    plan: _Plan,
    seeds: Sequence[int],
    states: Mapping[int, RunHead | None],
    seconds: float | None,
    watch: OnProgress | None,
    about: str,
) -> None:
    with ExitStack() as opened:
        writers = [opened.enter_context(plan.writer(seed, stored=states[seed] is not None)) for seed in seeds]
        search = plan.search(seeds)
        if writers[0].generation >= 0:
            restore(search, writers)
        record_reductions(plan.classifier, writers)
        together = Together(search, writers, Metered(plan.classifier, None, seconds), plan.goal)
        with suppress(BudgetSpent):
            together.run(watch, about)
        for writer in writers:
            writer.close("finished")


def _folder(out: Path, seed: int) -> Path:
    return out / f"seed-{seed}"


def _recorded(out: Path, seeds: Sequence[int]) -> RunSettings | None:
    """The settings of the first of these runs that is there."""
    states = (read_run_head(_folder(out, seed)) for seed in seeds)
    return next((state.settings for state in states if state is not None), None)


def _seeds(seed: int, replicates: int) -> range:
    first = check_seed(seed)
    if (
        not isinstance(replicates, int)
        or isinstance(replicates, bool)
        or not 1 <= replicates <= MAX_REPLICATES
    ):
        raise UsageError(
            f"replicates: expected a whole number from 1 to {MAX_REPLICATES}, got {replicates!r}"
        )
    if first + replicates - 1 > MAX_SEED:
        raise UsageError(
            f"seed: expected up to {MAX_SEED}, but {replicates} replicates need seeds up to "
            f"{first + replicates - 1}"
        )
    return range(first, first + replicates)
