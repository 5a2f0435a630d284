"""Class order: do images show that classes which were matched by position are in another order?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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
    half = np.arange(len(labels)) % 2 == 0
    better = np.zeros(len(labels), bool)
    for part in (half, ~half):
        order = _likeliest(labels[part], predicted[part], len(data), len(classifier))
        better[~part] = order[labels[~part]] == predicted[~part]
    gain = float(better.mean() - correct.mean())
    if gain < _GAIN or mcnemar(better.tolist(), correct.tolist()) > _SURE:
        return None
    order = _likeliest(labels, predicted, len(data), len(classifier))
    moved = [row for row in range(len(data)) if order[row] not in (-1, match.index[row])]
    pairs = ", ".join(f"{data[row]} as {classifier[order[row]]}" for row in moved[:_SHOWN])
    return (
        f"no class name agrees, and the order of the classes is another one: {correct.mean():.1%} of "
        f"{len(labels)} images are right, and {better.mean():.1%} would be with {pairs}"
        f"{', …' if len(moved) > _SHOWN else ''}; give the names in the order of the outputs with "
        "--class-names, or rename the folders as the classes"
    )


def _likeliest(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], rows: int, columns: int
) -> NDArray[np.int64]:
    """``(rows,) int64``: the prediction that each label gets most often, each once; -1 where none is left."""
    pairs, times = np.unique(labels * columns + predicted, return_counts=True)
    order, taken = np.full(rows, -1, np.int64), np.zeros(columns, bool)
    for pair in pairs[np.argsort(-times, kind="stable")]:
        label, answer = divmod(int(pair), columns)
        if order[label] < 0 and not taken[answer]:
            order[label], taken[answer] = answer, True
    return order
