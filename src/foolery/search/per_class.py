"""Single class: one evolutionary search for each class, none of which hears of the others.

The baseline of the follow-up paper (Nguyen, Yosinski, Clune: "Innovation Engines", GECCO 2015, section 3;
``dl_rank_simple_images.cpp``): a population of 100, of which the best 60 stay and have 40 children a
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
from foolery.search.offspring import Offspring

POPULATION = 100
SURVIVORS = 60
COEFFICIENT = 1.1


def sample_rank(
    uniform: NDArray[np.float64], survivors: int, coefficient: float = COEFFICIENT
) -> NDArray[np.int64]:
    """The rank of a parent, 0 the best, for numbers uniform in [0, 1).

    ``n (1 - log(1 + kappa u) / log(1 + kappa))`` with ``kappa = c^(n + 1) - 1``, cut to a whole number: a
    rank is ``c^((n + 1) / n)`` times as likely as the next one.
    """
    kappa = coefficient ** (survivors + 1) - 1.0
    rank = survivors * (1.0 - np.log1p(kappa * uniform) / np.log1p(kappa))
    whole: NDArray[np.int64] = np.minimum(rank.astype(np.int64), survivors - 1)
    return whole


class PerClassSearch(Generic[G]):
    """K searches side by side. ``ask`` gives genomes to render and classify, ``tell`` takes their scores.

    Row ``c * B + i`` of the offspring is child i of the search for class c, and only the score of class c
    counts for it.

    Args:
        encoding: how images are described, varied and rendered.
        classes: K.
        seed: of everything random.
        population: size of each.
        survivors: how many of each stay.

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
        survivors: int = SURVIVORS,
    ) -> None:
        if not 1 <= survivors < population:
            raise UsageError(
                f"survivors: expected 1 to {population - 1} of a population of {population}, got {survivors}"
            )
        self.encoding = encoding
        self.classes, self.population, self.survivors = classes, population, survivors
        self.archive = Archive(1, classes)
        self.queries = 0
        self.generation = -1
        self._seed = check_seed(seed)
        self._genomes: G | None = None  # K * population rows, those of a class together, the best first
        self._scores = np.full((classes, population), -np.inf)
        self._numbers = np.full((classes, population), -1, np.int64)
        self._generations = np.full((classes, population), -1, np.int64)
        self._offspring: Offspring[G] | None = None

    def ask(self) -> Offspring[G]:
        """The next generation's children of all searches; the same ones again until ``tell`` was called."""
        if self._offspring is None:
            self._offspring = self._start() if self._genomes is None else self._vary(self._genomes)
        return self._offspring

    def tell(self, scores: NDArray[np.float64]) -> None:
        """Take the scores ``(K * B, K) float64`` of the last ``ask``; the worst of each population leave.

        Raises:
            UsageError: before ``ask``.
        """
        if self._offspring is None:
            raise UsageError("tell: nothing was asked for; call ask() first")
        offspring, children_per_class = self._offspring, len(scores) // self.classes
        places = slice(self.population - children_per_class, self.population)
        own = scores.reshape(self.classes, children_per_class, -1)[
            np.arange(self.classes), :, np.arange(self.classes)
        ]
        self._scores[:, places] = own
        self._numbers[:, places] = offspring.first + np.arange(len(scores)).reshape(
            self.classes, children_per_class
        )
        self._generations[:, places] = offspring.generation
        rows = np.arange(self.classes * self.population).reshape(self.classes, self.population)
        genomes = (
            offspring.genomes
            if self._genomes is None
            else self.encoding.put(self._genomes, rows[:, places].ravel(), offspring.genomes)
        )
        # A stable sort keeps the older of two equals before the younger.
        order = np.argsort(-self._scores, axis=1, kind="stable")
        self._genomes = self.encoding.take(genomes, np.take_along_axis(rows, order, axis=1).ravel())
        for name in ("_scores", "_numbers", "_generations"):
            setattr(self, name, np.take_along_axis(getattr(self, name), order, axis=1))
        self._update_archive()
        self.queries += len(scores)
        self.generation, self._offspring = offspring.generation, None

    def _start(self) -> Offspring[G]:
        count = self.classes * self.population
        none = np.full(count, -1, np.int64)
        return Offspring(self.encoding.initial(Stream.of(self._seed, 0, count)), 0, 0, none, none)

    def _vary(self, genomes: G) -> Offspring[G]:
        children_per_class = self.population - self.survivors
        stream = Stream.of(self._seed, self.generation + 1, self.classes * children_per_class)
        uniform = stream.words(Purpose.PARENT)[:, 0].astype(np.float64) * 2.0**-32
        owner = np.repeat(np.arange(self.classes), children_per_class)
        ranks = sample_rank(uniform, self.survivors)
        children = self.encoding.vary(self.encoding.take(genomes, owner * self.population + ranks), stream)
        parents, mates = self._numbers[owner, ranks], self.encoding.mates(stream)
        return Offspring(
            children,
            self.generation + 1,
            self.queries,
            parents,
            np.where(mates < 0, -1, parents[mates]),
        )

    def _update_archive(self) -> None:
        better = self._scores[:, 0] > self.archive.score[0]
        self.archive.improvements[0] += int(better.sum())
        self.archive.objective[0] = self.archive.score[0] = self._scores[:, 0]
        self.archive.individual[0] = self._numbers[:, 0]
        self.archive.generation[0] = self._generations[:, 0]
