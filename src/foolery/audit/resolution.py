"""Does a classifier tell enough of what it computes? Rounded probabilities and first answers alone do not.

Comparisons need measures that differ where images differ, and a search needs scores that rise before a
class is predicted. Probabilities that were rounded to a few decimals, or given for the first answer alone,
are equal for most pairs of image and class. Such a classifier looks safer than it is, for no reason but the
rounding, so it is refused. Network outputs in float16, or quantised to 8 bits as logits, differ enough.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.base import Description
from foolery.errors import UsageError

MAX_EQUAL_SCORES = 0.05  # of all pairs of image and class
MAX_EQUAL_VALUES = 0.05  # of the images that are classified rightly
FEW_CLASSES = 3  # with two classes the second answer follows from the first
_REMEDY = 'give logits (a card says "output": "logits"), or probabilities as they are computed'


def check_resolution(
    description: Description, scores: NDArray[np.float64], values: NDArray[np.float64]
) -> None:
    """Raise UsageError where the scores of real images are too coarse to compare by.

    Args:
        description: of the classifier.
        scores: ``(N, K) float64`` of all real images.
        values: ``(R,) float64`` measures of those that are classified rightly.
    """
    name = description.name
    if scores.shape[1] >= FEW_CLASSES and _first_answers_alone(scores):
        raise UsageError(
            f"classifier {name}: gives all classes but its first answer one score, as rounded probabilities "
            f"do, so rivals are not known and a search sees no progress; {_REMEDY}"
        )
    share = _most_common(scores)
    if share > MAX_EQUAL_SCORES:
        raise UsageError(
            f"classifier {name}: gives one and the same score for {share:.0%} of all pairs of real image and "
            f"class: its probabilities are rounded, and a search sees no progress; {_REMEDY}"
        )
    share = _most_common(values)
    if share > MAX_EQUAL_VALUES:
        raise UsageError(
            f"classifier {name}: {share:.0%} of the real images that it classifies rightly have one and the "
            f"same measure, so it cannot be said which champions are beyond them; {_REMEDY}"
        )


def _most_common(table: NDArray[np.float64]) -> float:
    """How large a share of the entries one value has."""
    if not table.size:
        return 0.0
    _, counts = np.unique(table, return_counts=True)
    return float(counts.max() / table.size)


def _first_answers_alone(scores: NDArray[np.float64]) -> bool:
    """Whether the scores of most images are equal, but for the largest."""
    ranked = np.sort(scores, axis=1)[:, :-1]
    return bool((ranked[:, 0] == ranked[:, -1]).mean() > 0.5)
