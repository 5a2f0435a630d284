"""Baseline tracks: every search that the baselines compare, run once and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.analysis.statistics_statistics import RankTest, mann_whitney
from foolery.errors import UsageError
from foolery.paper.experiment import Context, scaled
from foolery.paper.records import recorded
from foolery.paper.search_baselines_baselines import chase, make_search
from foolery.search.per_class import POPULATION

EVALUATIONS = 40_200  # 200 generations of 200 after the initial population, as in the paper's runs on digits
TUTORIAL, TUTORIAL_RUNS, TUTORIAL_MEAN = 900_000, 3, 0.939
ABLATION, ABLATION_RUNS, ABLATION_BATCH = 30_000, 5, 30
ENCODINGS = ("direct", "cppn")
OURS, OTHERS = "map-elites", ("single-class", "novelty")
TO_MEAN = f"evaluations_to_{TUTORIAL_MEAN}"
_POINTS = 60  # of a curve

Tracks = Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]
"""(encoding, search) to what each seed gave."""


@dataclass(frozen=True)
class Measured:
    """All of it.

    Attributes:
        equal: at equal evaluations.
        tutorial: pyribs' settings, one for each seed.
        ablation: which cells a child competes in, by how it is varied.
        tests: (encoding, other search) to MAP-Elites against it, over the medians of the runs.
    """

    equal: Tracks
    tutorial: Sequence[Mapping[str, Any]]
    ablation: Tracks
    tests: Mapping[tuple[str, str], RankTest]

    @property
    def seconds(self) -> float:
        """Of all searches."""
        tracks = (*self.equal.values(), self.tutorial, *self.ablation.values())
        return sum(float(each["seconds"]) for seeds in tracks for each in seeds)


def measure(context: Context) -> Measured:
    """Run what is not there yet.

    Raises:
        UsageError: for more classes than the evaluations of this scale are enough for.
    """
    _check_enough(context)
    seeds, scale = context.seeds, context.scale
    equal = {
        (encoding, search): [
            _track(context, search, encoding, seed, equal_at(scale)) for seed in range(seeds)
        ]
        for encoding in ENCODINGS
        for search in (OURS, *OTHERS)
    }
    tutorial = [
        _track(context, "argmax-cell", "gaussian", seed, other_at(TUTORIAL, scale))
        for seed in range(min(TUTORIAL_RUNS, seeds))
    ]
    ablation = {
        (encoding, search): [
            _track(context, search, encoding, seed, other_at(ABLATION, scale), ABLATION_BATCH)
            for seed in range(min(ABLATION_RUNS, seeds))
        ]
        for search in ("argmax-cell", OURS)
        for encoding in ("gaussian", "direct")
    }
    tests = {
        (encoding, other): mann_whitney(medians(equal[encoding, OURS]), medians(equal[encoding, other]))
        for encoding in ENCODINGS
        for other in OTHERS
    }
    return Measured(equal, tutorial, ablation, tests)


def medians(tracks: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
    """``(seeds,) float64``: median champion confidence of each."""
    return np.array([each["median"] for each in tracks])


def to_mean(tracks: Sequence[Mapping[str, Any]]) -> list[int]:
    """Evaluations to the tutorial's mean, of those that reached it."""
    return [int(each[TO_MEAN]) for each in tracks if each[TO_MEAN] is not None]


def equal_at(scale: float) -> int:
    """Evaluations of each compared search; never less than initial populations of ten classes need."""
    return scaled(EVALUATIONS, scale, least=2_000)


def other_at(evaluations: int, scale: float) -> int:
    """Evaluations of the tutorial, and of the ablation."""
    return scaled(evaluations, scale, least=600)


def _check_enough(context: Context) -> None:
    classes, evaluations = len(context.classifiers["digits"].description.classes), equal_at(context.scale)
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
    mark = classifier.description.fingerprint
    label = f"{search}, {encoding}, seed {seed}"

    def make() -> dict[str, Any]:
        track = chase(
            make_search(search, classifier, encoding, seed=seed, batch=batch),
            classifier,
            evaluations,
            lambda spent: context.progress(label, spent, evaluations),
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
        "fingerprint": mark,
    }
    size = "" if batch is None else f"-batch{batch}"
    return recorded(
        context, f"{mark[:12]}-{search}-{encoding}{size}-{evaluations}-seed{seed}", settings, make
    )
