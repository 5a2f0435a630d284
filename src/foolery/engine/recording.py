"""Recording: what one generation changed, as the run file takes it.

The search copies out what it is about to overwrite, and goes on; packing, hashing and making records of it
is done by the thread that writes.
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
from foolery.engine.evaluation import Scored
from foolery.runs import Births, Individual, Moment, Reign, RunWriter
from foolery.search.archive import Archive, Takeover
from foolery.search.map_elites import Litter, MapElites


class Standing:
    """How certain the classifier is of one replicate's champions.

    Attributes:
        confidences: ``(cells,) float64``, replaced by ``update``, never changed.
    """

    def __init__(self, archive: Archive, replicate: int, kind: Kind) -> None:
        self._archive, self._replicate, self._kind = archive, replicate, kind
        self.update()

    def update(self) -> None:
        """Look at the archive again; needed only after a champion was replaced."""
        self.confidences = found = confidence(self._archive.score[self._replicate].copy(), self._kind)
        ranked = np.sort(found)
        middle = (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2  # numpy's, which is slower
        self.median, self.mean = float(middle), float(found.mean())
        self.least, self.most = float(ranked[0]), float(ranked[-1])

    def moment(self, generation: int, queries: int, seconds: float) -> Moment:
        """What the run file keeps of a generation."""
        jumps = int(self._archive.jumps[self._replicate])
        return Moment(generation, queries, jumps, self.median, self.mean, self.least, self.most, seconds)


def nobody() -> Births:
    """The births of a generation in which no champion was replaced."""
    return Births((), (), {})


def births_of(
    encoding: Encoding[Any],
    litter: Litter[Any],
    scored: Scored,
    takeover: Takeover,
    archive: Archive,
    confidences: NDArray[np.float64],
    replicate: int = 0,
) -> tuple[Callable[[], Births], int]:
    """The births of one replicate, to be made by another thread, and the bytes that wait for it."""
    if not len(takeover):
        return nobody, 0
    cells, children, previous = takeover.cells, takeover.children, takeover.previous
    rows, genomes, first = litter.newborn, litter.newcomers, 0
    if len(archive.score) > 1:
        mine, size = takeover.replicates == replicate, len(litter) // len(archive.score)
        cells, children, previous = cells[mine], children[mine], previous[mine]
        first = replicate * size
        here = np.flatnonzero((rows >= first) & (rows < first + size))
        if not len(here):
            return nobody, 0
        rows, genomes = rows[here], encoding.take(genomes, here)
    draft = _Draft(
        encoding,
        genomes,
        scored.canvases_of(rows),
        litter.generation,
        litter.first - first + rows,
        litter.parents[rows],
        litter.mates[rows],
        cells,
        litter.first + children,
        archive.objective[replicate, cells],
        archive.score[replicate, cells],
        confidences[cells],
        previous,
    )
    return draft, 2 * draft.canvases.nbytes


@dataclass(frozen=True)
class _Draft:
    """The winners of a generation as arrays; called, it makes records of them."""

    encoding: Encoding[Any]
    genomes: Any
    canvases: Canvases
    generation: int
    numbers: NDArray[np.int64]
    parents: NDArray[np.int64]
    mates: NDArray[np.int64]
    cells: NDArray[np.int64]
    takers: NDArray[np.int64]
    objectives: NDArray[np.float64]
    scores: NDArray[np.float64]
    confidences: NDArray[np.float64]
    previous: NDArray[np.int64]

    def __call__(self) -> Births:
        numbers, born = self.numbers.tolist(), self.generation
        newcomers = [
            Individual(number, born, parent, mate, blob)
            for number, parent, mate, blob in zip(
                numbers,
                _known(self.parents),
                _known(self.mates),
                self.encoding.pack(self.genomes),
                strict=True,
            )
        ]
        columns = (self.objectives.tolist(), self.scores.tolist(), self.confidences.tolist())
        reigns = [
            Reign(cell, taker, born, objective, score, sure, before)
            for cell, taker, objective, score, sure, before in zip(
                self.cells.tolist(), self.takers.tolist(), *columns, _known(self.previous), strict=True
            )
        ]
        hashes = {
            number: partial(canvas_hash, canvas.copy())  # a view would keep all canvases
            for number, canvas in zip(numbers, self.canvases, strict=True)
        }
        return Births(newcomers, reigns, hashes)


def _known(numbers: NDArray[np.int64]) -> list[int | None]:
    """Numbers of individuals; -1 stands for none."""
    return [None if number < 0 else number for number in numbers.tolist()]


_ARRAYS = ("objective", "score", "individual", "born", "jumps")


def restore(search: MapElites[Any], writers: Sequence[RunWriter]) -> None:
    """Put ``search`` where ``writers`` stand, one for each of its replicates, all at the same generation."""
    archive = Archive(len(writers), len(search.objective.cells))
    genomes: list[bytes] = []
    for replicate, writer in enumerate(writers):
        champions = sorted(writer.champions, key=lambda champion: champion.cell)
        archive.objective[replicate] = [champion.objective for champion in champions]
        archive.score[replicate] = [champion.score for champion in champions]
        archive.individual[replicate] = [champion.individual for champion in champions]
        archive.born[replicate] = [champion.generation for champion in champions]
        archive.jumps[replicate] = writer.jumps
        genomes += [champion.genome for champion in champions]
    search.restore(writers[0].generation, search.encoding.unpack(genomes), archive)


def narrowed(search: MapElites[Any], kept: Sequence[int]) -> MapElites[Any]:
    """``search`` with the replicates ``kept`` alone, at least one; they go on as they would have."""
    replicates, cells = np.array(kept, np.int64), len(search.objective.cells)
    fewer = MapElites(
        search.encoding,
        search.objective,
        seeds=[search.seeds[replicate] for replicate in kept],
        batch=search.batch,
        initial=search.initial,
    )
    archive = Archive(len(kept), cells)
    for name in _ARRAYS:
        setattr(archive, name, getattr(search.archive, name)[replicates])
    rows = (replicates[:, None] * cells + np.arange(cells)).reshape(-1)
    fewer.restore(search.generation, search.encoding.take(search.elites, rows), archive)
    return fewer
