"""Together: replicates that share their batches, generation by generation, each into a run file of its own.

The classifier sees each replicate's children in the slices in which it sees them when that seed runs alone,
so what is written is the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from time import perf_counter
from typing import Any

import numpy as np

from foolery.classifiers.wrappers.metered import Metered
from foolery.engine.evaluation import Scored, Scoring
from foolery.engine.evolve import told
from foolery.engine.progress import Progress
from foolery.engine.recording import Standing, births_of
from foolery.engine.restoring import narrowed
from foolery.runs import Moment, RunWriter, Stages
from foolery.search.archive import Takeover
from foolery.search.litter import Litter
from foolery.search.map_elites import MapElites


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
        self._standings = [Standing(search.archive, row, kind) for row in range(len(writers))]
        self._score = Scoring(search.encoding, self.meter.classifier, replicates=len(writers))

    def _generation(self) -> list[Moment]:
        search, count = self.search, len(self._writers)
        begun = perf_counter()
        litter = search.expect()
        asked = perf_counter()
        with self.meter.batch(len(litter)):
            scored = self._score(litter)
        answered = perf_counter()
        takeover = told(search, self.meter.description.name, scored)
        for row in np.unique(takeover.replicates).tolist():
            self._standings[row].update()
        now = perf_counter()
        tell = asked - begun + now - answered
        stages = Stages(
            *(
                (tell if each.name == "tell" else getattr(scored.stages, each.name)) / count
                for each in fields(Stages)
            )
        )
        # A run's seconds are its share of those that pass.
        self._spent = [seconds + (now - self._last) / count for seconds in self._spent]
        self._last = now
        return self._handed_over(litter, scored, takeover, stages)

    def _handed_over(
        self, litter: Litter[Any], scored: Scored, takeover: Takeover, stages: Stages
    ) -> list[Moment]:
        search, moments = self.search, []
        for row, (writer, standing) in enumerate(zip(self._writers, self._standings, strict=True)):
            moment = standing.moment(search.generation, search.queries, self._spent[row])
            births, weight = births_of(
                search.encoding, litter, scored, takeover, search.archive, standing.confidences, row
            )
            writer.hand_over(moment, births, stages, weight)
            moments.append(moment)
        return moments

    def _let_go(self) -> None:
        """Close the runs whose champions are all certain enough, and go on with the others."""
        until = self.goal.until
        if until is None:
            return
        left = [row for row, standing in enumerate(self._standings) if standing.least < until]
        if len(left) == len(self._writers):
            return
        for row, writer in enumerate(self._writers):
            if row not in left:
                writer.close("finished")
        if left:
            writers = [self._writers[row] for row in left]
            self._take(narrowed(self.search, left), writers, [self._spent[row] for row in left])
        else:
            self._writers = []

    def _progress(self, moments: Sequence[Moment], about: str) -> Progress:
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


def _over(moments: Sequence[Moment]) -> Moment:
    """Several runs' moments as one: sums of what was spent, medians over runs, extremes."""
    return Moment(
        generation=moments[0].generation,
        queries=sum(moment.queries for moment in moments),
        jumps=sum(moment.jumps for moment in moments),
        median=float(np.median([moment.median for moment in moments])),
        mean=float(np.mean([moment.mean for moment in moments])),
        least=min(moment.least for moment in moments),
        most=max(moment.most for moment in moments),
        seconds=sum(moment.seconds for moment in moments),
    )
