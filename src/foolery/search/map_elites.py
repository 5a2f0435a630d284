"""MAP-Elites over classes: ask for genomes, tell their scores (paper 2.2, ``map_elite.hpp``).

A generation picks parents uniformly over cells, varies them all, and has the whole batch evaluated before
any champion is replaced. Generation 0 is the initial random population.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.encodings.base import Encoding, G, breed
from foolery.errors import UsageError
from foolery.rng import Purpose, Stream, check_seed
from foolery.search.archive import Archive, Takeover, count_broken
from foolery.search.objectives import ClassScore, Objective
from foolery.workers import share

_GRAIN = 64


class Litter(Generic[G]):
    """One generation's children of all replicates; row r * B + i is child i of replicate r.

    A child is the same whichever slice it is bred in. Slices may be bred by several threads at once, each
    by one of them.

    Args:
        encoding: varies ``pool``; None for the initial population, which is drawn at random.
        picked: ``(R * B,) int64``, for every child the row of its parent in ``pool``.

    Attributes:
        generation: 0 for the initial population.
        first: number of every replicate's first child: how many queries its run made before.
        parents, mates: ``(R * B,) int64`` numbers of individuals, -1 for none.
        newborn: ``(M,) int64``, ascending: the rows of those that became champions, once it was told.
        newcomers: their genomes, if there are any.
    """

    def __init__(
        self,
        encoding: Encoding[G],
        stream: Stream,
        first: int,
        parents: NDArray[np.int64],
        mates: NDArray[np.int64],
        pool: G | None = None,
        picked: NDArray[np.int64] | None = None,
    ) -> None:
        self.generation, self.first = stream.generation, first
        self.parents, self.mates = parents, mates
        self._encoding, self._stream = encoding, stream
        self._pool, self._picked = pool, picked
        self.newborn = np.empty(0, np.int64)
        self.newcomers: G | None = None
        self._bred: dict[int, tuple[int, G]] = {}  # start of a slice to its end and its children

    def __len__(self) -> int:
        return len(self._stream)

    def breed(self, start: int, stop: int) -> G:
        """Children ``start`` to ``stop``, which are kept; slices must not overlap."""
        children = self._children(start, stop)
        self._bred[start] = stop, children
        return children

    def all(self) -> G:
        """All children, bred where they were not yet."""
        if not self._bred:
            share(self.breed, len(self), grain=_GRAIN)
        children = self._encoding.join([children for _, children in self._slices()])
        self._bred = {0: (len(self), children)}
        return children

    def take(self, rows: NDArray[np.int64]) -> G:
        """The children at ``rows`` ``(M,) int64``, at least one, repeats allowed; they must be bred."""
        starts, wanted = sorted(self._bred), rows.tolist()
        ordered = sorted(range(len(wanted)), key=wanted.__getitem__)
        parts = []
        for slice_number, within in groupby(ordered, lambda at: bisect(starts, wanted[at]) - 1):
            start = starts[slice_number]
            index = np.array([wanted[at] - start for at in within])
            parts.append(self._encoding.take(self._bred[start][1], index))
        found = self._encoding.join(parts)
        if all(at == place for place, at in enumerate(ordered)):
            return found
        return self._encoding.take(found, np.argsort(ordered))

    def settle(self, rows: NDArray[np.int64]) -> G:
        """The children at ``rows``, of whom each different one is kept as a newcomer."""
        winners = rows.tolist()
        newborn = sorted(set(winners))  # few, as a rule: then quicker than numpy
        self.newborn = np.array(newborn, np.int64)
        self.newcomers = self.take(self.newborn)
        if winners == newborn:
            return self.newcomers
        places = {row: place for place, row in enumerate(newborn)}
        return self._encoding.take(self.newcomers, np.array([places[row] for row in winners]))

    def _slices(self) -> list[tuple[int, G]]:
        return [self._bred[start] for start in sorted(self._bred)]

    def _children(self, start: int, stop: int) -> G:
        encoding, stream = self._encoding, self._stream
        if self._pool is None or self._picked is None:
            return encoding.initial(stream.part(start, stop))
        # A slice may part siblings: then those beyond its ends are bred with it, and left out.
        low, high = start - start % encoding.siblings, stop + -stop % encoding.siblings
        children = breed(encoding, self._pool, self._picked[low:high], stream.part(low, high))
        if (low, high) == (start, stop):
            return children
        return encoding.take(children, np.arange(start - low, stop - low))


@dataclass(frozen=True)
class Brood(Generic[G]):
    """One generation's children of all replicates; row r * B + i is child i of replicate r.

    Attributes:
        genomes: R * B of them.
        generation: 0 for the initial population.
        first: number of every replicate's first child: how many queries its run made before.
        parents, mates: ``(R * B,) int64`` numbers of individuals, -1 for none.
    """

    genomes: G
    generation: int
    first: int
    parents: NDArray[np.int64]
    mates: NDArray[np.int64]


class MapElites(Generic[G]):
    """The search. ``ask`` gives genomes to draw and classify, ``tell`` takes their scores.

    In the place of ``ask``, ``expect`` gives the same children not yet bred, for a caller who breeds, draws
    and classifies them slice by slice; all of them are bred before ``tell``.

    Args:
        encoding: how pictures are described, varied and drawn.
        objective: what each cell maximises, or the number of classes for the paper's objective.
        seeds: one seed, or one for each of R independent replicates that share the batches.
        batch: children per generation and replicate.
        initial: size of generation 0 per replicate; ``batch`` if None.
        cost: queries that a child of a later generation takes; 1 unless its encoding asks the classifier.

    Raises:
        UsageError: for a seed, batch or size that makes no sense.
    """

    def __init__(
        self,
        encoding: Encoding[G],
        objective: Objective | int,
        *,
        seeds: int | Sequence[int] = 0,
        batch: int = 200,
        initial: int | None = None,
        cost: int = 1,
    ) -> None:
        self.encoding = encoding
        self.objective = ClassScore(range(objective)) if isinstance(objective, int) else objective
        self.seeds = tuple(check_seed(s) for s in ([seeds] if isinstance(seeds, int) else seeds))
        self.batch = _positive("batch", batch)
        self.initial = self.batch if initial is None else _positive("initial", initial)
        self.cost = _positive("cost", cost)
        encoding.mates(self._stream(1, self.batch))  # an encoding may refuse the batch: better now
        self._columns = max(self.objective.cells) + 1
        self.generation = -1
        self.archive = Archive(len(self.seeds), len(self.objective.cells))
        self.elites: G | None = None
        self._litter: Litter[G] | None = None
        self._brood: Brood[G] | None = None

    @property
    def queries(self) -> int:
        """Images scored per replicate so far."""
        return 0 if self.generation < 0 else self.initial + self.generation * self.batch * self.cost

    def ask(self) -> Brood[G]:
        """The next generation's children; the same ones again until ``tell`` was called."""
        if self._brood is None:
            litter = self.expect()
            self._brood = Brood(litter.all(), litter.generation, litter.first, litter.parents, litter.mates)
        return self._brood

    def expect(self) -> Litter[G]:
        """The next generation's children, to be bred; the same ones again until ``tell`` was called."""
        if self._litter is None:
            self._litter = self._next() if self.generation >= 0 else self._start()
        return self._litter

    def tell(self, scores: NDArray[np.float64], canvases: Canvases | None = None) -> Takeover:
        """Take the scores of the last ``ask`` and replace every champion that was beaten.

        Args:
            scores: ``(R * B, K) float64``, one row per child.
            canvases: what was scored, for objectives that look at it.

        Raises:
            UsageError: before ``ask``, for another shape, or for a score that is not finite.
        """
        if self._litter is None:
            raise UsageError("tell: nothing was asked for; call ask() first")
        litter, replicates = self._litter, len(self.seeds)
        _check_scores(scores, len(litter), self._columns)
        values = self.objective(scores, canvases)
        contest = self.archive.compare(values.reshape(replicates, -1, values.shape[1]))
        _check_finite(scores, contest.broken if values is scores else count_broken(scores))
        true = scores if values is scores else scores[:, np.array(self.objective.cells)]
        takeover = self.archive.crown(
            contest,
            true.reshape(replicates, -1, true.shape[1]),
            first=litter.first,
            generation=litter.generation,
        )
        self._crown(litter, takeover)
        self.generation, self._litter, self._brood = litter.generation, None, None
        return takeover

    def restore(self, generation: int, elites: G, archive: Archive) -> None:
        """Continue after ``generation`` with these champions, row r * K + c for cell c of replicate r."""
        self.generation, self.elites, self.archive = generation, elites, archive
        self._litter, self._brood = None, None

    def _stream(self, generation: int, count: int) -> Stream:
        return Stream(*_rows(self.seeds, count), generation)

    def _start(self) -> Litter[G]:
        stream = self._stream(0, self.initial)
        nobody = np.full(len(stream), -1, np.int64)
        return Litter(self.encoding, stream, 0, nobody, nobody)

    def _next(self) -> Litter[G]:
        if self.elites is None:
            raise UsageError("ask: a restored search needs its champions' genomes")
        generation, cells = self.generation + 1, self.archive.objective.shape[1]
        stream = self._stream(generation, self.batch)
        picked = stream.choices(Purpose.PARENT, cells)
        if len(self.seeds) > 1:
            picked += np.repeat(np.arange(len(self.seeds)), self.batch) * cells
        parents, mates = self.archive.individual.reshape(-1)[picked], self.encoding.mates(stream)
        mates = np.where(mates < 0, -1, parents[mates])
        return Litter(self.encoding, stream, self.queries, parents, mates, self.elites, picked)

    def _crown(self, litter: Litter[G], takeover: Takeover) -> None:
        if not len(takeover):
            return
        size = len(litter) // len(self.seeds)
        winners = litter.settle(takeover.replicates * size + takeover.children)
        cells = takeover.replicates * self.archive.objective.shape[1] + takeover.cells
        self.elites = winners if self.elites is None else self.encoding.put(self.elites, cells, winners)


@lru_cache(maxsize=4)
def _rows(seeds: tuple[int, ...], count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """For every child of a generation its seed and its number."""
    children = np.tile(np.arange(count, dtype=np.uint64), len(seeds))
    return np.repeat(np.array(seeds, np.uint64), count), children


def _positive(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1_000_000:
        raise UsageError(f"{name}: expected a whole number from 1 to 1000000, got {value!r}")
    return value


def _check_scores(scores: NDArray[np.float64], rows: int, columns: int) -> None:
    if not isinstance(scores, np.ndarray):
        raise UsageError(f"scores: expected an array ({rows}, K) float64, got {type(scores).__name__}")
    if scores.dtype != np.float64 or scores.ndim != 2 or len(scores) != rows or scores.shape[1] < columns:
        raise UsageError(
            f"scores: expected ({rows}, K) float64 with K of at least {columns}, "
            f"got {scores.shape} {scores.dtype}"
        )


def _check_finite(scores: NDArray[np.float64], broken: int) -> None:
    if broken:
        raise UsageError(f"scores: {broken} of {scores.size} are not finite; no champion can be chosen")
