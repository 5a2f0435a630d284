"""Offspring: one generation's children, varied all at once or chunk by chunk, improved by a local search."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, Protocol

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.base import Encoding, G
from foolery.rng import Stream
from foolery.workers import parallel_for

_CHUNK = 64


class LocalSearch(Protocol):
    """What improves children before they are scored: a memetic, or Lamarckian, search."""

    @property
    def queries_per_child(self) -> int:
        """What a child costs: its score, and what the local search asks of the classifier."""
        ...

    @property
    def options(self) -> Mapping[str, int]:
        """What decides its work besides the classifier, as a run file has it."""
        ...

    @property
    def chunk(self) -> int:
        """Children are improved in groups of so many; they may depend on who else is in their group."""
        ...

    def __call__(self, encoding: Encoding[G], genomes: G, champions: NDArray[np.float64]) -> G:
        """``genomes``, N of them, improved; ``champions`` ``(N, cells)`` are the true scores to beat."""
        ...


class LazyOffspring(Generic[G]):
    """One generation's children of all replicates; row r * B + i is child i of replicate r.

    A child is the same whichever chunk it is varied in. Chunks may be varied by several threads at once, each
    by one of them; with a local search all children are varied by ``vary_all``.

    Args:
        encoding: varies ``pool``, or draws the initial population at random where that is None.
        picked: ``(R * B,) int64``, for every child the row of its parent in ``pool``.
        local_search: improves the children; not the initial population.
        champions: ``(R, cells)``: the true scores to beat.

    Attributes:
        generation: 0 for the initial population.
        first: number of every replicate's first child: how many queries its run made before.
        parents, mates: ``(R * B,) int64`` numbers of individuals, -1 for none.
        elite_rows: ``(M,) int64``, ascending: the rows of those that became champions, after ``tell``.
        elites: their genomes, if there are any.
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
        local_search: LocalSearch | None = None,
        champions: NDArray[np.float64] | None = None,
    ) -> None:
        self.generation, self.first = stream.generation, first
        self.parents, self.mates = parents, mates
        self._encoding, self._stream = encoding, stream
        self._pool, self._picked = pool, picked
        self.local_search, self._champions = local_search, champions
        self.elite_rows = np.empty(0, np.int64)
        self.elites: G | None = None
        self._varied: dict[int, tuple[int, G]] = {}  # start of a chunk to its end and its children

    def __len__(self) -> int:
        return len(self._stream)

    def vary(self, start: int, stop: int) -> G:
        """Children ``start`` to ``stop``, which are kept; chunks must not overlap."""
        children = self._children(start, stop)
        self._varied[start] = stop, children
        return children

    def vary_all(self) -> G:
        """All children, varied where they were not yet."""
        if not self._varied:
            self._vary_chunks()
        children = self._encoding.join([children for _, children in self._chunks()])
        self._varied = {0: (len(self), children)}
        return children

    def take(self, rows: NDArray[np.int64]) -> G:
        """The children at ``rows`` ``(M,) int64``, at least one, repeats allowed; they must be varied."""
        starts, numbers = sorted(self._varied), rows.tolist()
        ordered = sorted(range(len(numbers)), key=numbers.__getitem__)
        parts = []
        for chunk, within in groupby(ordered, lambda at: bisect(starts, numbers[at]) - 1):
            start = starts[chunk]
            index = np.array([numbers[at] - start for at in within])
            parts.append(self._encoding.take(self._varied[start][1], index))
        genomes = self._encoding.join(parts)
        if all(at == place for place, at in enumerate(ordered)):
            return genomes
        return self._encoding.take(genomes, np.argsort(ordered))

    def keep_elites(self, rows: NDArray[np.int64]) -> G:
        """The children at ``rows``, each different one of which is kept as an elite."""
        winners = rows.tolist()
        elite_rows = sorted(set(winners))  # few, as a rule: then quicker than numpy
        self.elite_rows = np.array(elite_rows, np.int64)
        self.elites = self.take(self.elite_rows)
        if winners == elite_rows:
            return self.elites
        places = {row: place for place, row in enumerate(elite_rows)}
        return self._encoding.take(self.elites, np.array([places[row] for row in winners]))

    def _chunks(self) -> list[tuple[int, G]]:
        return [self._varied[start] for start in sorted(self._varied)]

    def _children(self, start: int, stop: int) -> G:
        encoding, stream = self._encoding, self._stream
        if self._pool is None or self._picked is None:
            return encoding.initial(stream.rows(start, stop))
        # A chunk may part a group: then those beyond its ends are varied with it, and left out.
        low, high = start - start % encoding.group_size, stop + -stop % encoding.group_size
        children = encoding.offspring(self._pool, self._picked[low:high], stream.rows(low, high))
        if (low, high) != (start, stop):
            children = encoding.take(children, np.arange(start - low, stop - low))
        if self.local_search is None or self._champions is None:
            return children
        size = len(self) // len(self._champions)
        return self.local_search(encoding, children, self._champions[np.arange(start, stop) // size])

    def _vary_chunks(self) -> None:
        """Vary all children; those that a local search improves together are of one replicate."""
        if self.local_search is None or self._champions is None:
            parallel_for(self.vary, len(self), chunk=_CHUNK)
            return
        size, count = self.local_search.chunk, len(self) // len(self._champions)
        chunks = [
            (begin + start, begin + min(start + size, count))
            for begin in range(0, len(self), count)
            for start in range(0, count, size)
        ]
        parallel_for(lambda first, _: self.vary(*chunks[first]), len(chunks), chunk=1)


@dataclass(frozen=True)
class Offspring(Generic[G]):
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
