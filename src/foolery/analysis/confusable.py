"""Confusable: are classes that resemble each other harder to evolve (paper, section 3.4 and Fig. 7)?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.analysis.descriptors import cosines
from foolery.analysis.statistics import RankTest, bootstrap_median, mann_whitney
from foolery.classifiers.class_names import named_list
from foolery.data.class_matching import match_by_name
from foolery.engine.run import RunResult
from foolery.errors import UsageError

#: Dogs and cats in ImageNet's order of classes, Chihuahua to Egyptian cat; the paper says 157 to 286.
DOGS_AND_CATS = range(151, 286)


@dataclass(frozen=True)
class ClassBandComparison:
    """Confidences inside and outside a band of classes.

    Attributes:
        inside: ``(I,) float64``, for each class of the band the median over runs.
        outside: ``(O,) float64``, for each other class.
        test: of the two; ``share`` is how often one inside is higher than one outside.
        interval_inside: 95 % bootstrap interval of the median inside.
        interval_outside: likewise, outside.
    """

    inside: NDArray[np.float64]
    outside: NDArray[np.float64]
    test: RankTest
    interval_inside: tuple[float, float]
    interval_outside: tuple[float, float]


def class_medians(runs: Sequence[RunResult]) -> dict[str, float]:
    """Class name to the median of its champions' confidences over the runs."""
    confidences: dict[str, list[float]] = {}
    for run in runs:
        for label, champion in run.champions.items():
            confidences.setdefault(label, []).append(champion.confidence)
    return {label: float(np.median(values)) for label, values in confidences.items()}


def dogs_and_cats(classes: Sequence[str]) -> tuple[str, ...]:
    """Those of ``classes`` that are ImageNet's dogs and cats, found by their names.

    Raises:
        UsageError: where fewer than half of them are among ``classes``.
    """
    names = [named_list("imagenet")[at] for at in DOGS_AND_CATS]
    places = match_by_name(names, classes)
    if (places >= 0).sum() < len(names) / 2:
        raise UsageError(
            f"confusable: only {(places >= 0).sum()} of ImageNet's {len(names)} dogs and cats are among the "
            f"{len(classes)} classes; name the classes of the band"
        )
    return tuple(classes[at] for at in places if at >= 0)


def compare_band(runs: Sequence[RunResult], inside: Sequence[str]) -> ClassBandComparison:
    """Compare the classes named in ``inside`` with all others.

    Raises:
        UsageError: where no class is inside, or none outside.
    """
    medians, chosen = class_medians(runs), set(inside)
    within = np.array([value for label, value in medians.items() if label in chosen])
    others = np.array([value for label, value in medians.items() if label not in chosen])
    if not len(within) or not len(others):
        raise UsageError("confusable: expected champions of classes inside the band and of others outside")
    return ClassBandComparison(
        within, others, mann_whitney(within, others), bootstrap_median(within), bootstrap_median(others)
    )


def crowding(weights: NDArray[np.float64], neighbors: int = 5) -> NDArray[np.float64]:
    """``(K,) float64``: mean cosine of each class's last-layer weights with its nearest ``neighbors``."""
    similar = cosines(weights)
    np.fill_diagonal(similar, -np.inf)
    return np.asarray(np.sort(similar, axis=1)[:, -neighbors:].mean(axis=1))
