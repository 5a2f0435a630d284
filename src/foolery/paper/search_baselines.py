"""Baseline tracks: every search that the baselines compare, run once and kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from foolery.analysis.statistics import RankTest, mann_whitney
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence
from foolery.encodings import make_encoding
from foolery.encodings.base import Encoding
from foolery.errors import UsageError, did_you_mean
from foolery.paper.experiment import Context, scale_count
from foolery.paper.records import cached_result
from foolery.search.archive import Archive
from foolery.search.baselines import ArgmaxCell
from foolery.search.map_elites import MapElites
from foolery.search.novelty import NoveltySearch
from foolery.search.offspring import Offspring
from foolery.search.per_class import POPULATION, PerClassSearch


class ClassSearch(Protocol):
    """What all searches over classes have in common."""

    encoding: Encoding[Any]
    archive: Archive

    def ask(self) -> Offspring[Any]:
        """Children to draw and classify."""
        ...

    def tell(self, scores: NDArray[np.float64]) -> object:
        """Their scores ``(N, K) float64``."""
        ...


@dataclass(frozen=True)
class SearchTrack:
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
        generations = np.flatnonzero(self.mean >= goal)
        return int(self.queries[generations[0]]) if len(generations) else None


SEARCHES = ("map-elites", "argmax-cell", "single-class", "novelty")


def make_search(
    name: str, classifier: Classifier, encoding: str, *, seed: int, batch: int | None = None
) -> ClassSearch:
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
    description = classifier.description
    encoder, classes = make_encoding(encoding, description.canvas), len(description.classes)
    if name == "map-elites":
        return MapElites(encoder, classes, seeds=seed, batch=200 if batch is None else batch)
    if name == "argmax-cell":
        return ArgmaxCell(encoder, classes, seed=seed, batch=30 if batch is None else batch)
    if name not in SEARCHES:
        raise UsageError(f"search: unknown {name!r}; {did_you_mean(name, list(SEARCHES))}")
    if batch is not None:
        raise UsageError(f"batch: {name} has the size that was published; leave it out")
    if name == "single-class":
        return PerClassSearch(encoder, classes, seed=seed)
    return NoveltySearch(encoder, classes, seed=seed, kind=description.kind)


def run_search(
    search: ClassSearch,
    classifier: Classifier,
    evaluations: int,
    on_progress: Callable[[int], None] | None = None,
) -> SearchTrack:
    """Run ``search`` until the next generation would need more than ``evaluations`` images.

    Args:
        search: new, or one that was run before.
        classifier: that it searches.
        evaluations: images that may be classified, generation 0 included.
        on_progress: called with the images so far, after every generation.

    Raises:
        UsageError: where generation 0 alone is larger.
    """
    kind, start = classifier.description.kind, time.perf_counter()
    queries: list[int] = []
    medians: list[float] = []
    means: list[float] = []
    queries_spent = 0
    while queries_spent + len((offspring := search.ask()).parents) <= evaluations:
        search.tell(classifier.scores(search.encoding.render(offspring.genomes)))
        queries_spent += len(offspring.parents)
        confidences = archive_confidences(search, kind)
        queries.append(queries_spent)
        medians.append(float(np.median(confidences)))
        means.append(float(confidences.mean()))
        if on_progress is not None:
            on_progress(queries_spent)
    if not queries:
        raise UsageError(
            f"evaluations: the initial population has {len(offspring.parents)} images, got {evaluations}"
        )
    return SearchTrack(
        np.array(queries, np.int64),
        np.array(medians),
        np.array(means),
        archive_confidences(search, kind),
        int((search.archive.individual[0] >= 0).sum()),
        time.perf_counter() - start,
    )


def archive_confidences(search: ClassSearch, kind: str) -> NDArray[np.float64]:
    """``(K,) float64`` confidences of the champions; 0 (for cosines -1) where a cell is empty."""
    score = search.archive.score[0]
    if kind == "similarity":
        return np.where(np.isfinite(score), score, -1.0)
    return np.where(np.isfinite(score), confidence(score, "softmax"), 0.0)


EVALUATIONS = 40_200  # 200 generations of 200 after the initial population, as in the paper's runs on digits
TUTORIAL, TUTORIAL_RUNS, TUTORIAL_MEAN = 900_000, 5, 0.939
ABLATION, ABLATION_RUNS, ABLATION_BATCH = 30_000, 5, 30
ENCODINGS = ("direct", "cppn")
MAP_ELITES, OTHER_SEARCHES = "map-elites", ("single-class", "novelty")
TO_MEAN = f"evaluations_to_{TUTORIAL_MEAN}"
_POINTS = 60  # of a curve

TracksOf = Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]
"""(encoding, search) to what each seed gave."""


@dataclass(frozen=True)
class BaselineResults:
    """All of it.

    Attributes:
        equal: at equal evaluations.
        tutorial: pyribs' settings, one for each seed.
        ablation: which cells a child competes in, by how it is varied.
        tests: (encoding, other search) to MAP-Elites against it, over the medians of the runs.
    """

    equal: TracksOf
    tutorial: Sequence[Mapping[str, Any]]
    ablation: TracksOf
    tests: Mapping[tuple[str, str], RankTest]

    @property
    def seconds(self) -> float:
        """Of all searches."""
        tracks = (*self.equal.values(), self.tutorial, *self.ablation.values())
        return sum(float(each["seconds"]) for seeds in tracks for each in seeds)


def measure_baselines(context: Context) -> BaselineResults:
    """Run what is not there yet.

    Raises:
        UsageError: for more classes than the evaluations of this scale are enough for.
    """
    _check_enough(context)
    seeds, scale = context.seeds, context.scale
    equal = {
        (encoding, search): [
            _track(context, search, encoding, seed, equal_evaluations(scale)) for seed in range(seeds)
        ]
        for encoding in ENCODINGS
        for search in (MAP_ELITES, *OTHER_SEARCHES)
    }
    tutorial = [
        _track(context, "argmax-cell", "gaussian", seed, scaled_evaluations(TUTORIAL, scale))
        for seed in range(min(TUTORIAL_RUNS, seeds))
    ]
    ablation = {
        (encoding, search): [
            _track(context, search, encoding, seed, scaled_evaluations(ABLATION, scale), ABLATION_BATCH)
            for seed in range(min(ABLATION_RUNS, seeds))
        ]
        for search in ("argmax-cell", MAP_ELITES)
        for encoding in ("gaussian", "direct")
    }
    tests = {
        (encoding, other): mann_whitney(medians(equal[encoding, MAP_ELITES]), medians(equal[encoding, other]))
        for encoding in ENCODINGS
        for other in OTHER_SEARCHES
    }
    return BaselineResults(equal, tutorial, ablation, tests)


def medians(tracks: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
    """``(seeds,) float64``: median champion confidence of each."""
    return np.array([each["median"] for each in tracks])


def evaluations_to_mean(tracks: Sequence[Mapping[str, Any]]) -> list[int]:
    """Evaluations to the tutorial's mean, of those that reached it."""
    return [int(each[TO_MEAN]) for each in tracks if each[TO_MEAN] is not None]


