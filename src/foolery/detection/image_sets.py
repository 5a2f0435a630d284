"""Sets of images that a detector is tested on: made without knowing it, or against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.data.labelled import LabelledData, sample
from foolery.data.synthetic import synthetic_kinds
from foolery.encodings import make_encoding
from foolery.engine.ascent import ascend
from foolery.engine.evolution import evolve
from foolery.engine.run import RunResult
from foolery.errors import UsageError
from foolery.rng import Stream
from foolery.search.ascent_presets import QUERIES_PER_STEP

BATCH = 100
NATS = 5.0  # that a step of gradient ascent aims at: the paper's stands still where p underflows


@dataclass(frozen=True)
class ImageSet:
    """Images of one kind.

    Attributes:
        name: of the set.
        canvases: ``(N, C, H, W) uint8``.
        targets: ``(N,) int64``, the class that each was made for; None where for none.
        run: the search that made them, if one did.
    """

    name: str
    canvases: Canvases
    targets: NDArray[np.int64] | None = None
    run: RunResult | None = None


def synthetic_sets(classifier: Classifier, photos: Canvases, count: int, seed: int) -> list[ImageSet]:
    """``count`` images of every kind that needs no search."""
    canvas = classifier.description.canvas
    return [ImageSet(kind.name, kind.images(canvas, count, seed, photos)) for kind in synthetic_kinds()]


def other_set(classifier: Classifier, name: str, data: LabelledData, count: int) -> ImageSet:
    """``count`` real images of other data, the same ones every time.

    Raises:
        UsageError: where none can be read.
    """
    parts = [part.canvases for part in sample(data, count).batches(400, classifier.description.canvas)]
    if not parts:
        raise UsageError(f"--other: no image of {name} could be read")
    return ImageSet(f"other:{name}", np.concatenate(parts))


def run_set(name: str, run: RunResult, classifier: Classifier) -> ImageSet:
    """Champions of a run, as far as ``classifier`` has their classes."""
    classes = classifier.description.classes
    champions = [champion for label, champion in run.champions.items() if label in classes]
    canvases = np.stack([champion.canvas for champion in champions])
    targets = np.array([classes.index(champion.label) for champion in champions], np.int64)
    return ImageSet(name, canvases, targets, run)


@dataclass(frozen=True)
class SearchedSets:
    """Searches under one budget each.

    Attributes:
        queries: of each search.
        seed: of each search.
        classes: names of the classes to search for.
        gradients: whether gradient ascent is one of them.
    """

    queries: int
    seed: int
    classes: tuple[str, ...]
    gradients: bool

    def of(self, classifier: Classifier, start: str = "") -> list[ImageSet]:
        """The champions of every search against ``classifier``; names begin with ``start``."""
        sets = [
            run_set(f"{start}evolved-{encoding}", self._evolved(classifier, encoding), classifier)
            for encoding in ("direct", "cppn")
        ]
        if self.gradients:
            sets.append(run_set(f"{start}ascent", self._ascended(classifier), classifier))
        return sets

    def _evolved(self, classifier: Classifier, encoding: str) -> RunResult:
        return evolve(
            classifier,
            encoding=encoding,
            generations=max(0, self.queries // BATCH - 1),
            batch=min(BATCH, self.queries),
            seed=self.seed,
            classes=self.classes,
        )

    def _ascended(self, classifier: Classifier) -> RunResult:
        steps = max(1, self.queries // (QUERIES_PER_STEP * len(self.classes)))
        return ascend(
            classifier,
            steps=steps,
            rule={"step_nats": NATS},
            seed=self.seed,
            classes=self.classes,
        )

    def random_cppns(self, classifier: Classifier) -> Canvases:
        """``(queries, C, H, W) uint8``: CPPNs that nothing selected."""
        encoding = make_encoding("cppn", classifier.description.canvas)
        return np.asarray(encoding.render(encoding.initial(Stream.of(self.seed, 0, self.queries))))


def best_of(name: str, canvases: Canvases, scores: NDArray[np.float64], targets: Sequence[int]) -> ImageSet:
    """For each class of ``targets`` the canvas with the highest of ``(N, K)`` scores."""
    rows = scores[:, list(targets)].argmax(axis=0)
    return ImageSet(name, canvases[rows], np.array(targets, np.int64))
