"""Litter: one generation's children before they are bred, so that a lane breeds the slice it scores."""

from __future__ import annotations

from typing import Generic

import numpy as np
from numpy.typing import NDArray

from foolery.draws import Stream
from foolery.encodings.contract import Encoding, G
from foolery.kernels import brief
from foolery.lanes import share

_GRAIN = 64


@brief
def distinct(rows: NDArray[np.int64], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different ones of ``rows`` below ``count``, ascending; and for each of ``rows`` its place there."""
    places, found = np.full(count, -1, np.int64), 0
    for row in rows:
        places[row] = 0
    for row in range(count):
        if places[row] == 0:
            places[row] = found
            found += 1
    different = np.empty(found, np.int64)
    for row in range(count):
        if places[row] >= 0:
            different[places[row]] = row
    return different, places[rows]


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
        starts = sorted(self._bred)
        owner = np.searchsorted(starts, rows, side="right") - 1
        owners = sorted(set(owner.tolist()))
        parts = [
            self._encoding.take(self._bred[starts[one]][1], rows[owner == one] - starts[one])
            for one in owners
        ]
        if len(parts) == 1:
            return parts[0]
        back = np.argsort(np.argsort(owner, kind="stable"))  # where each row has gone
        return self._encoding.take(self._encoding.join(parts), back)

    def settle(self, rows: NDArray[np.int64]) -> G:
        """The children at ``rows``, of whom each different one is kept as a newcomer."""
        self.newborn, back = distinct(rows, len(self))
        self.newcomers = self.take(self.newborn)
        return self._encoding.take(self.newcomers, back)

    def _slices(self) -> list[tuple[int, G]]:
        return [self._bred[start] for start in sorted(self._bred)]

    def _children(self, start: int, stop: int) -> G:
        encoding, stream = self._encoding, self._stream
        if self._pool is None or self._picked is None:
            return encoding.initial(stream.part(start, stop))
        # A slice may part siblings: then those beyond its ends are bred with it, and left out.
        low, high = start - start % encoding.siblings, stop + -stop % encoding.siblings
        parents = encoding.take(self._pool, self._picked[low:high])
        children = encoding.vary(parents, stream.part(low, high))
        if (low, high) == (start, stop):
            return children
        return encoding.take(children, np.arange(start - low, stop - low))
