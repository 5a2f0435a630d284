"""Reference data: a classifier on labelled real images, which unrecognizable ones are compared with.

For a softmax the measure is the margin in log-probability: it is the difference of two logits, so whatever
the logits are multiplied by multiplies every margin, of real and of unrecognizable images alike, and no
comparison changes. Confidences do not keep their order between images when the logits are divided by ten;
margins do. Classes of a sigmoid have no rivals, and cosines are no probabilities: there it is the class's own
score, where any rising function of it leaves every comparison as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.audit.detection import TPRS, min_images
from foolery.audit.intervals import exact_share
from foolery.audit.resolution import check_resolution
from foolery.audit.schema import ReferenceStatistics, Threshold
from foolery.canvas import canvas_hash
from foolery.checks.class_order import other_order
from foolery.classifiers.accuracy import LabelledPredictions, better_than_chance
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.scores import confidence
from foolery.classifiers.wrappers.rejection import REJECTED
from foolery.data import match_classes
from foolery.data.labelled import LabelledData, sample
from foolery.errors import UsageError, did_you_mean
from foolery.hardening import FOOLING_CLASS
from foolery.search.objectives import Objective, audit_objective

REJECT_CLASSES = frozenset({FOOLING_CLASS, REJECTED})
"""Names that foolery gives to a class for unrecognizable images."""


def target_classes(description: Description, exclude: Sequence[str] = ()) -> NDArray[np.int64]:
    """``(T,) int64``, ascending: indices of all classes but those in ``exclude`` and ``REJECT_CLASSES``.

    Raises:
        UsageError: for a name that is no class, and where no class is left.
    """
    for name in exclude:
        if name not in description.classes:
            raise UsageError(
                f"--exclude: {name!r} is no class; {did_you_mean(name, list(description.classes))}"
            )
    excluded = REJECT_CLASSES | set(exclude)
    targets = np.array(
        [index for index, name in enumerate(description.classes) if name not in excluded], np.int64
    )
    if not len(targets):
        raise UsageError(f"--exclude: no class of {description.name} is left to fool")
    return targets


def excluded_classes(description: Description, exclude: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the classes that are no targets, in the classifier's order."""
    targets = set(target_classes(description, exclude).tolist())
    return tuple(name for index, name in enumerate(description.classes) if index not in targets)


TPR = 0.95
MIN_CLASS_IMAGES = 20  # rightly classified images of a class, for a median of its own
MIN_IMAGES = 20  # rightly classified images, for a threshold
MAX_IMAGES = 2000
BATCH_VALUES = 400 * 256 * 256


@dataclass(frozen=True)
class ReferenceData:
    """Labelled real images.

    Attributes:
        data: the images.
        name: how the data are called, for instance ``mnist``.
        split: ``test`` or ``train``.
        max_images: limit of the images that are scored.
    """

    data: LabelledData
    name: str
    split: str = "test"
    max_images: int = MAX_IMAGES


@dataclass(frozen=True)
class ReferenceScores:
    """Scores of N labelled real images.

    Attributes:
        scores: ``(N, K) float64``.
        labels: ``(N,) int64``, indices of the classifier's classes.
        values: ``(N,) float64``, the measure of the image for its own class.
        correct: ``(N,) bool``, whether that class was predicted.
        matched_by: how the classes of the data were matched.
    """

    scores: NDArray[np.float64]
    labels: NDArray[np.int64]
    values: NDArray[np.float64]
    correct: NDArray[np.bool_]
    matched_by: str


