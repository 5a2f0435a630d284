"""Records: what a run consists of, as its file holds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.errors import UsageError
from foolery.runs.settings import Provenance, RunSettings

MAX_EVENT_LENGTH = 500  # characters


@dataclass(frozen=True, slots=True)
class Event:
    """One line about one generation.

    Attributes:
        generation: that was being computed when it happened.
        text: for instance that memory was short, so that batches are smaller from then on, and scores may
            differ in their last bits from those of a run without it.
    """

    generation: int
    text: str


@dataclass(frozen=True)
class GenerationStats:
    """Statistics of one generation, after its children were scored. Confidences are those of the champions.

    Attributes:
        generation: 0 is the initial population.
        queries: images classified since the start.
        improvements: of cells since the start, counted child by child (the released code calls them jumps).
        median, mean, min, max: of the champions' confidences.
        seconds: of search since the start, summed over resumes.
    """

    generation: int
    queries: int
    improvements: int
    median: float
    mean: float
    min: float
    max: float
    seconds: float


@dataclass(frozen=True)
class History:
    """The statistics of all generations of a run as columns of one length G.

    ``generation``, ``queries`` and ``improvements`` are ``(G,) int64``; the others ``(G,) float64``.
    """

    generation: NDArray[np.int64]
    queries: NDArray[np.int64]
    improvements: NDArray[np.int64]
    median: NDArray[np.float64]
    mean: NDArray[np.float64]
    min: NDArray[np.float64]
    max: NDArray[np.float64]
    seconds: NDArray[np.float64]

    @classmethod
    def of(cls, stats: Sequence[GenerationStats]) -> History:
        """The columns of ``stats``."""
        return cls(
            np.array([one.generation for one in stats], np.int64),
            np.array([one.queries for one in stats], np.int64),
            np.array([one.improvements for one in stats], np.int64),
            np.array([one.median for one in stats], np.float64),
            np.array([one.mean for one in stats], np.float64),
            np.array([one.min for one in stats], np.float64),
            np.array([one.max for one in stats], np.float64),
            np.array([one.seconds for one in stats], np.float64),
        )

    def __len__(self) -> int:
        return len(self.generation)


@dataclass(frozen=True, slots=True)
class Individual:
    """One stored genome.

    Attributes:
        number: how many queries were made before it; the same in a resumed run.
        generation: in which it was born and scored.
        parent: number of the individual it was varied from; None in generation 0.
        mate: number of the individual whose genes were mixed in, or None.
        genome: packed by the encoding; None where a run keeps the genomes of its champions only.
    """

    number: int
    generation: int
    parent: int | None
    mate: int | None
    genome: bytes | None


CANVAS_HASH = re.compile(r"[0-9a-f]{64}")  # SHA-256
CanvasHash: TypeAlias = str | Callable[[], str]
"""What a canvas hash is recorded as: most champions are replaced before anybody has to compute theirs."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """An individual took a cell in the generation in which it was born.

    Attributes:
        cell: position in the archive, an index into ``RunSettings.cells``.
        individual: number of the individual.
        generation: there is at most one replacement per cell and generation.
        objective: what selection maximizes.
        score: of the classifier for the cell's class.
        confidence: of the classifier in the cell's class.
        previous: number of the individual that lost the cell; None where it was empty.
    """

    cell: int
    individual: int
    generation: int
    objective: float
    score: float
    confidence: float
    previous: int | None


@dataclass(frozen=True, slots=True)
class ChampionRow:
    """The holder of one cell, as stored; the names mean what they mean in ``Replacement``.

    Attributes:
        canvas_hash: SHA-256 (hex) of the canvas that was scored.
        genome: packed by the encoding, which checks it when it unpacks it.
    """

    cell: int
    individual: int
    generation: int
    objective: float
    score: float
    confidence: float
    canvas_hash: str
    genome: bytes


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds of work on one generation, or on several together.

    The first three are sums over all worker threads: on W busy workers they pass W times as fast. ``write``
    happens beside the search.

    Attributes:
        vary: parents to children.
        render: children to canvases.
        classify: canvases to scores, preprocessing included.
        tell: choosing parents, comparing scores with champions, replacing them.
        write: packing, hashing, checking and storing, from the generation before to this one.
    """

    vary: float = 0.0
    render: float = 0.0
    classify: float = 0.0
    tell: float = 0.0
    write: float = 0.0


TIMING_NAMES = tuple(field.name for field in fields(Timings))


@dataclass(frozen=True)
class TimingHistory:
    """The timings of a run, as columns of one length.

    Runs that were started by an older foolery have none of the generations before they were resumed.

    Attributes:
        generation: ``(G,) int64``.
        seconds: ``(G, 5) float64``, in the order of ``NAMES``.
    """

    generation: NDArray[np.int64]
    seconds: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Sequence[tuple[int, Timings]]) -> TimingHistory:
        """The columns of the generations in ``rows``."""
        seconds = [[getattr(timings, name) for name in TIMING_NAMES] for _, timings in rows]
        generations = np.array([generation for generation, _ in rows], np.int64)
        return cls(generations, np.array(seconds, np.float64).reshape(len(rows), len(TIMING_NAMES)))

    def __len__(self) -> int:
        return len(self.generation)

    @property
    def total(self) -> Timings:
        """All generations together."""
        return Timings(*self.seconds.sum(axis=0).tolist())


Status = Literal["running", "interrupted", "finished"]


@dataclass(frozen=True)
class RunFile:
    """A run as it was at one checkpoint; it holds no open file.

    Attributes:
        path: of ``run.db``, or None for a run held in memory.
        status: ``running`` also where the writing process was killed.
        keeps_genomes: whether former champions keep their genomes too.
        champions: in the order of their cells; an empty cell has none.
        individuals: in the order of their numbers.
        replacements: in the order of generations, then cells.
        events: what happened to it, in order.
        timings: where the time of each generation went.
    """

    path: Path | None
    status: Status
    keeps_genomes: bool
    settings: RunSettings
    provenances: tuple[Provenance, ...]
    history: History
    champions: tuple[ChampionRow, ...]
    individuals: tuple[Individual, ...]
    replacements: tuple[Replacement, ...]
    timings: TimingHistory = field(default_factory=lambda: TimingHistory.of([]))
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
