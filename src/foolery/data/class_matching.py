"""Matching: which class of a classifier is meant by a class of labelled pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from foolery.errors import UsageError

_SHOWN = 5


@dataclass(frozen=True)
class Match:
    """What the labels of a data set are called by a classifier.

    Attributes:
        index: ``(data classes,) int64``, the classifier's class for each of the data's.
        by: ``name`` where names agree, ``position`` where the two know no name in common.
        placed: of the data's classes those that no class is named like, and that were taken by their place
            since others agree; perhaps somebody mistyped them.
    """

    index: NDArray[np.int64]
    by: Literal["name", "position"]
    placed: tuple[int, ...] = ()


def match_classes(data: Sequence[str], classifier: Sequence[str], name: str = "the classifier") -> Match:
    """Match class names: by position where the counts agree and no name says otherwise, else by name.

    A classifier with one class more at the end, for what is none of the others, is matched by position too
    where most names agree in their places and none says otherwise.

    Underscores and spaces at the ends do not count, nor does case, except where only case tells two classes
    apart (ImageNet has a Cardigan, which is a dog, and a cardigan). A classifier's ``tench, Tinca tinca``
    is meant by either of its names where only one class has it.

    Args:
        data: class names of the labelled pictures.
        classifier: its class names.
        name: of the classifier, for the error message.

    Raises:
        UsageError: where a class of the data is not the classifier's, or could be several; lists them.
    """
    known = _places([[_plain(each)] for each in classifier])
    asked = [_plain(each) for each in data]
    shared = sum(row in known.get(each, []) for row, each in enumerate(asked))
    one_more = (
        len(data) + 1 == len(classifier) and 2 * shared > len(data) and _plain(classifier[-1]) not in asked
    )
    if (len(data) == len(classifier) or one_more) and all(
        row in known.get(each, [row]) for row, each in enumerate(asked)
    ):
        index = np.arange(len(data))
        return Match(index, "name", _unlike(data, classifier)) if shared else Match(index, "position")
    found = _meant(data, classifier)
    wrong = [str(each) for each, places in zip(data, found, strict=True) if len(places) != 1]
    if wrong:
        shown = ", ".join(wrong[:_SHOWN]) + (", …" if len(wrong) > _SHOWN else "")
        raise UsageError(
            f"data: {len(wrong)} of its {len(data)} class names match none, or several, of the "
            f"{len(classifier)} of {name}: {shown} (it has {', '.join(list(classifier)[:3])}, …)"
        )
    index = np.array([places[0] for places in found], np.int64)
    if len(np.unique(index)) < len(index):
        raise UsageError(f"data: two of its class names mean the same class of {name}")
    return Match(index, "name")


def told_of_placed(match: Match, data: Sequence[str], classifier: Sequence[str]) -> str | None:
    """A line about classes that were taken by their place; None where there are none."""
    if not match.placed:
        return None
    pairs = [f"{data[row]} as {classifier[match.index[row]]}" for row in match.placed[:_SHOWN]]
    more = ", …" if len(match.placed) > _SHOWN else ""
    return (
        f"{len(match.placed)} of the data's {len(data)} names are no class, and were taken by their place: "
        f"{', '.join(pairs)}{more}"
    )


def _unlike(data: Sequence[str], classifier: Sequence[str]) -> tuple[int, ...]:
    """Rows whose two names have nothing in common; what the classifier has in parentheses does not count."""
    meant = _meant(data, [re.sub(r" \([^()]*\)$", "", each) for each in classifier])
    return tuple(row for row, places in enumerate(meant) if row not in places)


def match_known(names: Sequence[str], classifier: Sequence[str]) -> NDArray[np.int64]:
    """As ``match_classes``, name by name and never by position, for lists of which only a part may agree.

    Args:
        names: of classes, for instance another classifier's.
        classifier: class names to look for them in.

    Returns:
        ``(len(names),) int64``: the place of each in ``classifier``, -1 where none is meant, or several are
        of which none stands at the same place.
    """
    meant = _meant(names, classifier)
    places = [
        row[0] if len(row) == 1 else at if len(names) == len(classifier) and at in row else -1
        for at, row in enumerate(meant)
    ]
    return np.array(places, np.int64)


def _meant(data: Sequence[str], classifier: Sequence[str]) -> list[list[int]]:
    """For each name the classes that it can mean."""
    known = _places([[_plain(each)] for each in classifier])
    exact = _places([[_spaced(each)] for each in classifier])
    synonyms = _places([[_plain(part) for part in each.split(",")] for each in classifier])
    return [
        exact.get(_spaced(each)) or known.get(_plain(each)) or synonyms.get(_plain(each), []) for each in data
    ]


def _plain(name: str) -> str:
    return _spaced(name).casefold()


def _spaced(name: str) -> str:
    return " ".join(name.replace("_", " ").split())


def _places(names: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for row, each in enumerate(names):
        for name in each:
            places.setdefault(name, []).append(row)
    return places
