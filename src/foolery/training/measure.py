"""Measure: ask a classifier about labelled pictures."""

from __future__ import annotations

from foolery.classifiers.answers import Answers
from foolery.classifiers.contract import Classifier
from foolery.data.labelled import LabelledData
from foolery.errors import UsageError

BATCH = 400  # pictures in memory at a time


def measure(classifier: Classifier, data: LabelledData) -> Answers:
    """What ``classifier`` answers to every picture of ``data``, in order.

    Raises:
        UsageError: where the two do not have the same number of classes.
    """
    known = classifier.description
    if len(data.classes) != len(known.classes):
        raise UsageError(
            f"data: expected {len(known.classes)} classes (classifier {known.name}), got {len(data.classes)}"
        )
    parts = [
        Answers.of(classifier.scores(part.canvases), part.labels, known.kind)
        for part in data.batches(BATCH, known.canvas)
    ]
    return Answers.joined(parts)