def equal_evaluations(scale: float) -> int:
    """Evaluations of each compared search; never less than initial populations of ten classes need."""
    return scale_count(EVALUATIONS, scale, minimum=2_000)


def scaled_evaluations(evaluations: int, scale: float) -> int:
    """Evaluations of the tutorial, and of the ablation."""
    return scale_count(evaluations, scale, minimum=600)


def _check_enough(context: Context) -> None:
    classes, evaluations = (
        len(context.classifiers["digits"].description.classes),
        equal_evaluations(context.scale),
    )
    needed = classes * POPULATION
    if needed > evaluations:
        raise UsageError(
            f"baselines: one search for each of {classes} classes starts with {needed} images, but each "
            f"search may make {evaluations}; give a scale of {needed / EVALUATIONS:.2g} or more, or fewer "
            f"classes"
        )


def _track(
    context: Context, search: str, encoding: str, seed: int, evaluations: int, batch: int | None = None
) -> dict[str, Any]:
    """One search, from the records where it is there."""
    classifier = context.classifiers["digits"]
    fingerprint = classifier.description.fingerprint
    label = f"{search}, {encoding}, seed {seed}"

    def compute() -> dict[str, Any]:
        track = run_search(
            make_search(search, classifier, encoding, seed=seed, batch=batch),
            classifier,
            evaluations,
            lambda spent: context.on_progress(label, spent, evaluations),
        )
        points = np.unique(np.linspace(0, len(track.queries) - 1, _POINTS).round().astype(np.int64))
        return {
            "evaluations": int(track.queries[-1]),
            "median": float(track.median[-1]),
            "mean": float(track.mean[-1]),
            "least": float(track.champions.min()),
            "filled": track.filled,
            TO_MEAN: track.queries_to_mean(TUTORIAL_MEAN),
            "seconds": round(track.seconds, 2),
            "curve": [[int(track.queries[at]), float(track.median[at])] for at in points],
        }

    settings = {
        "search": search,
        "encoding": encoding,
        "seed": seed,
        "evaluations": evaluations,
        "batch": batch,
        "fingerprint": fingerprint,
    }
    size = "" if batch is None else f"-batch{batch}"
    return cached_result(
        context, f"{fingerprint[:12]}-{search}-{encoding}{size}-{evaluations}-seed{seed}", settings, compute
    )
