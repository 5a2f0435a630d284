"""Matching: which class of a classifier is meant by a class of labelled images."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from foolery.errors import UsageError

_MAX_LISTED = 5


@dataclass(frozen=True)
class ClassMatch:
    """What the labels of a data set are called by a classifier.

    Attributes:
        index: ``(data classes,) int64``, the classifier's class for each of the data's.
        by: ``name`` where names agree, ``position`` where the two know no name in common.
        by_position: of the data's classes those that no class is named like, and that were taken by their
            place since others agree; perhaps somebody mistyped them.
    """

    index: NDArray[np.int64]
    by: Literal["name", "position"]
    by_position: tuple[int, ...] = ()


def match_classes(data: Sequence[str], classifier: Sequence[str], name: str = "the classifier") -> ClassMatch:
    """Match class names: by position where the counts agree and no name says otherwise, else by name.

    A classifier with one class more at the end, for what is none of the others, is matched by position too
    where most names agree in their places and none says otherwise.

    Underscores and spaces at the ends do not count, nor does case, except where only case tells two classes
    apart (ImageNet has a Cardigan, which is a dog, and a cardigan). A classifier's ``tench, Tinca tinca``
    is meant by either of its names where only one class has it.

    Args:
        data: class names of the labelled images.
        classifier: its class names.
        name: of the classifier, for the error message.

    Raises:
        UsageError: where a class of the data is not the classifier's, or could be several; lists them.
    """
    rows = _rows_by_name([[_normalized(each)] for each in classifier])
    names = [_normalized(each) for each in data]
    shared = sum(row in rows.get(each, []) for row, each in enumerate(names))
    one_more = (
        len(data) + 1 == len(classifier)
        and 2 * shared > len(data)
        and _normalized(classifier[-1]) not in names
    )
    if (len(data) == len(classifier) or one_more) and all(
        row in rows.get(each, [row]) for row, each in enumerate(names)
    ):
        index = np.arange(len(data))
        return (
            ClassMatch(index, "name", _mismatched(data, classifier))
            if shared
            else ClassMatch(index, "position")
        )
    candidates = _candidates(data, classifier)
    unmatched = [str(each) for each, places in zip(data, candidates, strict=True) if len(places) != 1]
    if unmatched:
        listed = ", ".join(unmatched[:_MAX_LISTED]) + (", …" if len(unmatched) > _MAX_LISTED else "")
        raise UsageError(
            f"data: {len(unmatched)} of its {len(data)} class names match none, or several, of the "
            f"{len(classifier)} of {name}: {listed} (it has {', '.join(list(classifier)[:3])}, …)"
        )
    index = np.array([places[0] for places in candidates], np.int64)
    if len(np.unique(index)) < len(index):
        raise UsageError(f"data: two of its class names mean the same class of {name}")
    return ClassMatch(index, "name")


def position_note(match: ClassMatch, data: Sequence[str], classifier: Sequence[str]) -> str | None:
    """A line about classes that were taken by their place; None where there are none."""
    if not match.by_position:
        return None
    pairs = [f"{data[row]} as {classifier[match.index[row]]}" for row in match.by_position[:_MAX_LISTED]]
    more = ", …" if len(match.by_position) > _MAX_LISTED else ""
    return (
        f"{len(match.by_position)} of the data's {len(data)} names are no class, and were taken by their "
        f"place: "
        f"{', '.join(pairs)}{more}"
    )


def _mismatched(data: Sequence[str], classifier: Sequence[str]) -> tuple[int, ...]:
    """Rows whose two names have nothing in common; what the classifier has in parentheses does not count."""
    candidates = _candidates(data, [re.sub(r" \([^()]*\)$", "", each) for each in classifier])
    return tuple(row for row, places in enumerate(candidates) if row not in places)


def match_by_name(names: Sequence[str], classifier: Sequence[str]) -> NDArray[np.int64]:
    """As ``match_classes``, name by name and never by position, for lists of which only a part may agree.

    Args:
        names: of classes, for instance another classifier's.
        classifier: class names to look for them in.

    Returns:
        ``(len(names),) int64``: the place of each in ``classifier``, -1 where none is meant, or several are
        of which none stands at the same place.
    """
    candidates = _candidates(names, classifier)
    places = [
        row[0] if len(row) == 1 else at if len(names) == len(classifier) and at in row else -1
        for at, row in enumerate(candidates)
    ]
    return np.array(places, np.int64)


def _candidates(data: Sequence[str], classifier: Sequence[str]) -> list[list[int]]:
    """For each name the classes that it can mean."""
    normalized = _rows_by_name([[_normalized(each)] for each in classifier])
    exact = _rows_by_name([[_with_single_spaces(each)] for each in classifier])
    synonyms = _rows_by_name([[_normalized(part) for part in each.split(",")] for each in classifier])
    return [
        exact.get(_with_single_spaces(each))
        or normalized.get(_normalized(each))
        or synonyms.get(_normalized(each), [])
        for each in data
    ]


def _normalized(name: str) -> str:
    return _with_single_spaces(name).casefold()


def _with_single_spaces(name: str) -> str:
    return " ".join(name.replace("_", " ").split())


def _rows_by_name(names: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for row, each in enumerate(names):
        for name in each:
            places.setdefault(name, []).append(row)
    return places
