"""Member: one classifier of a panel: its answers, and how like real pictures it finds what it is shown.

A network of ten classes has to answer with one of them, and is often surer of nonsense than of photos. A
nearest neighbour knows more: whether anything is near at all. So its likeness is the distance, and that of
any other classifier the measure by which audits compare pictures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.audit.reference import FEWEST, KEPT, keeping, measure_of
from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.classifiers.nearest_prototype import Prototypes
from foolery.data import match_classes
from foolery.data.labelled import LabelledData, sample
from foolery.errors import UsageError

MOST_REAL = 1000  # real pictures that a member is asked about
_BATCH = 100


def answers(member: Classifier, canvases: Canvases) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """First answers ``(N,) int64``, and the likeness ``(N,) float64`` of each picture to its answer."""
    if isinstance(member, Prototypes):
        likeness = member.outputs(canvases)
        first = likeness.argmax(axis=1)
    else:
        scores = member.scores(canvases)
        first = scores.argmax(axis=1)
        likeness = measure_of(member.description)(scores, None)
    return first, likeness[np.arange(len(first)), first]


def least_likeness(member: Classifier, pictures: LabelledData) -> float | None:
    """The likeness that 95 % of the real pictures reach which the member is right about.

    None where it does not know their classes, or is right about too few.
    """
    known = member.description
    try:
        index = match_classes(pictures.classes, known.classes, known.name).index
    except UsageError:
        return None
    reached: list[float] = []
    for part in sample(pictures, MOST_REAL).batches(_BATCH, known.canvas):
        first, likeness = answers(member, part.canvases)
        reached += likeness[first == index[part.labels]].tolist()
    return keeping(np.array(reached), KEPT) if len(reached) >= FEWEST else None
