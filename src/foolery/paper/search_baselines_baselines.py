"""Baselines: what other searches reach with as many evaluations as MAP-Elites over classes.

Each is a search of the room ``search`` with the same ask and tell; here it is run against a classifier, in
memory, and its progress is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence
from foolery.encodings import make_encoding
from foolery.encodings.base import Encoding
from foolery.errors import UsageError, nearest
from foolery.search.archive import Archive
from foolery.search.baselines import ArgmaxCell
from foolery.search.map_elites import Brood, MapElites
from foolery.search.novelty import Novelty
from foolery.search.per_class import SingleClass


class Search(Protocol):
    """What all searches over classes have in common."""

    encoding: Encoding[Any]
    archive: Archive

    def ask(self) -> Brood[Any]:
        """Children to draw and classify."""
        ...

    def tell(self, scores: NDArray[np.float64]) -> object:
        """Their scores ``(N, K) float64``."""
        ...


@dataclass(frozen=True)
class Track:
    """How far a search got. Confidences are over the champions of all classes; an empty cell has 0.

    Attributes:
        queries: ``(G,) int64`` images classified until the end of each generation.
        median: ``(G,) float64``.
        mean: likewise.
        champions: ``(K,) float64`` confidences at the end.
        filled: how many cells have a champion.
        seconds: that it took.
    """

    queries: NDArray[np.int64]
    median: NDArray[np.float64]
    mean: NDArray[np.float64]
    champions: NDArray[np.float64]
    filled: int
    seconds: float

    def queries_to_mean(self, goal: float) -> int | None:
        """Images classified until the mean confidence was ``goal``; None where it never was."""
        reached = np.flatnonzero(self.mean >= goal)
        return int(self.queries[reached[0]]) if len(reached) else None


SEARCHES = ("map-elites", "argmax-cell", "single-class", "novelty")


def make_search(
    name: str, classifier: Classifier, encoding: str, *, seed: int, batch: int | None = None
) -> Search:
    """A search over the classes of ``classifier``.

    Args:
        name: one of ``SEARCHES``.
        classifier: gives canvas, classes and kind of score.
        encoding: a name in the registry.
        seed: of everything random.
        batch: children per generation, or None for what was published: 200 for ``map-elites`` (the paper), 30
            for ``argmax-cell`` (pyribs' tutorial); populations of 100 a class for ``single-class`` and of 400
            for ``novelty`` (the follow-up paper), which take no other.

    Raises:
        UsageError: for an unknown name, or a batch for a search that takes none.
    """
    known = classifier.description
    drawn, classes = make_encoding(encoding, known.canvas), len(known.classes)
    if name == "map-elites":
        return MapElites(drawn, classes, seeds=seed, batch=200 if batch is None else batch)
    if name == "argmax-cell":
        return ArgmaxCell(drawn, classes, seed=seed, batch=30 if batch is None else batch)
    if name not in SEARCHES:
        raise UsageError(f"search: unknown {name!r}; {nearest(name, list(SEARCHES))}")
    if batch is not None:
        raise UsageError(f"batch: {name} has the size that was published; leave it out")
    if name == "single-class":
        return SingleClass(drawn, classes, seed=seed)
    return Novelty(drawn, classes, seed=seed, kind=known.kind)


def chase(
    search: Search,
    classifier: Classifier,
    evaluations: int,
    watch: Callable[[int], None] | None = None,
) -> Track:
    """Run ``search`` until the next generation would need more than ``evaluations`` images.

    Args:
        search: new, or one that was run before.
        classifier: that it searches.
        evaluations: images that may be classified, generation 0 included.
        watch: called with the images so far, after every generation.

    Raises:
        UsageError: where generation 0 alone is larger.
    """
    kind, start = classifier.description.kind, time.perf_counter()
    queries: list[int] = []
    medians: list[float] = []
    means: list[float] = []
    spent = 0
    while spent + len((brood := search.ask()).parents) <= evaluations:
        search.tell(classifier.scores(search.encoding.render(brood.genomes)))
        spent += len(brood.parents)
        reached = champions(search, kind)
        queries.append(spent)
        medians.append(float(np.median(reached)))
        means.append(float(reached.mean()))
        if watch is not None:
            watch(spent)
    if not queries:
        raise UsageError(
            f"evaluations: the initial population has {len(brood.parents)} images, got {evaluations}"
        )
    return Track(
        np.array(queries, np.int64),
        np.array(medians),
        np.array(means),
        champions(search, kind),
        int((search.archive.individual[0] >= 0).sum()),
        time.perf_counter() - start,
    )


def champions(search: Search, kind: str) -> NDArray[np.float64]:
    """``(K,) float64`` confidences of the champions; 0 (for cosines -1) where a cell is empty."""
    score = search.archive.score[0]
    if kind == "similarity":
        return np.where(np.isfinite(score), score, -1.0)
    return np.where(np.isfinite(score), confidence(score, "softmax"), 0.0)
