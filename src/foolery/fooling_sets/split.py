"""Split: which searches are for training and which for testing; never one for both."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from foolery.errors import UsageError
from foolery.fooling_sets.collect import Source

TRAIN, TEST = "train", "test"


def check_share(test: float) -> float:
    """``test``; raises UsageError unless it is at least 0 and less than 1."""
    if not 0 <= test < 1:
        raise UsageError(f"--test: expected a share of runs from 0 to less than 1, got {test:g}")
    return test


def split_of(sources: Sequence[Source], test: float) -> list[str]:
    """``train`` or ``test`` for each of ``sources``.

    Sources that have a search in common fall on the same side: champions of one run are relatives, and a
    network that trained on some would be tested on their siblings. Which ones are for testing depends on the
    searches alone, not on their order or their names. Of two searches or more, one at least is on each side;
    one alone is for training.

    Args:
        sources: to be split.
        test: share of searches for testing; 0 for none.
    """
    groups = together(sources)
    order = sorted(set(groups), key=lambda group: _draw(sources, groups, group))
    count = min(len(order) - 1, max(1, round(check_share(test) * len(order)))) if test else 0
    tested = set(order[:count])
    return [TEST if group in tested else TRAIN for group in groups]


def together(sources: Sequence[Source]) -> list[int]:
    """A number for each source, equal where a chain of common searches joins two."""
    groups = list(range(len(sources)))
    owner: dict[str, int] = {}
    for number, source in enumerate(sources):
        for search in source.searches:
            old, new = groups[owner.setdefault(search, number)], groups[number]
            groups = [new if group == old else group for group in groups]
    return groups


def _draw(sources: Sequence[Source], groups: Sequence[int], group: int) -> str:
    marks = {
        mark
        for place, source in zip(groups, sources, strict=True)
        if place == group
        for mark in source.searches
    }
    return hashlib.sha256(min(marks).encode()).hexdigest()
