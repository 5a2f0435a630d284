"""Diversity: does the same class look different in different runs (paper, section 3.4 and Fig. 9)?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.analysis.descriptors import distances
from foolery.analysis.statistics import PermutationTest, same_label_test
from foolery.engine.run import RunResult
from foolery.errors import UsageError


@dataclass(frozen=True)
class Diversity:
    """Distances between champions, by where they come from.

    Attributes:
        same_class: median over pairs of one class in two runs.
        across: median over pairs of two classes in two runs.
        within: median over pairs of two classes in one run.
        test: are images of one class in two runs closer than those of two classes? Its statistic is the
            difference of the means; labels are shuffled within runs.
        share: how often an image is closer to another class's of its own run than to its own class's of
            another run, over all such pairs of pairs (estimated from quantiles); 0.5 where it is even.
    """

    same_class: float
    across: float
    within: float
    test: PermutationTest
    share: float

    @property
    def ratio(self) -> float:
        """``same_class`` divided by ``across``: 1 where a class fixes nothing, 0 where it fixes the image."""
        return self.same_class / self.across if self.across else float("nan")


def measure_diversity(
    runs: Sequence[RunResult],
    points: Sequence[NDArray[np.float64]],
    *,
    permutations: int = 999,
    seed: int = 0,
) -> Diversity:
    """Compare distances between runs with distances between classes.

    Args:
        runs: two or more, with champions of the same classes.
        points: for each run ``(K, D)``, its champions as one of ``descriptors`` gives them.
        permutations: of the test.
        seed: of these.

    Raises:
        UsageError: for fewer than two runs, or runs with champions of other classes.
    """
    if len(runs) < 2:
        raise UsageError(f"diversity: expected at least two runs, got {len(runs)}")
    labels = list(runs[0].champions)
    if any(list(run.champions) != labels for run in runs) or len(labels) < 2:
        raise UsageError("diversity: expected runs with champions of the same two or more classes")
    classes = np.tile(np.arange(len(labels)), len(runs))
    groups = np.repeat(np.arange(len(runs)), len(labels))
    distance_matrix = distances(np.concatenate(list(points)))
    upper = np.triu(np.ones_like(distance_matrix, dtype=bool), 1)
    same, together = classes[:, None] == classes[None, :], groups[:, None] == groups[None, :]
    between_runs, within = distance_matrix[upper & same], distance_matrix[upper & together]
    return Diversity(
        same_class=float(np.median(between_runs)),
        across=float(np.median(distance_matrix[upper & ~same & ~together])),
        within=float(np.median(within)),
        test=same_label_test(distance_matrix, classes, groups, permutations=permutations, seed=seed),
        share=float(np.mean(np.searchsorted(np.sort(within), between_runs, side="left") / len(within))),
    )
