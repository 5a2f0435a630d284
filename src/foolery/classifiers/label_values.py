"""Label values: class names from JSON and from Python's text, whatever lists and objects hold them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from foolery.data.synsets import names_by_id, synset_id, without_id

NAME_WORDS = (
    "name", "names", "label", "labels", "class", "classes", "class_name", "classname", "class name",
    "class_label", "category", "categories", "text", "description", "species", "title", "label_name",
    "human_readable",
)  # fmt: skip
_KEYS = (
    "id2label", "labels", "classes", "class_names", "names", "categories", "class_labels", "idx_to_class",
    "label2id", "class_to_idx", "class_indices",
)  # fmt: skip
_NUMBERS = ("id", "index", "idx", "class_id", "label_id", "number")


class FormError(ValueError):
    """A file whose form says that it has names, and which has not one for every output."""


def from_values(text: str, *, must: bool) -> list[str] | None:
    """From JSON, or from Python's way to write the same."""
    values = None
    for read in _READERS:
        try:
            values = read(text)
            break
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
    names = None if values is None else _of_values(values)
    if names is None and not must:
        return [unquoted(line.strip()) for line in text.split("\n")]
    return names


_READERS: tuple[Callable[[str], Any], ...] = (json.loads, ast.literal_eval)


def _of_values(values: Any) -> list[str] | None:
    if isinstance(values, Mapping):
        return _of_mapping(values)
    if not isinstance(values, list | tuple) or not values:
        return None
    if all(isinstance(each, str) for each in values):
        return from_ids([each.strip() for each in values])
    if all(isinstance(each, Mapping) for each in values):
        return _of_records(values)
    rows = all(isinstance(each, list | tuple) and each and isinstance(each[-1], str) for each in values)
    return _of_rows(values) if rows else None


def _of_rows(rows: Sequence[Sequence[Any]]) -> list[str]:
    """From lists of ``[number, name]`` or ``[id, name]``."""
    if all(len(row) > 1 and isinstance(row[0], int) for row in rows):
        return by_number({row[0]: row[-1] for row in rows})
    return [row[-1].strip() for row in rows]


def _of_mapping(values: Mapping[Any, Any]) -> list[str] | None:
    for key in _KEYS:
        inner = values.get(key)
        if isinstance(inner, Mapping | list | tuple) and inner:
            return _of_values(inner)
    return _of_table(_with_whole_numbers(values))


def _of_table(values: Mapping[Any, Any]) -> list[str] | None:
    """From an object from name to number, or from number to name."""
    if values and all(isinstance(value, int) and not isinstance(value, bool) for value in values.values()):
        if len(set(values.values())) < len(values):
            raise FormError("two names have the same number")
        return by_number({number: str(name) for name, number in values.items()})
    if not values or not all(re.fullmatch(r"\d+", str(key)) for key in values):
        return None
    names = {
        int(key): value[-1] if isinstance(value, list | tuple) and value else value
        for key, value in values.items()
    }
    if all(isinstance(value, Mapping) for value in names.values()):
        records = [{**value, "id": number} for number, value in names.items()]
        return _of_records(records)
    return by_number(names) if all(isinstance(name, str) for name in names.values()) else None


def _with_whole_numbers(values: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """``{"owl": "0"}`` as ``{"owl": 0}``; what is anything else as it is."""
    texts = [str(value) for value in values.values() if isinstance(value, str)]
    if (
        not values
        or len(texts) < len(values)
        or not are_numbers(texts)
        or are_numbers(list(map(str, values)))
    ):
        return values
    return {name: int(number) for name, number in values.items()}


def _of_records(records: Sequence[Mapping[str, Any]]) -> list[str] | None:
    """From a list of objects, each with a name and perhaps a number."""
    key = next((key for key in NAME_WORDS if all(isinstance(each.get(key), str) for each in records)), None)
    if key is None:
        return None
    for number in _NUMBERS:
        if all(isinstance(each.get(number), int) for each in records):
            return by_number({each[number]: each[key] for each in records})
    return [each[key] for each in records]


def by_number(names: Mapping[int, str]) -> list[str]:
    """Names in the order of their numbers, which must go from 0, or from 1, to the last without a gap."""
    numbers = sorted(names)
    first = numbers[0]
    if first not in (0, 1) or numbers != list(range(first, first + len(numbers))):
        missing = next((at for at in range(first, numbers[-1]) if at not in names), first)
        raise FormError(
            f"its numbers go from {first} to {numbers[-1]} for {len(names)} names (number {missing}?)"
        )
    return [str(names[number]).strip() for number in numbers]


def are_numbers(cells: Sequence[str]) -> bool:
    """Whether all are whole numbers."""
    return all(cell.isascii() and cell.isdecimal() for cell in cells)


def from_ids(names: list[str]) -> list[str]:
    """Lines of ``synset.txt`` and ``synset_words.txt`` as names; ids that are not ImageNet's stay."""
    if not names or not all(synset_id(name) in names_by_id() for name in names):
        return names
    return [
        ", ".join(names_by_id()[str(synset_id(name))]) if without_id(name) == name else without_id(name)
        for name in names
    ]


def unquoted(line: str) -> str:
    """A line without the quotes around it, or the comma after them."""
    bare = line.rstrip(",").rstrip()
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
        return bare[1:-1].strip()
    return line
