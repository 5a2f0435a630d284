"""Argmax cell: quality diversity as its libraries have it, one cell for each child.

A child goes to the cell of the class that the classifier believes most, and takes it where it is strictly
better there. This is the loop of pyribs' tutorial "Generating Images to Fool an MNIST Classifier"; the
paper's rule, by which a child competes in every class, is ``map_elites.py``.
"""

from __future__ import annotations

from typing import Generic

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.base import Encoding, G
from foolery.errors import UsageError
from foolery.rng import Purpose, Stream, check_seed
from foolery.search.archive import Archive
from foolery.search.offspring import Offspring


class ArgmaxCell(Generic[G]):
    """The search. ``ask`` gives genomes to render and classify, ``tell`` takes their scores.

    Args:
        encoding: how images are described, varied and rendered.
        classes: number of cells.
        seed: of everything random.
        batch: children per generation; the tutorial has 30.

    Attributes:
        archive: one replicate; a cell that no child was put into is empty (score -inf).
        queries: images scored so far.
    """

    def __init__(self, encoding: Encoding[G], classes: int, *, seed: int = 0, batch: int = 30) -> None:
        self.encoding = encoding
        self.batch = batch
        self.archive = Archive(1, classes)
        self.queries = 0
        self.generation = -1
        self._seed = check_seed(seed)
        self._elites: G | None = None  # one row for each cell; that of an empty cell means nothing
        self._offspring: Offspring[G] | None = None

    def ask(self) -> Offspring[G]:
        """The next generation's children, of parents drawn uniformly from the filled cells."""
        if self._offspring is None:
            stream = Stream.of(self._seed, self.generation + 1, self.batch)
            filled = np.flatnonzero(self.archive.individual[0] >= 0)
            if self._elites is None:
                parents = np.full(self.batch, -1, np.int64)
                genomes = self.encoding.initial(stream)
            else:
                picked = filled[stream.integers(Purpose.PARENT, len(filled))]
                parents = self.archive.individual[0, picked]
                genomes = self.encoding.vary(self.encoding.take(self._elites, picked), stream)
            no_mates = np.full(self.batch, -1, np.int64)
            self._offspring = Offspring(genomes, self.generation + 1, self.queries, parents, no_mates)
        return self._offspring

    def tell(self, scores: NDArray[np.float64]) -> None:
        """Take the scores ``(B, K) float64`` of the last ``ask``.

        Raises:
            UsageError: before ``ask``.
        """
        if self._offspring is None:
            raise UsageError("tell: nothing was asked for; call ask() first")
        offspring, rows = self._offspring, np.arange(len(scores))
        own = scores.argmax(axis=1)
        objective = np.full(scores.shape, -np.inf)
        objective[rows, own] = scores[rows, own]
        update = self.archive.add(
            objective[None], scores[None], first=offspring.first, generation=offspring.generation
        )
        if self._elites is None:
            first_rows = np.zeros(self.archive.score.shape[1], np.int64)
            self._elites = self.encoding.take(offspring.genomes, first_rows)
        if len(update):
            winners = self.encoding.take(offspring.genomes, update.children)
            self._elites = self.encoding.put(self._elites, update.cells, winners)
        self.queries += len(scores)
        self.generation, self._offspring = offspring.generation, None
