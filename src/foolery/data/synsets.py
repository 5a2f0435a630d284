"""Synsets: the 1000 classes of ImageNet, by their WordNet id, with all names of each (WordNet 3.0)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

_ID = re.compile(r"(?<![0-9A-Za-z])n[0-9]{8}(?![0-9])")
_MOST = 0.9  # share of a thousand names that must be ImageNet's, each in its place


@cache
def imagenet_synsets() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Id and names of every class, in the order of their ids, which is that of ImageNet networks' outputs.

    Example:
        >>> imagenet_synsets()[0]
        ('n01440764', ('tench', 'Tinca tinca'))
    """
    lines = files("foolery.data").joinpath("imagenet.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return tuple((row[0], tuple(name.strip() for name in row[1].split(","))) for row in rows)


@cache
def names_by_id() -> dict[str, tuple[str, ...]]:
    """All names of each of the 1000 ids."""
    return dict(imagenet_synsets())


def synset_id(name: str) -> str | None:
    """The WordNet id in a name; None where it has none, or several.

    Example:
        >>> synset_id("n02085620-Chihuahua"), synset_id("n01440764 tench, Tinca tinca"), synset_id("cat")
        ('n02085620', 'n01440764', None)
    """
    ids_of_name = _ID.findall(name)
    return ids_of_name[0] if len(ids_of_name) == 1 else None


def without_id(name: str) -> str:
    """A name without its WordNet id and what joins the two; the id where there is nothing else.

    Example:
        >>> without_id("n02086240-Shih-Tzu"), without_id("tench_n01440764"), without_id("n01440764")
        ('Shih-Tzu', 'tench', 'n01440764')
    """
    return _ID.sub("", name, count=1).strip(" \t_-.:,;") or name


@cache
def _ids_by_name() -> dict[str, tuple[str, ...]]:
    ids: dict[str, list[str]] = defaultdict(list)
    for each, names in imagenet_synsets():
        for name in names:
            ids[name.casefold()].append(each)
    return {name: tuple(ids_of_name) for name, ids_of_name in ids.items()}


def synset_ids(names: Sequence[str]) -> list[str | None]:
    """The WordNet id of each class name: in the name, by a name that only one synset has, or by its place.

    The place counts for a list of a thousand names that are ImageNet's, each in its place: it alone tells
    the two cranes apart.

    Args:
        names: of all classes, in their order.
    """
    ids = [synset_id(name) for name in names]
    plain = [[part.strip().replace("_", " ").casefold() for part in name.split(",")] for name in names]
    if len(names) == len(imagenet_synsets()):
        synsets = [{each.casefold() for each in own} for _, own in imagenet_synsets()]
        agree = sum(parts[0].split(" (")[0] in own for parts, own in zip(plain, synsets, strict=True))
        if agree >= _MOST * len(names):
            return [each for each, _ in imagenet_synsets()]
    for row, parts in enumerate(plain):
        ids_of_name = _ids_by_name().get(parts[0], ())
        if ids[row] is None and len(ids_of_name) == 1:
            ids[row] = ids_of_name[0]
    return ids
