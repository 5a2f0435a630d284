"""Label files: the forms in which people hold the names of a network's outputs."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from foolery.classifiers.label_values import (
    NAME_WORDS,
    are_numbers,
    by_number,
    from_ids,
    from_values,
    unquoted,
)
from foolery.data.synsets import synset_id

_SEPARATORS = r"[\s:;,.)\]|=\-]+"


def names_in(text: str, ending: str) -> list[str] | None:
    """The names in a label file, in the order of the outputs; None where JSON or Python text has no names.

    Args:
        text: of the file.
        ending: of its name, with the dot.

    Raises:
        FormError: for numbers that are not 0 to n - 1.
    """
    stripped = text.strip()
    assigned = re.sub(r"^\w+\s*=\s*(?=[\[({])", "", stripped)
    if ending == ".json" or assigned[:1] in ("{", "["):
        return from_values(assigned, must=ending == ".json")
    header = ending in (".csv", ".tsv")
    for read in (_from_pbtxt, _from_yaml, _from_table, _from_numbered):
        names = read(stripped)
        if names is not None:
            return names
    return _from_lines(text, header=header)


def _from_lines(text: str, *, header: bool) -> list[str]:
    """One name a line; where it is a table, a first line that is the column's name is none."""
    lines = [unquoted(line.strip()) for line in text.rstrip().split("\n")]
    if (
        len(lines) > 1
        and all(line.find(",") in (-1, len(line) - 1) for line in lines)
        and any(line.endswith(",") for line in lines)
    ):
        lines = [unquoted(line.rstrip(",")) for line in lines]
    if header and len(lines) > 2 and lines[0].casefold() in NAME_WORDS:
        lines = lines[1:]
    return from_ids(lines)


def _from_pbtxt(text: str) -> list[str] | None:
    """TensorFlow's label map: ``item { id: 1 name: 'cat' }``."""
    items = re.findall(r"item\s*\{([^}]*)\}", text)
    if not items:
        return None
    names = {}
    for item in items:
        number = re.search(r"\bid\s*:\s*(\d+)", item)
        name = re.search(r"\bdisplay_name\s*:\s*(['\"])(.*?)\1", item) or re.search(
            r"\bname\s*:\s*(['\"])(.*?)\1", item
        )
        if number is None or name is None:
            return None
        names[int(number[1])] = name[2]
    return by_number(names)


def _from_yaml(text: str) -> list[str] | None:
    """The ``names`` of a YOLO data file: a list, or a line for each number."""
    block = re.search(r"^names\s*:[ \t]*(.*(?:\n(?:[ \t]+.*|-.*|\].*|[ \t]*))*)", text, re.MULTILINE)
    if block is None:
        return None
    body = block[1].strip()
    if body.startswith(("[", "{")):
        inner = body[1:].rsplit("]" if body[0] == "[" else "}", 1)[0]
        words = next(
            csv.reader(
                [" ".join(inner.split())], skipinitialspace=True, quotechar="'" if "'" in inner else '"'
            )
        )
        lines = [word.strip() for word in words if word.strip()]
    else:
        lines = [line.strip() for line in body.split("\n") if line.strip()]
    numbered = [re.match(r"(\d+)\s*:\s*(.+)", line) for line in lines]
    if lines and all(numbered):
        return by_number({int(each[1]): unquoted(each[2].strip()) for each in numbered if each})
    return [unquoted(line.removeprefix("-").strip()) for line in lines] or None


def _from_table(text: str) -> list[str] | None:
    """From a table with a header or a column of numbers: commas, semicolons or tabs between the columns."""
    for separator in ("\t", ";", ","):
        rows = [
            [cell.strip() for cell in row] for row in csv.reader(text.split("\n"), delimiter=separator) if row
        ]
        if len(rows) < 2 or len(rows[0]) < 2 or len({len(row) for row in rows}) > 1:
            continue
        names = _of_table(rows)
        if names is not None:
            return names
    return None


def _of_table(rows: list[list[str]]) -> list[str] | None:
    header = [cell.casefold() for cell in rows[0]]
    name_columns = [column for column, word in enumerate(header) if word in NAME_WORDS]
    named = [column for column in name_columns if not are_numbers([row[column] for row in rows[1:]])]
    body = (
        rows[1:]
        if named
        or any(
            _are_places([row[c] for row in rows[1:]]) for c in range(len(header)) if not header[c].isdecimal()
        )
        else rows
    )
    columns = list(zip(*body, strict=True))
    number = next((column for column, cells in enumerate(columns) if _are_places(cells)), None)
    texts = [
        column
        for column, cells in enumerate(columns)
        if column != number and not are_numbers(cells) and len(set(cells)) == len(cells)
    ]
    choice = (
        [column for column in named if column in texts]
        or [column for column in texts if synset_id(columns[column][0]) is None]
        or texts
    )
    if not choice or (number is None and not named):
        return None
    names = list(columns[choice[0]])
    if number is None:
        return names
    return by_number({int(place): name for place, name in zip(columns[number], names, strict=True)})


def _are_places(cells: Sequence[str]) -> bool:
    """Whether the cells are the numbers from 0, or from 1, to the last, in any order."""
    if not cells or not are_numbers(cells):
        return False
    numbers = sorted(map(int, cells))
    return numbers in (list(range(len(cells))), list(range(1, len(cells) + 1)))


def _from_numbered(text: str) -> list[str] | None:
    """From lines with a number before or after each name; None where the numbers are part of the names."""
    lines = [line.strip() for line in text.split("\n")]
    for pattern, number, name in (
        (rf"(\d+){_SEPARATORS}(.*\S)", 1, 2),
        (rf"(.*?\S){_SEPARATORS}(\d+)", 2, 1),
    ):
        matches = [re.fullmatch(pattern, line) for line in lines]
        if len(lines) < 2 or not all(matches):
            continue
        places = [each[number] for each in matches if each]
        names = [unquoted(each[name].strip()) for each in matches if each]
        if _are_places(places) and len(set(names)) == len(names):
            return from_ids(by_number({int(at): each for at, each in zip(places, names, strict=True)}))
    return None
