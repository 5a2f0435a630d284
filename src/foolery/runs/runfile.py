"""Run file: all that is stored of a run, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from foolery.errors import UsageError
from foolery.runs.event import Event
from foolery.runs.history import History
from foolery.runs.individual import Individual
from foolery.runs.records import Provenance, RunSettings
from foolery.runs.reign import ChampionRow, Reign
from foolery.runs.stages import StageTimes

Status = Literal["running", "interrupted", "finished"]


@dataclass(frozen=True)
class RunFile:
    """A run as it was at one checkpoint; it holds no open file.

    Attributes:
        path: of ``run.db``, or None for a run held in memory.
        status: ``running`` also where the writing process was killed.
        keeps_genomes: whether former champions keep their genomes too.
        champions: in the order of their cells; a cell that nobody took has none.
        individuals: in the order of their numbers.
        reigns: in the order of generations, then cells.
        events: what happened to it, in order.
        stages: where the time of each generation went.
    """

    path: Path | None
    status: Status
    keeps_genomes: bool
    settings: RunSettings
    provenances: tuple[Provenance, ...]
    history: History
    champions: tuple[ChampionRow, ...]
    individuals: tuple[Individual, ...]
    reigns: tuple[Reign, ...]
    stages: StageTimes = field(default_factory=lambda: StageTimes.of([]))
    events: tuple[Event, ...] = ()

    @property
    def generation(self) -> int:
        """The last stored generation, or -1."""
        return len(self.history) - 1

    @property
    def seconds(self) -> float:
        """Of search until the last stored generation, summed over resumes."""
        return float(self.history.seconds[-1]) if len(self.history) else 0.0

    def lineage(self, number: int) -> list[Individual]:
        """Individual ``number`` after all its ancestors in the line of parents, the first one first.

        Raises:
            UsageError: no such individual is stored.
        """
        if number not in self._numbered:
            raise UsageError(
                f"individual: {number} is not stored in this run; it stores those that ever held a cell"
            )
        line = [self._numbered[number]]
        while (parent := line[-1].parent) is not None:
            line.append(self._numbered[parent])
        return line[::-1]

    @cached_property
    def _numbered(self) -> Mapping[int, Individual]:
        return {one.number: one for one in self.individuals}
