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

from foolery.audit.schema import Yardstick
from foolery.classifiers.accuracy import better_than_chance
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.scores import confidence
from foolery.classifiers.wrappers.rejection import REJECTED
from foolery.data import match_classes
from foolery.data.labelled import LabelledData, sample
from foolery.errors import UsageError, nearest
from foolery.hardening.training_set import FOOLING
from foolery.search.objectives import Objective, comparable

NOTHING = frozenset({FOOLING, REJECTED})
"""What foolery calls a class for pictures of nothing."""


def targets_of(known: Description, left_out: Sequence[str] = ()) -> NDArray[np.int64]:
    """``(T,) int64``, ascending: the places of all classes but those in ``left_out`` and in ``NOTHING``.

    Raises:
        UsageError: for a name that is no class, and where no class is left.
    """
    for name in left_out:
        if name not in known.classes:
            raise UsageError(f"--leave-out: {name!r} is no class; {nearest(name, list(known.classes))}")
    gone = NOTHING | set(left_out)
    found = np.array([place for place, name in enumerate(known.classes) if name not in gone], np.int64)
    if not len(found):
        raise UsageError(f"--leave-out: no class of {known.name} is left to fool")
    return found


def left_out_of(known: Description, left_out: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the classes that are no targets, in the classifier's order."""
    kept = set(targets_of(known, left_out).tolist())
    return tuple(name for place, name in enumerate(known.classes) if place not in kept)


KEPT = 0.95
ENOUGH = 20  # rightly classified pictures of a class, for a median of its own
FEWEST = 20  # rightly classified pictures, for a threshold
MOST = 2000
BATCH_VALUES = 400 * 256 * 256


@dataclass(frozen=True)
class Real:
    """What was said about N real pictures.

    Attributes:
        scores: ``(N, K) float64``.
        labels: ``(N,) int64``, indices of the classifier's classes.
        values: ``(N,) float64``, the measure of the picture's own class.
        right: ``(N,)``: whether that class was the first answer.
        matched_by: how classes were found.
    """

    scores: NDArray[np.float64]
    labels: NDArray[np.int64]
    values: NDArray[np.float64]
    right: NDArray[np.bool_]
    matched_by: str


def ask_real(classifier: Classifier, data: LabelledData, most: int = MOST) -> Real:
    """Ask about ``most`` pictures of ``data`` at most, the same ones every time.

    Raises:
        UsageError: where class names do not match, or no picture can be read.
    """
    known = classifier.description
    match = match_classes(data.classes, known.classes, known.name)
    measure = measure_of(known)
    size = max(1, min(400, BATCH_VALUES // known.canvas.size))
    scores, labels = [], []
    for part in sample(data, most).batches(size, known.canvas):
        scores.append(classifier.scores(part.canvases))
        labels.append(match.index[part.labels])
    if not scores:
        raise UsageError("data: no picture could be read")
    said, meant = np.concatenate(scores), np.concatenate(labels)
    rows = np.arange(len(meant))
    return Real(said, meant, measure(said, None)[rows, meant], said.argmax(axis=1) == meant, match.by)


def yardstick_of(classifier: Classifier, real: Real, data: str, split: str) -> Yardstick:
    """The yardstick that ``real`` gives.

    Raises:
        UsageError: where too few pictures were classified rightly, or no more than by guessing.
    """
    known, count = classifier.description, int(real.right.sum())
    if count < FEWEST:
        raise UsageError(
            f"data: {known.name} is right about {count} of {len(real.right)} pictures, a threshold needs "
            f"{FEWEST}; foolery preflight says what may be wrong"
        )
    if not better_than_chance(count / len(real.right), len(real.right), len(known.classes)):
        raise UsageError(
            f"data: {known.name} is right about {count} of {len(real.right)} pictures, "
            "no better than chance; foolery preflight says what may be wrong"
        )
    values, labels = real.values[real.right], real.labels[real.right]
    medians = [
        float(np.median(own)) if len(own := values[labels == each]) >= ENOUGH else None
        for each in range(len(known.classes))
    ]
    rows = np.flatnonzero(real.right)
    sure = confidence(real.scores[rows, real.labels[rows]], known.kind)
    kind = measure_of(known).name
    return Yardstick(
        data=data,
        split=split,
        images=len(real.right),
        right=count,
        accuracy=count / len(real.right),
        measure="margin" if kind == "margin" else "class-score",
        threshold=keeping(values, KEPT),
        median=float(np.median(values)),
        class_medians=tuple(medians),
        enough=ENOUGH,
        median_confidence=float(np.median(sure)),
        matched_by="name" if real.matched_by == "name" else "position",
    )


def measure_of(known: Description) -> Objective:
    """What pictures are compared by, for every class of a classifier."""
    return comparable(known.kind, range(len(known.classes)), len(known.classes))


def keeping(values: NDArray[np.float64], share: float) -> float:
    """The largest value that at least ``share`` of ``values`` reach."""
    ranked = np.sort(values)
    dropped = int(np.floor(len(ranked) * (1 - share) + 1e-9))
    return float(ranked[dropped])


def real_medians(yardstick: Yardstick) -> NDArray[np.float64]:
    """``(K,) float64``: what a picture of each class is compared with for beats-real."""
    return np.array([yardstick.median if own is None else own for own in yardstick.class_medians])
