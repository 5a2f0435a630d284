"""Litter: one generation's children before they are bred, so that a lane breeds the slice it scores."""

from __future__ import annotations

from bisect import bisect
from itertools import groupby
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.base import Encoding, G, breed
from foolery.rng import Stream
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