def score_reference(
    classifier: Classifier,
    reference: ReferenceData,
    on_scored: Callable[[int], None] = lambda done: None,
    batch: int | None = None,
) -> ReferenceScores:
    """Score the images of ``reference``, the same ones every time; ``on_scored`` is told how many are done.

    Args:
        classifier: that scores.
        reference: the images.
        on_scored: called after each batch.
        batch: at most so many images at once.

    Raises:
        UsageError: where class names do not match, be it that images show another order of those that were
            matched by position, or no image can be read.
    """
    description, data = classifier.description, reference.data
    match = match_classes(data.classes, description.classes, description.name)
    measure = measure_of(description)
    size = max(1, min(400, BATCH_VALUES // description.canvas.size, batch or 400))
    batches, labels = [], []
    fitted_on: frozenset[str] = getattr(classifier, "fit_hashes", frozenset())
    shared = 0
    for part in sample(data, reference.max_images).batches(size, description.canvas):
        if fitted_on:
            shared += sum(canvas_hash(canvas) in fitted_on for canvas in part.canvases)
        batches.append(classifier.scores(part.canvases))
        labels.append(match.index[part.labels])
        on_scored(sum(map(len, labels)))
    if not batches:
        raise UsageError("data: no image could be read")
    scores, classes = np.concatenate(batches), np.concatenate(labels)
    if shared > len(scores) // 100:
        raise UsageError(
            f"data: the detector of {description.name} was fitted on {shared} of the {len(scores)} reference "
            f"images; name other data, or fit it on others: …?fit=folder:DIR"
        )
    predictions = LabelledPredictions.from_scores(scores, classes, description.kind)
    message = other_order(predictions, match, data.classes, description.classes)
    if message is not None:
        raise UsageError(f"data: {message}")
    return ReferenceScores(
        scores=scores,
        labels=classes,
        values=measure(scores, None)[np.arange(len(classes)), classes],
        correct=scores.argmax(axis=1) == classes,
        matched_by=match.by,
    )


def reference_statistics(
    classifier: Classifier, scored: ReferenceScores, reference: ReferenceData
) -> ReferenceStatistics:
    """Threshold, medians and accuracy of the scores of ``reference``.

    Raises:
        UsageError: where too few images were classified rightly, or no more than by guessing, and where
            scores are too coarse to compare by.
    """
    description = classifier.description
    accuracy = _check_accuracy(description, scored.correct)
    values, labels = scored.values[scored.correct], scored.labels[scored.correct]
    check_resolution(description, scored.scores, values)
    medians = [
        float(np.median(own)) if len(own := values[labels == each]) >= MIN_CLASS_IMAGES else None
        for each in range(len(description.classes))
    ]
    confidences = confidence(scored.scores[np.flatnonzero(scored.correct), labels], description.kind)
    class_thresholds = [
        threshold_at_tpr(own, TPR) if len(own := values[labels == each]) >= min_images(TPR) else None
        for each in range(len(description.classes))
    ]
    kind = measure_of(description).name
    return ReferenceStatistics(
        data=reference.name,
        split=reference.split,
        images=len(scored.correct),
        correct=int(scored.correct.sum()),
        accuracy=accuracy,
        measure="margin" if kind == "margin" else "class-score",
        threshold=threshold_at_tpr(values, TPR),
        median=float(np.median(values)),
        class_medians=tuple(medians),
        min_class_images=MIN_CLASS_IMAGES,
        median_confidence=float(np.median(confidences)),
        values=tuple(np.sort(values).tolist()),
        thresholds=tuple(
            _threshold(values, confidences, tpr) for tpr in TPRS if len(values) >= min_images(tpr)
        ),
        class_thresholds=tuple(class_thresholds),
        class_images=tuple(np.bincount(scored.labels, minlength=len(description.classes)).tolist()),
        matched_by="name" if scored.matched_by == "name" else "position",
    )


def _threshold(values: NDArray[np.float64], confidences: NDArray[np.float64], tpr: float) -> Threshold:
    value = threshold_at_tpr(values, tpr)
    low, high = exact_share(int((values >= value).sum()), len(values))
    return Threshold(
        tpr=tpr,
        value=value,
        confidence=threshold_at_tpr(confidences, tpr),
        tpr_low=low,
        tpr_high=high,
    )


def _check_accuracy(description: Description, correct: NDArray[np.bool_]) -> float:
    count, total = int(correct.sum()), len(correct)
    right = f"data: {description.name} is right about {count} of {total} images"
    if count < MIN_IMAGES:
        raise UsageError(f"{right}, a threshold needs {MIN_IMAGES}; foolery preflight says what may be wrong")
    if not better_than_chance(count / total, total, len(description.classes)):
        raise UsageError(f"{right}, no better than chance; foolery preflight says what may be wrong")
    return count / total


def measure_of(description: Description) -> Objective:
    """What images are compared by, for every class of a classifier."""
    return audit_objective(description.kind, range(len(description.classes)), len(description.classes))


def threshold_at_tpr(values: NDArray[np.float64], tpr: float) -> float:
    """The largest value that at least ``tpr`` of ``values`` reach."""
    ranked = np.sort(values)
    dropped = int(np.floor(len(ranked) * (1 - tpr) + 1e-9))
    return float(ranked[dropped])


def class_medians(reference: ReferenceStatistics) -> NDArray[np.float64]:
    """``(K,) float64``: what an image of each class is compared with for above-real-median."""
    return np.array([reference.median if own is None else own for own in reference.class_medians])
