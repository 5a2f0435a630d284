"""Class order: do images show that classes which were matched by position are in another order?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from foolery.checks.card_names import best_order
from foolery.checks.card_trials import mcnemar
from foolery.classifiers.accuracy import LabelledPredictions
from foolery.data.class_matching import ClassMatch

_GAIN = 0.05  # share of images that another order must gain at least
_SURE = 0.01  # McNemar's p
_SHOWN = 3


def other_order(
    predictions: LabelledPredictions, match: ClassMatch, data: Sequence[str], classifier: Sequence[str]
) -> str | None:
    """What another order of the classes would give, where it is clearly more; None where names told it.

    Half of the images decide which class stands for which, the other half is judged by it, and the other way
    round; so an order that is there by chance gains nothing.

    Args:
        predictions: of a classifier for labelled images.
        match: of their classes.
        data: the images' class names.
        classifier: its class names.
    """
    if match.by != "position" or not len(predictions):
        return None
    place = np.full(len(classifier), -1, np.int64)
    place[match.index] = np.arange(len(data))
    labels, predicted = place[predictions.labels], predictions.predicted
    correct = predicted == predictions.labels
    better, order = best_order(predicted, labels)
    gain = float(better.mean() - correct.mean())
    if gain < _GAIN or mcnemar(better.tolist(), correct.tolist()) > _SURE:
        return None
    moved = [row for row in np.unique(labels).tolist() if order[row] not in (-1, match.index[row])]
    pairs = ", ".join(f"{data[row]} as {classifier[order[row]]}" for row in moved[:_SHOWN])
    return (
        f"no class name agrees, and the order of the classes is another one: {correct.mean():.1%} of "
        f"{len(labels)} images are right, and {better.mean():.1%} would be with {pairs}"
        f"{', …' if len(moved) > _SHOWN else ''}; give the names in the order of the outputs with "
        "--class-names, or rename the folders as the classes"
    )
