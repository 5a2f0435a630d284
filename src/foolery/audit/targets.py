"""Targets: the classes that an audit tries to fool.

A class for pictures of nothing is none of them: whoever calls nonsense a fooling image is right.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.base import Description
from foolery.classifiers.wrappers.rejection import REJECTED
from foolery.errors import UsageError, nearest
from foolery.hardening.lesson import FOOLING

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
