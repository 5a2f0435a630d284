"""Yardstick: what a classifier says about real pictures, which is what nonsense is compared with.

Of a softmax the measure is the margin in log-probability: it is the difference of two logits, so whatever the
logits are multiplied by multiplies every margin, of photos and of nonsense alike, and no comparison changes.
Confidences do not keep their order between pictures when the logits are divided by ten; margins do.
Classes of a sigmoid have no rivals, and cosines no probabilities: there it is the class's own score, where
any rising function of it leaves every comparison as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.audit.schema import ReferenceStatistics
from foolery.classifiers.accuracy import better_than_chance
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.scores import confidence
from foolery.classifiers.wrappers.rejection import REJECTED
from foolery.data import match_classes
from foolery.data.labelled import LabelledData, sample
from foolery.errors import UsageError, did_you_mean
from foolery.hardening import FOOLING_CLASS
from foolery.search.objectives import Objective, audit_objective

REJECT_CLASSES = frozenset({FOOLING_CLASS, REJECTED})
"""What foolery calls a class for pictures of nothing."""


def target_classes(description: Description, exclude: Sequence[str] = ()) -> NDArray[np.int64]:
    """``(T,) int64``, ascending: the places of all classes but those in ``exclude`` and in ``NOTHING``.

    Raises:
        UsageError: for a name that is no class, and where no class is left.
    """
    for name in exclude:
        if name not in description.classes:
            raise UsageError(
                f"--leave-out: {name!r} is no class; {did_you_mean(name, list(description.classes))}"
            )
    excluded = REJECT_CLASSES | set(exclude)
    targets = np.array(
        [place for place, name in enumerate(description.classes) if name not in excluded], np.int64
    )
    if not len(targets):
        raise UsageError(f"--leave-out: no class of {description.name} is left to fool")
    return targets


def excluded_classes(description: Description, exclude: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the classes that are no targets, in the classifier's order."""
    targets = set(target_classes(description, exclude).tolist())
    return tuple(name for place, name in enumerate(description.classes) if place not in targets)


TPR = 0.95
MIN_CLASS_IMAGES = 20  # rightly classified pictures of a class, for a median of its own
MIN_IMAGES = 20  # rightly classified pictures, for a threshold
MAX_IMAGES = 2000
BATCH_VALUES = 400 * 256 * 256


@dataclass(frozen=True)
class ReferenceScores:
    """What was said about N real pictures.

    Attributes:
        scores: ``(N, K) float64``.
        labels: ``(N,) int64``, indices of the classifier's classes.
        values: ``(N,) float64``, the measure of the picture's own class.
        correct: ``(N,)``: whether that class was the first answer.
        matched_by: how classes were found.
    """

    scores: NDArray[np.float64]
    labels: NDArray[np.int64]
    values: NDArray[np.float64]
    correct: NDArray[np.bool_]
    matched_by: str


def score_reference(
    classifier: Classifier, data: LabelledData, max_images: int = MAX_IMAGES
) -> ReferenceScores:
    """Ask about ``max_images`` pictures of ``data`` at most, the same ones every time.

    Raises:
        UsageError: where class names do not match, or no picture can be read.
    """
    description = classifier.description
    match = match_classes(data.classes, description.classes, description.name)
    measure = measure_of(description)
    size = max(1, min(400, BATCH_VALUES // description.canvas.size))
    scores, labels = [], []
    for part in sample(data, max_images).batches(size, description.canvas):
        scores.append(classifier.scores(part.canvases))
        labels.append(match.index[part.labels])
    if not scores:
        raise UsageError("data: no picture could be read")
    all_scores, all_labels = np.concatenate(scores), np.concatenate(labels)
    rows = np.arange(len(all_labels))
    return ReferenceScores(
        all_scores,
        all_labels,
        measure(all_scores, None)[rows, all_labels],
        all_scores.argmax(axis=1) == all_labels,
        match.by,
    )


def reference_statistics(
    classifier: Classifier, reference: ReferenceScores, data: str, split: str
) -> ReferenceStatistics:
    """The yardstick that ``reference`` gives.

    Raises:
        UsageError: where too few pictures were classified rightly, or no more than by guessing.
    """
    description, count = classifier.description, int(reference.correct.sum())
    if count < MIN_IMAGES:
        raise UsageError(
            f"data: {description.name} is right about {count} of {len(reference.correct)} pictures, a "
            f"threshold needs "
            f"{MIN_IMAGES}; foolery preflight says what may be wrong"
        )
    if not better_than_chance(
        count / len(reference.correct), len(reference.correct), len(description.classes)
    ):
        raise UsageError(
            f"data: {description.name} is right about {count} of {len(reference.correct)} pictures, "
            "no better than chance; foolery preflight says what may be wrong"
        )
    values, labels = reference.values[reference.correct], reference.labels[reference.correct]
    medians = [
        float(np.median(own)) if len(own := values[labels == each]) >= MIN_CLASS_IMAGES else None
        for each in range(len(description.classes))
    ]
    rows = np.flatnonzero(reference.correct)
    confidences = confidence(reference.scores[rows, reference.labels[rows]], description.kind)
    kind = measure_of(description).name
    return ReferenceStatistics(
        data=data,
        split=split,
        images=len(reference.correct),
        right=count,
        accuracy=count / len(reference.correct),
        measure="margin" if kind == "margin" else "class-score",
        threshold=threshold_at_tpr(values, TPR),
        median=float(np.median(values)),
        class_medians=tuple(medians),
        enough=MIN_CLASS_IMAGES,
        median_confidence=float(np.median(confidences)),
        matched_by="name" if reference.matched_by == "name" else "position",
    )


def measure_of(description: Description) -> Objective:
    """What pictures are compared by, for every class of a classifier."""
    return audit_objective(description.kind, range(len(description.classes)), len(description.classes))


def threshold_at_tpr(values: NDArray[np.float64], tpr: float) -> float:
    """The largest value that at least ``tpr`` of ``values`` reach."""
    ranked = np.sort(values)
    dropped = int(np.floor(len(ranked) * (1 - tpr) + 1e-9))
    return float(ranked[dropped])


def class_medians(yardstick: ReferenceStatistics) -> NDArray[np.float64]:
    """``(K,) float64``: what a picture of each class is compared with for beats-real."""
    return np.array([yardstick.median if own is None else own for own in yardstick.class_medians])
