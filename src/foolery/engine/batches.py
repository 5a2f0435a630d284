"""Batches: which runs of one call share a search, where they are stored, and where they continue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from time import perf_counter
from typing import Any

from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.batched import record_reductions
from foolery.classifiers.wrappers.metered import BudgetSpent, Metered
from foolery.encodings import Encoding
from foolery.engine.loop import EvolutionLoop, Limits
from foolery.engine.progress import OnProgress
from foolery.engine.recording import restore
from foolery.engine.run import settings_against
from foolery.errors import UsageError
from foolery.files import check_unlinked
from foolery.runs import Provenance, RunFile, RunHead, RunSettings, RunWriter, read_run_head
from foolery.runs.create import check_free, check_same_settings, delete_run, make_one_file
from foolery.runs.database import RUN_DB, check_header
from foolery.search.map_elites import MapElites
from foolery.search.objectives import Objective
from foolery.search.offspring import LocalSearch

MAX_RUNS_PER_BATCH = 50
"""Each run keeps up to four files open. More of them in a batch are not faster."""
MAX_BATCH_BYTES = 2**29
"""Canvases and large genomes of all runs in a batch."""


def folder_of(out: Path, seed: int, *, alone: bool) -> Path:
    """Where a run is stored: in ``out`` itself where it is the only one, else in ``out/seed-N``."""
    return out if alone else out / f"seed-{seed}"


def settings_of(search: MapElites[Any], classifier: Classifier) -> RunSettings:
    """Everything that decides the genomes of a run of ``search`` against ``classifier``."""
    description, encoding, local_search = classifier.description, search.encoding, search.local_search
    return settings_against(
        description,
        encoding,
        search_options={} if local_search is None else dict(local_search.options),
        cells=search.objective.cells,
        objective=search.objective.name,
        seed=search.seeds[0],
        batch=search.batch,
        initial=search.initial,
    )


@dataclass(frozen=True)
class RunPlan:
    """What the runs of one call have in common.

    Attributes:
        out: folder of the run, or of the folders of all runs; None where they are held in memory.
        seeds: one for each run.
        alone: whether there is one run, and ``out`` is its folder.
        settings: of a run, but for its seed.
    """

    out: Path | None
    seeds: tuple[int, ...]
    alone: bool
    classifier: Classifier
    encoding: Encoding[Any]
    objective: Objective
    local_search: LocalSearch | None
    settings: RunSettings
    provenance: Provenance
    keep_genomes: bool
    checkpoint_every: int | None
    limits: Limits

    def evolve(
        self, heads: Mapping[int, RunHead | None], seconds: float | None, on_progress: OnProgress | None
    ) -> dict[int, RunFile]:
        """Evolve every run that has not reached its limits, batch by batch.

        Args:
            heads: what is stored of every run, by its seed; see ``new`` and ``stored``.
            seconds: that all of them may take together; those that come later get their share of it.
            on_progress: called after every generation.

        Returns:
            The runs that are held in memory, by their seeds.
        """
        started, count = perf_counter(), len(self.seeds)
        in_memory: dict[int, RunFile] = {}
        waiting = sum(not self.is_done(head) for head in heads.values())
        for seeds in self._batches(heads):
            first = count - waiting + 1
            last = first + len(seeds) - 1
            about = f"runs {first} to {last} of {count}" if len(seeds) > 1 else f"run {first} of {count}"
            share = None if seconds is None else (seconds - perf_counter() + started) * len(seeds) / waiting
            in_memory |= self._evolve_batch(seeds, heads, share, on_progress, "" if self.alone else about)
            waiting -= len(seeds)
        return in_memory

    def new(self, *, overwrite: bool) -> dict[int, RunHead | None]:
        """None for every seed, once its folder is free for a new run.

        Raises:
            UsageError: a folder holds another run and may not be overwritten.
        """
        self._check_unlinked()
        files = [folder / RUN_DB for seed in self.seeds if (folder := self._folder(seed)) is not None]
        for file in files:
            check_free(file, overwrite=overwrite)
        if overwrite:  # all of them now: what is left of an interrupted call must not pass for its result
            for file in files:
                delete_run(file)
        return dict.fromkeys(self.seeds)

    def stored(self) -> dict[int, RunHead | None]:
        """What is stored of every seed, None where nothing is; all of it has the same settings.

        Raises:
            UsageError: no run is stored, or the settings of one differ.
        """
        self._check_unlinked()
        folders = {seed: self._folder(seed) for seed in self.seeds}
        heads = {seed: None if folder is None else read_run_head(folder) for seed, folder in folders.items()}
        if self.alone and self.out is not None:
            check_header(self.out / RUN_DB)
        if not any(heads.values()):
            raise UsageError(
                f"resume: {self.out} holds no run of seeds {self.seeds[0]} to {self.seeds[-1]}; leave resume "
                f"out to start them"
            )
        for seed, head in heads.items():
            folder = folders[seed]
            if head is not None and folder is not None:
                check_same_settings(head.settings, self._settings(seed), folder / RUN_DB)
                if self.is_done(head):
                    make_one_file(folder)
        return heads

    def _check_unlinked(self) -> None:
        """Raise UsageError where the folder of one of several runs is a link: it may lead anywhere."""
        if self.out is not None and not self.alone:
            check_unlinked(
                self.out, [f"{folder_of(self.out, seed, alone=False).name}/{RUN_DB}" for seed in self.seeds]
            )

    def is_done(self, head: RunHead | None) -> bool:
        """Whether a stored run has reached a limit, and says so."""
        if head is None or head.status != "finished" or head.generation < 0:
            return False
        limits, per_child = (
            self.limits,
            1 if self.local_search is None else self.local_search.queries_per_child,
        )
        return (
            head.generation >= limits.generations
            or (limits.until is not None and head.min_confidence >= limits.until)
            or (
                limits.queries is not None and head.queries + self.settings.batch * per_child > limits.queries
            )
        )

    def _folder(self, seed: int) -> Path | None:
        return None if self.out is None else folder_of(self.out, seed, alone=self.alone)

    def _settings(self, seed: int) -> RunSettings:
        return self.settings.model_copy(update={"seed": seed})

    def _batches(self, heads: Mapping[int, RunHead | None]) -> Iterator[list[int]]:
        """The seeds of runs that are not done and at the same generation, so many as fit at once."""

        def generation(seed: int) -> int:
            head = heads[seed]
            return -1 if head is None else head.generation

        waiting = sorted((seed for seed in self.seeds if not self.is_done(heads[seed])), key=generation)
        for _, peers in groupby(waiting, key=generation):
            seeds = list(peers)
            for start in range(0, len(seeds), self._runs_per_batch):
                yield seeds[start : start + self._runs_per_batch]

    @property
    def _runs_per_batch(self) -> int:
        pixels, settings = self.encoding.canvas.size, self.settings
        size = pixels * max(settings.batch, settings.initial)
        if not self.encoding.keeps_ancestors:  # a genome is as large as a canvas
            size = 3 * size + pixels * len(settings.cells)
        return max(1, min(MAX_RUNS_PER_BATCH, MAX_BATCH_BYTES // size))

    def _evolve_batch(
        self,
        seeds: Sequence[int],
        heads: Mapping[int, RunHead | None],
        seconds: float | None,
        on_progress: OnProgress | None,
        about: str,
    ) -> dict[int, RunFile]:
        with ExitStack() as stack:
            writers = [stack.enter_context(self._writer(seed, heads[seed])) for seed in seeds]
            search = MapElites(
                self.encoding,
                self.objective,
                seeds=seeds,
                batch=self.settings.batch,
                initial=self.settings.initial,
                local_search=self.local_search,
            )
            if writers[0].generation >= 0:
                restore(search, writers)
            record_reductions(self.classifier, writers)
            meter = Metered(self.classifier, None, seconds)
            with suppress(BudgetSpent):
                EvolutionLoop(search, writers, meter, self.limits, on_progress, about).run()
            for writer in writers:
                writer.close("finished")
            if self.out is not None:
                return {}
            return {seed: writer.snapshot() for seed, writer in zip(seeds, writers, strict=True)}

    def _writer(self, seed: int, head: RunHead | None) -> RunWriter:
        folder, settings = self._folder(seed), self._settings(seed)
        if head is not None and folder is not None:
            return RunWriter.resume(folder, settings, self.provenance, checkpoint_every=self.checkpoint_every)
        return RunWriter.create(
            folder,
            settings,
            self.provenance,
            keep_genomes=self.keep_genomes,
            checkpoint_every=self.checkpoint_every,
        )
