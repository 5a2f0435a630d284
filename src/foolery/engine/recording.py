"""Recording: what one generation changed, as the run file takes it.

The search copies out what it is about to overwrite and continues; packing, hashing and making records of
it is done by the thread that writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, canvas_hash
from foolery.classifiers.base import Kind
from foolery.classifiers.scores import confidence
from foolery.encodings.base import Encoding
from foolery.engine.evaluation import Evaluation
from foolery.runs import GenerationStats, Individual, NewElites, Replacement, RunWriter
from foolery.search.archive import Archive, EliteUpdate
from foolery.search.map_elites import MapElites
from foolery.search.offspring import LazyOffspring


class RunStatistics:
    """Confidences of one replicate's champions, and their statistics.

    Attributes:
        confidences: ``(cells,) float64``, replaced by ``update``, never changed.
    """

    def __init__(self, archive: Archive, replicate: int, kind: Kind) -> None:
        self._archive, self._replicate, self._kind = archive, replicate, kind
        self.update()

    def update(self) -> None:
        """Look at the archive again; needed only after a champion was replaced."""
        self.confidences = confidences = confidence(self._archive.score[self._replicate].copy(), self._kind)
        ranked = np.sort(confidences)
        middle = (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2  # numpy's, which is slower
        self.median, self.mean = float(middle), float(confidences.mean())
        self.min, self.max = float(ranked[0]), float(ranked[-1])

    def generation_stats(self, generation: int, queries: int, seconds: float) -> GenerationStats:
        """What the run file keeps of a generation."""
        improvements = int(self._archive.improvements[self._replicate])
        return GenerationStats(
            generation, queries, improvements, self.median, self.mean, self.min, self.max, seconds
        )


def no_elites() -> NewElites:
    """The new elites of a generation in which no champion was replaced."""
    return NewElites((), (), {})


def new_elites_of(
    encoding: Encoding[Any],
    offspring: LazyOffspring[Any],
    evaluation: Evaluation,
    update: EliteUpdate,
    archive: Archive,
    confidences: NDArray[np.float64],
    replicate: int = 0,
) -> tuple[Callable[[], NewElites], int]:
    """The new elites of one replicate, to be made by another thread, and the bytes that wait for it."""
    if not len(update):
        return no_elites, 0
    cells, children, previous = update.cells, update.children, update.previous
    rows, genomes, first = offspring.elite_rows, offspring.elites, 0
    if len(archive.score) > 1:
        own, size = update.replicates == replicate, len(offspring) // len(archive.score)
        cells, children, previous = cells[own], children[own], previous[own]
        first = replicate * size
        own_rows = np.flatnonzero((rows >= first) & (rows < first + size))
        if not len(own_rows):
            return no_elites, 0
        rows, genomes = rows[own_rows], encoding.take(genomes, own_rows)
    elites = _EliteArrays(
        encoding,
        genomes,
        evaluation.canvases_of(rows),
        offspring.generation,
        offspring.first - first + rows,
        offspring.parents[rows],
        offspring.mates[rows],
        cells,
        offspring.first + children,
        archive.objective[replicate, cells],
        archive.score[replicate, cells],
        confidences[cells],
        previous,
    )
    return elites, 2 * elites.canvases.nbytes


@dataclass(frozen=True)
class _EliteArrays:
    """The new elites of a generation as arrays; called, it makes records of them."""

    encoding: Encoding[Any]
    genomes: Any
    canvases: Canvases
    generation: int
    numbers: NDArray[np.int64]
    parents: NDArray[np.int64]
    mates: NDArray[np.int64]
    cells: NDArray[np.int64]
    winners: NDArray[np.int64]
    objectives: NDArray[np.float64]
    scores: NDArray[np.float64]
    confidences: NDArray[np.float64]
    previous: NDArray[np.int64]

    def __call__(self) -> NewElites:
        numbers, generation = self.numbers.tolist(), self.generation
        individuals = [
            Individual(number, generation, parent, mate, blob)
            for number, parent, mate, blob in zip(
                numbers,
                _numbers_or_none(self.parents),
                _numbers_or_none(self.mates),
                self.encoding.pack(self.genomes),
                strict=True,
            )
        ]
        columns = (self.objectives.tolist(), self.scores.tolist(), self.confidences.tolist())
        replacements = [
            Replacement(cell, winner, generation, objective, score, confidence, previous)
            for cell, winner, objective, score, confidence, previous in zip(
                self.cells.tolist(),
                self.winners.tolist(),
                *columns,
                _numbers_or_none(self.previous),
                strict=True,
            )
        ]
        hashes = {
            number: partial(canvas_hash, canvas.copy())  # a view would keep all canvases
            for number, canvas in zip(numbers, self.canvases, strict=True)
        }
        return NewElites(individuals, replacements, hashes)


def _numbers_or_none(numbers: NDArray[np.int64]) -> list[int | None]:
    """Numbers of individuals; -1 stands for none."""
    return [None if number < 0 else number for number in numbers.tolist()]


_ARRAYS = ("objective", "score", "individual", "generation", "improvements")


def restore(search: MapElites[Any], writers: Sequence[RunWriter]) -> None:
    """Put ``search`` at the generation of ``writers``, one for each of its replicates."""
    archive = Archive(len(writers), len(search.objective.cells))
    genomes: list[bytes] = []
    for replicate, writer in enumerate(writers):
        champions = sorted(writer.champions, key=lambda champion: champion.cell)
        archive.objective[replicate] = [champion.objective for champion in champions]
        archive.score[replicate] = [champion.score for champion in champions]
        archive.individual[replicate] = [champion.individual for champion in champions]
        archive.generation[replicate] = [champion.generation for champion in champions]
        archive.improvements[replicate] = writer.improvements
        genomes += [champion.genome for champion in champions]
    search.restore(writers[0].generation, search.encoding.unpack(genomes), archive)


def select_replicates(search: MapElites[Any], selected: Sequence[int]) -> MapElites[Any]:
    """``search`` with the replicates ``selected`` alone, at least one; they continue as they would have."""
    replicates, cells = np.array(selected, np.int64), len(search.objective.cells)
    smaller = MapElites(
        search.encoding,
        search.objective,
        seeds=[search.seeds[replicate] for replicate in selected],
        batch=search.batch,
        initial=search.initial,
    )
    archive = Archive(len(selected), cells)
    for name in _ARRAYS:
        setattr(archive, name, getattr(search.archive, name)[replicates])
    rows = (replicates[:, None] * cells + np.arange(cells)).reshape(-1)
    smaller.restore(search.generation, search.encoding.take(search.elites, rows), archive)
    return smaller
