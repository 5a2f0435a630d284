"""MAP-Elites over classes: ask for genomes, tell their scores (paper 2.2, ``map_elite.hpp``).

A generation picks parents uniformly over cells, varies them all, and has the whole batch evaluated before
any champion is replaced. Generation 0 is the initial random population.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.encodings.base import Encoding, G
from foolery.errors import UsageError
from foolery.rng import Purpose, Stream, check_seed
from foolery.search.archive import Archive, EliteUpdate, count_not_finite
from foolery.search.objectives import ClassScore, Objective
from foolery.search.offspring import LazyOffspring, LocalSearch, Offspring


class MapElites(Generic[G]):
    """The search. ``ask`` gives genomes to render and classify, ``tell`` takes their scores.

    In the place of ``ask``, ``ask_lazy`` gives the same children not yet varied, for a caller who varies,
    renders and classifies them chunk by chunk; all of them are varied before ``tell``.

    Args:
        encoding: how images are described, varied and rendered.
        objective: what each cell maximizes, or the number of classes for the paper's objective.
        seeds: one seed, or one for each of R independent replicates that share the batches.
        batch: children per generation and replicate.
        initial: size of generation 0 per replicate; ``batch`` if None.
        local_search: improves every child before it is scored (``foolery.search.memetic``).

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
        local_search: LocalSearch | None = None,
    ) -> None:
        self.encoding = encoding
        self.objective = ClassScore(range(objective)) if isinstance(objective, int) else objective
        self.seeds = tuple(check_seed(s) for s in ([seeds] if isinstance(seeds, int) else seeds))
        self.batch = _positive("batch", batch)
        self.initial = self.batch if initial is None else _positive("initial", initial)
        self.local_search = local_search
        encoding.mates(self._stream(1, self.batch))  # an encoding may refuse the batch: better now
        self._columns = max(self.objective.cells) + 1
        self.generation = -1
        self.archive = Archive(len(self.seeds), len(self.objective.cells))
        self.elites: G | None = None
        self._lazy: LazyOffspring[G] | None = None
        self._offspring: Offspring[G] | None = None

    @property
    def queries_per_child(self) -> int:
        """Of every generation but the initial one: more than 1 with a local search."""
        return 1 if self.local_search is None else self.local_search.queries_per_child

    @property
    def queries(self) -> int:
        """Images classified per replicate so far."""
        if self.generation < 0:
            return 0
        return self.initial + self.generation * self.batch * self.queries_per_child

    @property
    def next_queries(self) -> int:
        """Images that the next generation of a replicate has classified."""
        return self.initial if self.generation < 0 else self.batch * self.queries_per_child

    def ask(self) -> Offspring[G]:
        """The next generation's children; the same ones again until ``tell`` was called."""
        if self._offspring is None:
            lazy = self.ask_lazy()
            self._offspring = Offspring(
                lazy.vary_all(), lazy.generation, lazy.first, lazy.parents, lazy.mates
            )
        return self._offspring

    def ask_lazy(self) -> LazyOffspring[G]:
        """The next generation's children, to be varied; the same ones again until ``tell`` was called."""
        if self._lazy is None:
            self._lazy = self._next() if self.generation >= 0 else self._start()
        return self._lazy

    def tell(self, scores: NDArray[np.float64], canvases: Canvases | None = None) -> EliteUpdate:
        """Take the scores of the last ``ask`` and replace every champion that was beaten.

        Args:
            scores: ``(R * B, K) float64``, one row per child.
            canvases: what was scored, for objectives that look at it.

        Raises:
            UsageError: before ``ask``, for another shape, or for a score that is not finite.
        """
        if self._lazy is None:
            raise UsageError("tell: nothing was asked for; call ask() first")
        offspring, replicates = self._lazy, len(self.seeds)
        _check_scores(scores, len(offspring), self._columns)
        values = self.objective(scores, canvases)
        comparison = self.archive.compare(values.reshape(replicates, -1, values.shape[1]))
        _check_finite(scores, comparison.not_finite if values is scores else count_not_finite(scores))
        true = scores if values is scores else scores[:, np.array(self.objective.cells)]
        update = self.archive.replace(
            comparison,
            true.reshape(replicates, -1, true.shape[1]),
            first=offspring.first,
            generation=offspring.generation,
        )
        self._replace(offspring, update)
        self.generation, self._lazy, self._offspring = offspring.generation, None, None
        return update

    def restore(self, generation: int, elites: G, archive: Archive) -> None:
        """Continue after ``generation`` with these champions, row r * K + c for cell c of replicate r."""
        self.generation, self.elites, self.archive = generation, elites, archive
        self._lazy, self._offspring = None, None

    def _stream(self, generation: int, count: int) -> Stream:
        return Stream(*_rows(self.seeds, count), generation)

    def _start(self) -> LazyOffspring[G]:
        stream = self._stream(0, self.initial)
        none = np.full(len(stream), -1, np.int64)
        return LazyOffspring(self.encoding, stream, 0, none, none)

    def _next(self) -> LazyOffspring[G]:
        if self.elites is None:
            raise UsageError("ask: a restored search needs its champions' genomes")
        generation, cells = self.generation + 1, self.archive.objective.shape[1]
        stream = self._stream(generation, self.batch)
        picked = stream.integers(Purpose.PARENT, cells)
        if len(self.seeds) > 1:
            picked += np.repeat(np.arange(len(self.seeds)), self.batch) * cells
        parents, mates = self.archive.individual.reshape(-1)[picked], self.encoding.mates(stream)
        mates = np.where(mates < 0, -1, parents[mates])
        return LazyOffspring(
            self.encoding, stream, self.queries, parents, mates, self.elites, picked,
            self.local_search, self.archive.score,
        )  # fmt: skip

    def _replace(self, offspring: LazyOffspring[G], update: EliteUpdate) -> None:
        if not len(update):
            return
        size = len(offspring) // len(self.seeds)
        winners = offspring.keep_elites(update.replicates * size + update.children)
        cells = update.replicates * self.archive.objective.shape[1] + update.cells
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


def _check_finite(scores: NDArray[np.float64], not_finite: int) -> None:
    if not_finite:
        raise UsageError(f"scores: {not_finite} of {scores.size} are not finite; no champion can be chosen")
