"""Single class: one evolutionary search for each class, none of which hears of the others.

The baseline of the follow-up paper (Nguyen, Yosinski, Clune: "Innovation Engines", GECCO 2015, section 3;
``dl_rank_simple_images.cpp``): a population of 100, of which the best 60 stay and breed 40 children a
generation; a parent is drawn by its rank. The searches of all classes share their batches, nothing else.
"""

from __future__ import annotations

from typing import Generic

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.base import Encoding, G
from foolery.errors import UsageError
from foolery.rng import Purpose, Stream, check_seed
from foolery.search.archive import Archive
from foolery.search.map_elites import Brood

POPULATION = 100
KEPT = 60
COEFFICIENT = 1.1


def rank_of(uniform: NDArray[np.float64], kept: int, coefficient: float = COEFFICIENT) -> NDArray[np.int64]:
    """The rank of a parent, 0 the best, for numbers uniform in [0, 1).

    ``n (1 - log(1 + kappa u) / log(1 + kappa))`` with ``kappa = c^(n + 1) - 1``, cut to a whole number: a
    rank is ``c^((n + 1) / n)`` times as likely as the next one.
    """
    kappa = coefficient ** (kept + 1) - 1.0
    rank = kept * (1.0 - np.log1p(kappa * uniform) / np.log1p(kappa))
    whole: NDArray[np.int64] = np.minimum(rank.astype(np.int64), kept - 1)
    return whole


class SingleClass(Generic[G]):
    """K searches side by side. ``ask`` gives genomes to draw and classify, ``tell`` takes their scores.

    Row ``c * B + i`` of a brood is child i of the search for class c, and only the score of class c counts
    for it.

    Args:
        encoding: how pictures are described, varied and drawn.
        classes: K.
        seed: of everything random.
        population: size of each.
        kept: how many of each stay.

    Attributes:
        archive: one replicate; the best individual of each search.
        queries: images scored so far, by all searches together.

    Raises:
        UsageError: for sizes that make no sense.
    """

    def __init__(
        self,
        encoding: Encoding[G],
        classes: int,
        *,
        seed: int = 0,
        population: int = POPULATION,
        kept: int = KEPT,
    ) -> None:
        if not 1 <= kept < population:
            raise UsageError(
                f"kept: expected 1 to {population - 1} of a population of {population}, got {kept}"
            )
        self.encoding = encoding
        self.classes, self.population, self.kept = classes, population, kept
        self.archive = Archive(1, classes)
        self.queries = 0
        self.generation = -1
        self._seed = check_seed(seed)
        self._genomes: G | None = None  # K * population rows, those of a class together, the best first
        self._scores = np.full((classes, population), -np.inf)
        self._numbers = np.full((classes, population), -1, np.int64)
        self._born = np.full((classes, population), -1, np.int64)
        self._brood: Brood[G] | None = None

    def ask(self) -> Brood[G]:
        """The next generation's children of all searches; the same ones again until ``tell`` was called."""
        if self._brood is None:
            self._brood = self._start() if self._genomes is None else self._breed(self._genomes)
        return self._brood

    def tell(self, scores: NDArray[np.float64]) -> None:
        """Take the scores ``(K * B, K) float64`` of the last ``ask``; the worst of each population leave.

        Raises:
            UsageError: before ``ask``.
        """
        if self._brood is None:
            raise UsageError("tell: nothing was asked for; call ask() first")
        brood, fresh = self._brood, len(scores) // self.classes
        places = slice(self.population - fresh, self.population)
        own = scores.reshape(self.classes, fresh, -1)[np.arange(self.classes), :, np.arange(self.classes)]
        self._scores[:, places] = own
        self._numbers[:, places] = brood.first + np.arange(len(scores)).reshape(self.classes, fresh)
        self._born[:, places] = brood.generation
        rows = np.arange(self.classes * self.population).reshape(self.classes, self.population)
        genomes = (
            brood.genomes
            if self._genomes is None
            else self.encoding.put(self._genomes, rows[:, places].ravel(), brood.genomes)
        )
        # A stable sort keeps the elder of two equals before the younger.
        order = np.argsort(-self._scores, axis=1, kind="stable")
        self._genomes = self.encoding.take(genomes, np.take_along_axis(rows, order, axis=1).ravel())
        for name in ("_scores", "_numbers", "_born"):
            setattr(self, name, np.take_along_axis(getattr(self, name), order, axis=1))
        self._crown()
        self.queries += len(scores)
        self.generation, self._brood = brood.generation, None

    def _start(self) -> Brood[G]:
        count = self.classes * self.population
        nobody = np.full(count, -1, np.int64)
        return Brood(self.encoding.initial(Stream.of(self._seed, 0, count)), 0, 0, nobody, nobody)

    def _breed(self, genomes: G) -> Brood[G]:
        fresh = self.population - self.kept
        stream = Stream.of(self._seed, self.generation + 1, self.classes * fresh)
        uniform = stream.words(Purpose.PARENT)[:, 0].astype(np.float64) * 2.0**-32
        owner = np.repeat(np.arange(self.classes), fresh)
        ranks = rank_of(uniform, self.kept)
        children = self.encoding.vary(self.encoding.take(genomes, owner * self.population + ranks), stream)
        parents, mates = self._numbers[owner, ranks], self.encoding.mates(stream)
        return Brood(
            children,
            self.generation + 1,
            self.queries,
            parents,
            np.where(mates < 0, -1, parents[mates]),
        )

    def _crown(self) -> None:
        better = self._scores[:, 0] > self.archive.score[0]
        self.archive.jumps[0] += int(better.sum())
        self.archive.objective[0] = self.archive.score[0] = self._scores[:, 0]
        self.archive.individual[0] = self._numbers[:, 0]
        self.archive.born[0] = self._born[:, 0]
