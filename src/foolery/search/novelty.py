"""Novelty search: it selects for outputs of the classifier that it has not seen yet, whatever they are.

The baseline of the follow-up paper (Nguyen, Yosinski, Clune: "Innovation Engines", GECCO 2015;
``dl_novelty_images_imagenet.cpp``): selection by the mean distance of an individual's behavior, a vector of
probabilities, to the eight nearest ones in population and archive. Selection never sees a class's score;
what is reported is the best that happened to be found for each class.
"""

from __future__ import annotations

from typing import Generic

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.base import Kind
from foolery.classifiers.scores import confidence
from foolery.encodings.base import Encoding, G
from foolery.errors import UsageError
from foolery.rng import Purpose, Stream, check_seed
from foolery.search.archive import Archive
from foolery.search.offspring import Offspring

NEAREST = 8
POPULATION = 400
THRESHOLD = 0.6
PATIENCE, SHRINK = 50, 0.95  # so many rejections in a row lower the threshold
PLENTY, GROW = 4, 1.05  # more additions in a generation raise it
_VALUES = 4_000_000  # distances in memory at a time


def novelty_scores(
    points: NDArray[np.float64], others: NDArray[np.float64], nearest: int = NEAREST
) -> NDArray[np.float64]:
    """``(N,) float64``: mean Euclidean distance of each of the points ``(N, K)`` to its nearest others.

    ``others`` are ``(M, K)``.

    Where ``others`` has the points themselves, as here, each counts as a neighbor of itself at distance
    0, as in the released code. Where there are fewer than ``nearest`` others, all are taken.
    """
    count = min(nearest, len(others))
    squares = (others**2).sum(axis=1)
    scores = np.empty(len(points))
    step = max(1, _VALUES // len(others))
    for start in range(0, len(points), step):
        part = points[start : start + step]
        distances = squares + (part**2).sum(axis=1)[:, None] - 2.0 * part @ others.T
        close = np.partition(np.maximum(distances, 0.0), count - 1, axis=1)[:, :count]
        scores[start : start + step] = np.sqrt(close).mean(axis=1)
    return scores


class NoveltyArchive:
    """Behaviors that were new when they came; its threshold follows how many come.

    Attributes:
        points: ``(M, K) float64``.
        threshold: novelty above which a behavior is added.
    """

    def __init__(self, classes: int, threshold: float = THRESHOLD) -> None:
        self.points = np.empty((0, classes))
        self.threshold = threshold
        self._rejected = 0

    def add(self, points: NDArray[np.float64], novelties: NDArray[np.float64]) -> None:
        """One generation's behaviors ``(N, K)`` with their novelties ``(N,)``, in order."""
        added = []
        for row, value in enumerate(novelties.tolist()):
            if value > self.threshold:
                added.append(row)
                self._rejected = 0
                continue
            self._rejected += 1
            if self._rejected > PATIENCE:
                self.threshold *= SHRINK
                self._rejected = 0
        if len(added) > PLENTY:
            self.threshold *= GROW
        self.points = np.concatenate([self.points, points[added]])


class NoveltySearch(Generic[G]):
    """The search. ``ask`` gives genomes to render and classify, ``tell`` takes their scores.

    Parents win a tournament of two by novelty; of parents and children together the most novel stay.

    Args:
        encoding: how images are described, varied and rendered.
        classes: K.
        seed: of everything random.
        population: that stays, and children per generation.
        kind: of the scores.

    Attributes:
        archive: one replicate; the best individual met for each class.
        novel: behaviors that were new when they came.
        queries: images scored so far.
    """

    def __init__(
        self,
        encoding: Encoding[G],
        classes: int,
        *,
        seed: int = 0,
        population: int = POPULATION,
        kind: Kind = "softmax",
    ) -> None:
        self.encoding = encoding
        self.population, self.kind = population, kind
        self.archive = Archive(1, classes)
        self.novel = NoveltyArchive(classes)
        self.queries = 0
        self.generation = -1
        self._seed = check_seed(seed)
        self._genomes: G | None = None
        self._behaviors = np.empty((0, classes))
        self._novelty = np.empty(0)
        self._numbers = np.empty(0, np.int64)
        self._offspring: Offspring[G] | None = None

    def ask(self) -> Offspring[G]:
        """The next generation's children; the same ones again until ``tell`` was called."""
        if self._offspring is None:
            stream = Stream.of(self._seed, self.generation + 1, self.population)
            none = np.full(self.population, -1, np.int64)
            if self._genomes is None:
                self._offspring = Offspring(self.encoding.initial(stream), 0, 0, none, none)
            else:
                picked = self._winners(stream)
                children = self.encoding.vary(self.encoding.take(self._genomes, picked), stream)
                parents, mates = self._numbers[picked], self.encoding.mates(stream)
                mates = np.where(mates < 0, -1, parents[mates])
                self._offspring = Offspring(children, self.generation + 1, self.queries, parents, mates)
        return self._offspring

    def tell(self, scores: NDArray[np.float64]) -> None:
        """Take the scores ``(B, K) float64`` of the last ``ask``; the least novel leave.

        Raises:
            UsageError: before ``ask``.
        """
        if self._offspring is None:
            raise UsageError("tell: nothing was asked for; call ask() first")
        offspring, behaviors = self._offspring, confidence(scores, self.kind)
        self.archive.add(scores[None], scores[None], first=offspring.first, generation=offspring.generation)
        numbers = offspring.first + np.arange(len(scores))
        all_behaviors = np.concatenate([self._behaviors, behaviors])
        values = novelty_scores(all_behaviors, np.concatenate([all_behaviors, self.novel.points]))
        self.novel.add(behaviors, values[len(self._behaviors) :])
        stay = np.argsort(-values, kind="stable")[: self.population]
        self._genomes = self._survivors(offspring.genomes, stay)
        self._behaviors, self._novelty = all_behaviors[stay], values[stay]
        self._numbers = np.concatenate([self._numbers, numbers])[stay]
        self.queries += len(scores)
        self.generation, self._offspring = offspring.generation, None

    def _winners(self, stream: Stream) -> NDArray[np.int64]:
        """The more novel of two individuals drawn uniformly, for each child."""
        words = stream.words(Purpose.PARENT)[:, :2]
        pairs = ((words * np.uint64(self.population)) >> np.uint64(32)).astype(np.int64)
        first, second = pairs[:, 0], pairs[:, 1]
        return np.where(self._novelty[second] > self._novelty[first], second, first)

    def _survivors(self, children: G, stay: NDArray[np.int64]) -> G:
        """Rows ``stay`` of the old population followed by the children, in that order."""
        if self._genomes is None:
            return self.encoding.take(children, stay)
        older = len(self._behaviors)
        survivors = self.encoding.take(self._genomes, np.where(stay < older, stay, 0))
        new = np.flatnonzero(stay >= older)
        return self.encoding.put(survivors, new, self.encoding.take(children, stay[new] - older))
