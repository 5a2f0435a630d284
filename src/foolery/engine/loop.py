"""The loop over generations: one search whose replicates are runs, and a run alone is one replicate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from foolery.classifiers.wrappers.metered import Metered
from foolery.engine.evaluation import Evaluation, Evaluator
from foolery.engine.progress import OnProgress, Progress
from foolery.engine.recording import RunStatistics, new_elites_of, select_replicates
from foolery.errors import UsageError
from foolery.runs import GenerationStats, RunWriter, Timings
from foolery.search.archive import EliteUpdate
from foolery.search.map_elites import MapElites
from foolery.search.offspring import LazyOffspring


@dataclass(frozen=True)
class Limits:
    """When runs end.

    Attributes:
        generations: at the latest after so many.
        until: a run ends as soon as every champion of its own has at least this confidence.
        queries: the most that each run may spend.
    """

    generations: int
    until: float | None = None
    queries: int | None = None

    def allow(self, search: MapElites[Any]) -> bool:
        """Whether ``search`` may have one more generation."""
        fits = self.queries is None or search.queries + search.next_queries <= self.queries
        return search.generation < self.generations and fits


class EvolutionLoop:
    """Evolves runs that are at the same generation, as the replicates of one search.

    Args:
        search: put where the runs are.
        writers: of the replicates, in their order.
        meter: counts the queries of all runs together, and ends the search when their time is over.
        limits: when they end.
        on_progress: called after every generation, with medians over the runs that are left.
        about: which runs these are, for ``on_progress``; empty for a run alone.
    """

    def __init__(
        self,
        search: MapElites[Any],
        writers: Sequence[RunWriter],
        meter: Metered,
        limits: Limits,
        on_progress: OnProgress | None = None,
        about: str = "",
    ) -> None:
        self.meter, self.limits = meter, limits
        self._on_progress, self._about = on_progress, about
        self._resumed_from = max(search.generation, 0)
        self._last = perf_counter()
        self._use(search, list(writers), [writer.seconds for writer in writers])

    def run(self) -> None:
        """Evolve until every run has reached a limit; those that have are closed.

        Raises:
            BudgetSpent: their time is over; the runs that are left stay open.
        """
        while self._writers and self.limits.allow(self.search):
            stats = self._generation()
            if self._on_progress is not None:
                self._on_progress(self._progress(stats))
            self._close_finished()
        for writer in self._writers:
            writer.close("finished")

    def _use(self, search: MapElites[Any], writers: list[RunWriter], seconds: list[float]) -> None:
        self.search, self._writers, self._seconds = search, writers, seconds
        kind = self.meter.description.kind
        self._statistics = [RunStatistics(search.archive, row, kind) for row in range(len(writers))]
        self._evaluate = Evaluator(search.encoding, self.meter.classifier, replicates=len(writers))

    def _generation(self) -> list[GenerationStats]:
        """Ask, evaluate, tell and record; returns the statistics of every run."""
        search, count = self.search, len(self._writers)
        started = perf_counter()
        queries = count * search.next_queries
        offspring = search.ask_lazy()
        ask_ended = perf_counter()
        with self.meter.batch(queries):
            evaluation = self._evaluate(offspring)
        evaluated = perf_counter()
        update = tell_scores(search, self.meter.description.name, evaluation)
        for row in set(update.replicates.tolist()):
            self._statistics[row].update()
        now = perf_counter()
        # What a run took is its share of the time that passed.
        self._seconds = [seconds + (now - self._last) / count for seconds in self._seconds]
        self._last = now
        spent, tell = evaluation.timings, ask_ended - started + now - evaluated
        timings = Timings(spent.vary / count, spent.render / count, spent.classify / count, tell / count)
        return self._record(offspring, evaluation, update, timings)

    def _record(
        self, offspring: LazyOffspring[Any], evaluation: Evaluation, update: EliteUpdate, timings: Timings
    ) -> list[GenerationStats]:
        search, all_stats = self.search, []
        for row, (writer, statistics) in enumerate(zip(self._writers, self._statistics, strict=True)):
            stats = statistics.generation_stats(search.generation, search.queries, self._seconds[row])
            new_elites, weight = new_elites_of(
                search.encoding, offspring, evaluation, update, search.archive, statistics.confidences, row
            )
            writer.submit(stats, new_elites, timings, weight)
            all_stats.append(stats)
        return all_stats

    def _close_finished(self) -> None:
        """Close the runs whose champions have all reached ``until``, and continue with the others."""
        until = self.limits.until
        if until is None:
            return
        rest = [row for row, statistics in enumerate(self._statistics) if statistics.min < until]
        if len(rest) == len(self._writers):
            return
        for row, writer in enumerate(self._writers):
            if row not in rest:
                writer.close("finished")
        writers = [self._writers[row] for row in rest]
        if writers:
            seconds = [self._seconds[row] for row in rest]
            self._use(select_replicates(self.search, rest), writers, seconds)
        else:
            self._writers = []

    def _progress(self, all_stats: Sequence[GenerationStats]) -> Progress:
        search, description = self.search, self.meter.description
        encoding, elites, cells = search.encoding, search.elites, len(search.objective.cells)
        confidences = [statistics.confidences for statistics in self._statistics]
        alone = len(all_stats) == 1
        return Progress(
            search.generation,
            self.limits.generations,
            self._resumed_from,
            all_stats[0] if alone else over_runs(all_stats),
            tuple(description.classes[cell] for cell in search.objective.cells),
            confidences[0] if alone else np.median(confidences, axis=0),
            lambda: encoding.render(elites if alone else encoding.take(elites, np.arange(cells))),
            self._about,
        )


def tell_scores(search: MapElites[Any], name: str, evaluation: Evaluation) -> EliteUpdate:
    """Tell the search its scores; scores that cannot be used name the classifier.

    Raises:
        UsageError: for scores of another shape, or that are not finite.
    """
    try:
        return search.tell(evaluation.scores, evaluation.canvases)
    except UsageError as error:
        raise UsageError(f"classifier {name}: {error}") from error


def over_runs(all_stats: Sequence[GenerationStats]) -> GenerationStats:
    """Statistics of several runs as one: sums of what was spent, medians over runs, extremes."""
    return GenerationStats(
        generation=all_stats[0].generation,
        queries=sum(stats.queries for stats in all_stats),
        improvements=sum(stats.improvements for stats in all_stats),
        median=float(np.median([stats.median for stats in all_stats])),
        mean=float(np.mean([stats.mean for stats in all_stats])),
        min=min(stats.min for stats in all_stats),
        max=max(stats.max for stats in all_stats),
        seconds=sum(stats.seconds for stats in all_stats),
    )
