"""Measure: ask a classifier about labelled pictures."""

from __future__ import annotations

from foolery.classifiers.accuracy import Answers
from foolery.classifiers.base import Classifier
from foolery.data.class_matching import match_classes
from foolery.data.labelled import LabelledData

BATCH = 400  # pictures in memory at a time, of LeNet's size
_VALUES = BATCH * 256 * 256  # and the most values of larger ones


def measure(classifier: Classifier, data: LabelledData) -> Answers:
    """What ``classifier`` answers to every picture of ``data``, in order; unreadable ones are left out.

    Raises:
        UsageError: where the class names of the two do not match, and where no picture can be read.
    """
    known = classifier.description
    index = match_classes(data.classes, known.classes, known.name).index
    size = max(1, min(BATCH, _VALUES // known.canvas.size))
    parts = [
        Answers.of(classifier.scores(part.canvases), index[part.labels], known.kind)
        for part in data.batches(size, known.canvas)
    ]
    return Answers.joined(parts)
