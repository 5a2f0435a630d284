"""Relatedness: do related classes get similar images in one run (paper, section 3.4 and Fig. 9)?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.analysis.descriptors import cosines, distances, features, thumbnails
from foolery.analysis.statistics import PermutationTest, mantel, neighbor_test
from foolery.analysis.transferability import check_canvases, check_fingerprint
from foolery.classifiers.base import Classifier
from foolery.classifiers.layers import LastLayer, last_layer
from foolery.engine.run import RunResult
from foolery.errors import UsageError


@dataclass(frozen=True)
class Relatedness:
    """Agreement of two likenesses: of images, and of the weights that the last layer has for their classes.

    Every test is a Mantel test; its statistic is Spearman's correlation over pairs of classes, positive where
    related classes have similar images. Distances are means over the runs.

    Attributes:
        classes: in the order of the matrices.
        runs: number of them.
        similarity: ``(K, K)``, centred cosine of the last layer's weights.
        image_distances: ``(K, K)``, distance of the champions as thumbnails.
        thumbnail: the test on these.
        feature: the test on what the last layer sees. It is partly given: an image of high confidence has
            features that lie along its class's weights.
        distinct: the test on thumbnails without pairs of classes that one individual holds in a run; None
            where too few pairs are left.
        closest: for each class the share of other classes whose images are farther from its own than that of
            its most related class, by thumbnails; its mean, 0.5 by chance. The test relabels the classes.
        shared: share of pairs that one individual holds, over runs.
    """

    classes: tuple[str, ...]
    runs: int
    similarity: NDArray[np.float64]
    image_distances: NDArray[np.float64]
    thumbnail: PermutationTest
    feature: PermutationTest
    distinct: PermutationTest | None
    closest: PermutationTest
    shared: float

    def nearest(self, count: int = 10) -> list[tuple[str, str, float, float]]:
        """The ``count`` most related pairs: two names, cosine, and the rank of their images' distance.

        The rank is from 0 (the two nearest images of all pairs) to 1.
        """
        upper = np.triu_indices(len(self.classes), 1)
        similar, distances_of_pairs = self.similarity[upper], self.image_distances[upper]
        order = np.argsort(-similar, kind="stable")[:count]
        return [
            (
                self.classes[upper[0][at]],
                self.classes[upper[1][at]],
                float(similar[at]),
                float((distances_of_pairs < distances_of_pairs[at]).mean()),
            )
            for at in order
        ]


def measure_relatedness(
    runs: Sequence[RunResult],
    classifier: Classifier,
    *,
    permutations: int = 999,
    seed: int = 0,
    layer: LastLayer | None = None,
) -> Relatedness:
    """Compare champions with the weights of their classes.

    Args:
        runs: all made against ``classifier``.
        classifier: whose last layer is read.
        permutations: of each test.
        seed: of these.
        layer: of the classifier, where it was read before.

    Raises:
        UsageError: for no runs, a run against another classifier, other classes, or no last layer.
    """
    if not runs:
        raise UsageError("relatedness: expected at least one run, got none")
    labels = tuple(runs[0].champions)
    for run in runs:
        check_fingerprint(run, classifier.description)
        check_canvases(run)
        if tuple(run.champions) != labels:
            raise UsageError(f"relatedness: {run.name} has champions of other classes than {runs[0].name}")
    layer = layer or last_layer(classifier)
    index = [champion.index for champion in runs[0].champions.values()]
    similarity = cosines(layer.weights)[np.ix_(index, index)]
    image_distances, feature_distances = np.zeros_like(similarity), np.zeros_like(similarity)
    shared = np.zeros_like(similarity)
    for run in runs:
        canvases = np.stack([champion.canvas for champion in run.champions.values()])
        image_distances += distances(thumbnails(canvases)) / len(runs)
        feature_distances += distances(features(canvases, layer)) / len(runs)
        holders = np.array([champion.individual for champion in run.champions.values()])
        shared += (holders[:, None] == holders[None, :]) / len(runs)
    return Relatedness(
        classes=labels,
        runs=len(runs),
        similarity=similarity,
        image_distances=image_distances,
        thumbnail=mantel(-image_distances, similarity, permutations=permutations, seed=seed),
        feature=mantel(-feature_distances, similarity, permutations=permutations, seed=seed),
        distinct=_distinct(-image_distances, similarity, shared == 0, permutations, seed),
        closest=neighbor_test(image_distances, similarity, permutations=permutations, seed=seed),
        shared=float(shared[np.triu_indices(len(labels), 1)].mean()),
    )


def _distinct(
    near: NDArray[np.float64],
    similarity: NDArray[np.float64],
    counted: NDArray[np.bool_],
    permutations: int,
    seed: int,
) -> PermutationTest | None:
    try:
        return mantel(near, similarity, counted=counted, permutations=permutations, seed=seed)
    except UsageError:
        return None
