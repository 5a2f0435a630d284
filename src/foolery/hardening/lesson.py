"""Lesson: what one network of an arms race learns from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from foolery.canvas import Canvases
from foolery.data import Labelled
from foolery.errors import UsageError

#: The name of class n + 1.
FOOLING = "fooling image"


def with_fooling_class(pictures: Labelled, images: Sequence[Canvases]) -> Labelled:
    """``pictures`` with one class more, which holds all ``images``.

    Raises:
        UsageError: where a class has that name already.
    """
    if FOOLING in pictures.classes:
        raise UsageError(f"data: it has a class {FOOLING!r} already; rename it")
    added = np.concatenate(images)
    labels = np.full(len(added), len(pictures.classes), np.int64)
    return Labelled(
        np.concatenate([pictures.canvases, added]),
        np.concatenate([pictures.labels, labels]),
        (*pictures.classes, FOOLING),
    )
