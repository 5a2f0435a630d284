"""Subset: a share of labelled pictures, of every class alike, small ones within large ones."""

from __future__ import annotations

import numpy as np

from foolery.data import Labelled


def subset(pictures: Labelled, share: float, seed: int) -> Labelled:
    """``share`` of each class (at least one picture), drawn by ``seed``.

    With one seed, a smaller share lies within every larger one.
    """
    generator = np.random.default_rng(seed)
    chosen = []
    for label in range(len(pictures.classes)):
        rows = generator.permutation(np.flatnonzero(pictures.labels == label))
        chosen.append(rows[: max(1, round(share * len(rows)))])
    return pictures.take(np.sort(np.concatenate(chosen)))
