"""Replicates: runs that differ in their seeds alone, evolved in common batches.

A run of R replicates is R ordinary runs, ``OUT/seed-N`` and so on: each draws the random numbers that its
seed draws alone, and is the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from time import perf_counter
from typing import Any

from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.fitting import fitted, note_shrinks
from foolery.classifiers.wrappers.metered import Budget, BudgetSpent, Metered
from foolery.encodings import Encoding, make_encoding
from foolery.engine.evolve import Keep, Watch, check_goal, settings_of
from foolery.engine.provenance import provenance
from foolery.engine.restoring import restore
from foolery.engine.summary import summary
from foolery.engine.together import Goal, Together
from foolery.errors import UsageError
from foolery.rng import LARGEST_SEED, check_seed
from foolery.runs import Provenance, RunSettings, RunWriter, open_run_file
from foolery.runs.create import check_same
from foolery.runs.database import RUN_DB
from foolery.runs.empty import check_vacant, vacate
from foolery.runs.state import RunState, read_state
from foolery.search.map_elites import MapElites
from foolery.search.objectives import ClassScore, cells_of

MOST = 100_000
MOST_AT_ONCE = 50
"""Runs in a batch: each keeps up to four files open. More of them are not faster."""
MOST_BYTES = 2**29
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
    keep: Keep = "auto",
    until: float | None = None,
    budget: Budget | None = None,
    watch: Watch | None = None,
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
    - ``watch`` is called after every generation with medians over the runs that share it.

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
    classifier = fitted(classifier, _recorded(Path(out), seeds) if resume else None)
    description = classifier.description
    drawn = make_encoding(encoding, description.canvas, options)
    objective = ClassScore(cells_of(classes, description.classes))
    first = MapElites(drawn, objective, seeds=seeds[0], batch=batch, initial=initial)
    limit = budget or Budget()
    plan = _Plan(
        Path(out),
        classifier,
        drawn,
        objective,
        settings_of(first, classifier),
        provenance(description, command),
        drawn.keeps_ancestors if keep == "auto" else keep == "all",
        checkpoint_every,
        Goal(generations, until, limit.queries),
    )
    states = plan.resumable(seeds) if resume else plan.vacant(seeds, overwrite=overwrite)
    _run_all(plan, states, limit.seconds, watch)
    return tuple(summary(open_run_file(plan.folder(one)), plan.folder(one).name) for one in seeds)


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

    def vacant(self, seeds: Sequence[int], *, overwrite: bool) -> dict[int, RunState | None]:
        """None for every seed, once its folder is free for a new run."""
        files = [self.folder(seed) / RUN_DB for seed in seeds]
        for file in files:
            check_vacant(file, overwrite=overwrite)
        if overwrite:  # all of them now: what is left of an interrupted call must not pass for its result
            for file in files:
                vacate(file)
        return dict.fromkeys(seeds)

    def resumable(self, seeds: Sequence[int]) -> dict[int, RunState | None]:
        """What is stored of every seed, None where nothing is; all of it has the same settings."""
        found = {seed: read_state(self.folder(seed)) for seed in seeds}
        if not any(found.values()):
            raise UsageError(
                f"resume: {self.out} holds no run of seeds {seeds[0]} to {seeds[-1]}; leave resume out to "
                f"begin them"
            )
        for seed, state in found.items():
            if state is not None:
                check_same(state.settings, self.settings(seed), self.folder(seed) / RUN_DB)
        return found

    def done(self, state: RunState | None) -> bool:
        """Whether a stored run has reached the goal, and says so."""
        if state is None or state.status != "finished" or state.generation < 0:
            return False
        goal = self.goal
        return (
            state.generation >= goal.generations
            or (goal.until is not None and state.least >= goal.until)
            or (goal.queries is not None and state.queries + self.common.batch > goal.queries)
        )

    @property
    def at_once(self) -> int:
        """How many runs may share a batch."""
        picture, common = self.encoding.canvas.size, self.common
        each = picture * max(common.batch, common.initial)
        if not self.encoding.keeps_ancestors:  # a genome is as large as a picture
            each = 3 * each + picture * len(common.cells)
        return max(1, min(MOST_AT_ONCE, MOST_BYTES // each))


def _run_all(
    plan: _Plan, states: Mapping[int, RunState | None], seconds: float | None, watch: Watch | None
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


def _groups(plan: _Plan, states: Mapping[int, RunState | None]) -> Iterator[list[int]]:
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
    states: Mapping[int, RunState | None],
    seconds: float | None,
    watch: Watch | None,
    about: str,
) -> None:
    with ExitStack() as opened:
        writers = [opened.enter_context(plan.writer(seed, stored=states[seed] is not None)) for seed in seeds]
        search = plan.search(seeds)
        if writers[0].generation >= 0:
            restore(search, writers)
        note_shrinks(plan.classifier, writers)
        together = Together(search, writers, Metered(plan.classifier, None, seconds), plan.goal)
        with suppress(BudgetSpent):
            together.run(watch, about)
        for writer in writers:
            writer.close("finished")


def _folder(out: Path, seed: int) -> Path:
    return out / f"seed-{seed}"


def _recorded(out: Path, seeds: Sequence[int]) -> RunSettings | None:
    """The settings of the first of these runs that is there."""
    states = (read_state(_folder(out, seed)) for seed in seeds)
    return next((state.settings for state in states if state is not None), None)


def _seeds(seed: int, replicates: int) -> range:
    first = check_seed(seed)
    if not isinstance(replicates, int) or isinstance(replicates, bool) or not 1 <= replicates <= MOST:
        raise UsageError(f"replicates: expected a whole number from 1 to {MOST}, got {replicates!r}")
    if first + replicates - 1 > LARGEST_SEED:
        raise UsageError(
            f"seed: expected up to {LARGEST_SEED}, but {replicates} replicates need seeds up to "
            f"{first + replicates - 1}"
        )
    return range(first, first + replicates)
