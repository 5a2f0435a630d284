"""Matching: which class of a classifier is meant by a class of labelled images."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from foolery.data.class_spelling import (
    exact,
    exact_synonyms,
    normalized,
    number_of,
    numbers_of,
    spelled,
    synonyms,
    without_number,
)
from foolery.data.synsets import names_by_id, synset_id, synset_ids, without_id
from foolery.errors import UsageError

_MAX_LISTED = 5

How = Literal["name", "id", "synonym", "spelling", "number", "position"]


@dataclass(frozen=True)
class ClassMatch:
    """What the labels of a data set are called by a classifier.

    Attributes:
        index: ``(data classes,) int64``, the classifier's class for each of the data's.
        by: ``name`` where names agree, ``position`` where the two know no name in common.
        by_position: of the data's classes those that no class is named like, and that were taken by their
            place since others agree; perhaps somebody mistyped them.
        how: for each of the data's classes what told its class: ``name`` (case, underscores and Unicode forms
            apart), ``id`` (WordNet's), ``synonym``, ``spelling`` (hyphens and leading numbers apart),
            ``number`` (a folder 7 for the class at place 7) or ``position``.
    """

    index: NDArray[np.int64]
    by: Literal["name", "position"]
    by_position: tuple[int, ...] = ()
    how: tuple[How, ...] = ()


def match_classes(data: Sequence[str], classifier: Sequence[str], name: str = "the classifier") -> ClassMatch:
    """Match class names: by name where they agree, else by position where the counts agree.

    Underscores and spaces at the ends do not count, nor do case and Unicode forms, except where only case
    tells two classes apart (ImageNet has a Cardigan, which is a dog, and a cardigan). A classifier's ``tench,
    Tinca tinca`` is meant by either of its names where only one class has it, and by ImageNet's id of it.
    Names that are whole numbers mean places, counted from 0, or from 1 where they go from 1 to the last.

    A classifier with one class more at the end, for what is none of the others, is matched by position too
    where most names agree in their places and none says otherwise.

    Args:
        data: class names of the labelled images.
        classifier: its class names.
        name: of the classifier, for the error message.

    Raises:
        UsageError: where a class of the data is not the classifier's, or could be several; lists them.
    """
    return _match(tuple(data), tuple(classifier), name)


@lru_cache(maxsize=8)
def _match(data: tuple[str, ...], classifier: tuple[str, ...], name: str) -> ClassMatch:
    """``match_classes`` of the same names, which is asked for with every batch."""
    matches = [(rows[0] if len(rows) == 1 else -1, how) for rows, how in _candidates(data, classifier)]
    places = [place for place, _ in matches]
    if all(place >= 0 for place in places) and len(set(places)) == len(places):
        return ClassMatch(np.array(places, np.int64), "name", how=tuple(how for _, how in matches))
    by_place = _match_by_place(data, classifier)
    if by_place is not None:
        return by_place
    unmatched = [str(each) for each, place in zip(data, places, strict=True) if place < 0]
    if not unmatched:
        raise UsageError(f"data: two of its class names mean the same class of {name}{_twice(data, places)}")
    listed = ", ".join(unmatched[:_MAX_LISTED]) + (", …" if len(unmatched) > _MAX_LISTED else "")
    raise UsageError(
        f"data: {len(unmatched)} of its {len(data)} class names match none, or several, of the "
        f"{len(classifier)} of {name}: {listed} (it has {', '.join(list(classifier)[:3])}, …); rename them, "
        "take them out, or give the classifier's names with --class-names"
    )


def _match_by_place(data: Sequence[str], classifier: Sequence[str]) -> ClassMatch | None:
    """The match by position or number; None where names say otherwise, or the counts do not allow it."""
    rows = _rows_by_key(classifier, normalized)
    names = [key for each in data for key in normalized(each)]
    shared = sum(row in rows.get(each, []) for row, each in enumerate(names))
    one_more = (
        len(data) + 1 == len(classifier)
        and 2 * shared > len(data)
        and not set(normalized(classifier[-1])) & set(names)
    )
    in_place = all(row in rows.get(each, [row]) for row, each in enumerate(names))
    if (len(data) == len(classifier) or one_more) and in_place and shared:
        mismatched = _mismatched(data, classifier)
        how: tuple[How, ...] = tuple("position" if row in mismatched else "name" for row in range(len(data)))
        return ClassMatch(np.arange(len(data)), "name", mismatched, how)
    if any(each in rows for each in names):
        return None
    numbered = _by_number(data, classifier)
    if numbered is not None:
        return ClassMatch(numbered, "position", how=tuple(_each("number", data)))
    if len(data) == len(classifier):
        return ClassMatch(np.arange(len(data)), "position", how=tuple(_each("position", data)))
    return None


def _each(how: How, data: Sequence[str]) -> list[How]:
    return [how for _ in data]


def _by_number(data: Sequence[str], classifier: Sequence[str]) -> NDArray[np.int64] | None:
    """The places that the data's names are, where all are whole numbers and the classifier's are words."""
    numbers = numbers_of(data)
    if numbers is None or len(set(numbers)) < len(numbers) or numbers_of(classifier) is not None:
        return None
    count = len(classifier)
    first = 1 if max(numbers) == count and min(numbers) >= 1 else 0
    if max(numbers) - first >= count:
        return None
    return np.array(numbers, np.int64) - first


def position_note(match: ClassMatch, data: Sequence[str], classifier: Sequence[str]) -> str | None:
    """A line about classes that were taken by their place; None where names told all of them."""
    rows = tuple(range(len(data))) if match.by == "position" else match.by_position
    if not rows:
        return None
    pairs = [f"{data[row]} as {classifier[match.index[row]]}" for row in rows[:_MAX_LISTED]]
    more = ", …" if len(rows) > _MAX_LISTED else ""
    if match.by == "position":
        by = "by position, as their numbers say" if "number" in match.how else "by position alone"
        return f"no class name agrees: the {len(data)} classes were matched {by}: {', '.join(pairs)}{more}"
    return (
        f"{len(rows)} of the data's {len(data)} names are no class, and were taken by their place: "
        f"{', '.join(pairs)}{more}"
    )


def match_by_name(names: Sequence[str], classifier: Sequence[str]) -> NDArray[np.int64]:
    """As ``match_classes``, name by name and never by position, for lists of which only a part may agree.

    Args:
        names: of classes, for instance another classifier's.
        classifier: class names to look for them in.

    Returns:
        ``(len(names),) int64``: the place of each in ``classifier``, -1 where none is meant, or several are
        of which none stands at the same place.
    """
    same_length = len(names) == len(classifier)
    places = []
    for at, (row, _) in enumerate(_candidates(names, classifier)):
        places.append(row[0] if len(row) == 1 else at if same_length and at in row else -1)
    return np.array(places, np.int64)


def _mismatched(data: Sequence[str], classifier: Sequence[str]) -> tuple[int, ...]:
    """Rows whose two names have nothing in common; what the classifier has in parentheses does not count."""
    candidates = _candidates(data, [re.sub(r" \([^()]*\)$", "", each) for each in classifier])
    return tuple(row for row, (places, _) in enumerate(candidates) if row not in places)


def _candidates(data: Sequence[str], classifier: Sequence[str]) -> list[tuple[list[int], How]]:
    """For each name the classes that it can mean, and what told so: the first way that tells any."""
    ways: list[tuple[How, Mapping[str, list[int]], Callable[[str], list[str]]]] = [
        ("name", _rows_by_key(classifier, exact), exact),
        ("name", _rows_by_key(classifier, normalized), normalized),
    ]
    ids, own_ids = _ids(classifier), [synset_id(each) for each in data]
    ways += [
        ("synonym", _rows_by_key(classifier, exact_synonyms), exact_synonyms),
        ("synonym", _rows_by_key(classifier, synonyms), normalized),
        ("synonym", _rows_by_key(classifier, synonyms), synonyms),
        ("spelling", _rows_by_key(classifier, spelled), spelled),
        ("spelling", _rows_by_key(classifier, without_number(classifier)), without_number(data)),
    ]
    if numbers_of(data) is not None and numbers_of(classifier) is not None:
        ways.append(("name", _rows_by_key(classifier, number_of), number_of))
    matches: list[tuple[list[int], How]] = []
    for name, own_id in zip(data, own_ids, strict=True):
        if own_id is None:
            matches.append(_first([name], ways))
        elif own_id in ids:
            matches.append((ids[own_id], "id"))
        else:
            places, _ = _first([name, without_id(name), *names_by_id().get(own_id, ())], ways)
            matches.append((places, "id"))
    return matches


def _first(
    names: Sequence[str], ways: Sequence[tuple[How, Mapping[str, list[int]], Callable[[str], list[str]]]]
) -> tuple[list[int], How]:
    for how, rows, keys in ways:
        for key in (key for name in names for key in keys(name)):
            if key in rows:  # the first of several synonyms is the class's own name
                return sorted(set(rows[key])), how
    return [], "name"


def _ids(classifier: Sequence[str]) -> dict[str, list[int]]:
    """The places of the classifier's classes by WordNet id."""
    places: dict[str, list[int]] = {}
    for row, each in enumerate(synset_ids(classifier)):
        if each is not None:
            places.setdefault(each, []).append(row)
    return places


def _twice(data: Sequence[str], places: Sequence[int]) -> str:
    """The two names that mean the same class."""
    twice = next(place for place in places if places.count(place) > 1)
    return ": " + " and ".join([str(data[row]) for row, place in enumerate(places) if place == twice][:2])


def _rows_by_key(names: Sequence[str], keys: Callable[[str], list[str]]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        for key in keys(name):
            places.setdefault(key, []).append(row)
    return places
