"""Table: a CSV file whose rows name image files and their labels."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from foolery.data.contents import Contents
from foolery.data.image_files import FileFinder, ImageFiles
from foolery.data.parquet_columns import LABELS, sorted_classes
from foolery.data.splits import ROLES, split_role
from foolery.data.streamed import StreamedImages
from foolery.errors import UsageError
from foolery.files import HEAD, stand_in
from foolery.untrusted import UnreadableError, read_bytes

PATHS = (
    "path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path", "img",
    "img_path", "image_name", "image_file", "image_id", "imageid", "img_id", "id", "name", "photo", "picture",
)  # fmt: skip
SPLITS = ("split", "subset", "set", "partition", "usage", "phase", "data_set", "dataset", "part")
_LOOKED_AT = 50  # rows by which the column of the paths is found
_ENCODINGS = ("utf-8-sig", "cp1252")

MAX_TABLE_BYTES = 2**30
"""Of a table of images."""


@dataclass(frozen=True)
class Table:
    """Rows of text.

    Attributes:
        header: names of the columns; numbers where the file has none.
        rows: cells of every row, as many as there are columns.
        named: whether the file names its columns.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    named: bool

    def column(self, at: int) -> list[str]:
        """The cells of one column."""
        return [row[at] for row in self.rows]

    def find(self, usual_names: Sequence[str], but: Sequence[int] = ()) -> int | None:
        """The first column with a name of ``known``, in their order."""
        folded = [name.casefold().strip().replace(" ", "_") for name in self.header]
        places = [folded.index(name) for name in usual_names if name in folded]
        return next((at for at in places if at not in but), None)


def open_table(location: str, split: str) -> StreamedImages:
    """The images that a CSV file names: a column of paths, one of labels, perhaps one of splits.

    The columns are found by their names, or by what is in them; separators may be commas, semicolons, tabs or
    spaces. Paths count from the file's folder; files are also found by their name alone, without its
    ending, anywhere below it. In place of a column of labels there may be one of zeros and ones for each
    class.

    Raises:
        UsageError: where no column names files, none holds labels, or an image has several labels.
    """
    file = Path(location).expanduser()
    table = _read(file)
    finder = FileFinder(file.parent)
    at = _path_column(table, finder, file)
    splits = table.find(SPLITS, (at,))
    words, order, about = _labels(table, at, splits, file)
    chosen = _of_split(table, splits, split, file)
    left_out: Counter[str] = Counter()
    label_of: dict[str, str] = {}
    for row in chosen:
        path = finder.find(table.rows[row][at])
        if path is None:
            left_out["named in the table, but not there"] += 1
        elif not words[row]:
            left_out["without a label"] += 1
        elif label_of.setdefault(path, words[row]) != words[row]:
            raise UsageError(
                f"data csv:{file}: {table.rows[row][at]} has several labels, {label_of[path]} and "
                f"{words[row]}; every image needs one"
            )
    if not label_of:
        raise UsageError(f"data csv:{file}: none of its {len(chosen)} rows names an image file beside it")
    classes = order or sorted_classes(list(dict.fromkeys(each for each in words if each)))
    place = {name: number for number, name in enumerate(classes)}
    paths = sorted(label_of, key=lambda path: place[label_of[path]])
    labels = np.array([place[label_of[path]] for path in paths], np.int64)
    notes = [f"paths are in the column {table.header[at]}, {about}"]
    if splits is not None:
        notes.append(f"of {len(table.rows)} rows, {len(chosen)} belong to the split")
    return StreamedImages(
        classes,
        labels,
        np.arange(len(paths)),
        ImageFiles(tuple(paths), str(file.parent)),
        Contents(tuple(np.bincount(labels, minlength=len(classes)).tolist()), dict(left_out), tuple(notes)),
    )


def _read(file: Path) -> Table:
    try:
        content = read_bytes(file, MAX_TABLE_BYTES)
    except UnreadableError as error:
        raise UsageError(f"data csv:{file}: cannot be read: {error.reason}") from None
    other = stand_in(content[:HEAD])
    if other is not None:
        raise UsageError(f"data csv:{file}: it is {other}")
    text = None
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else _ENCODINGS:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None or "\0" in text:
        raise UsageError(f"data csv:{file}: neither UTF-8 nor Windows-1252; save it as CSV in UTF-8")
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    rows = _rows(lines)
    if rows is None:
        raise UsageError(f"data csv:{file}: expected two or more columns, the same number in each row")
    first = rows[0]
    usual_names = {each.casefold().strip().replace(" ", "_") for each in first} & {*PATHS, *LABELS, *SPLITS}
    named = bool(usual_names)
    header = first if named else tuple(str(number + 1) for number in range(len(first)))
    return Table(header, tuple(rows[1:] if named else rows), named)


def _rows(lines: list[str]) -> list[tuple[str, ...]] | None:
    for separator in (",", ";", "\t"):
        rows = [tuple(cell.strip() for cell in row) for row in csv.reader(lines, delimiter=separator)]
        if rows and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1:
            return rows
    spaced = [tuple(line.rsplit(None, 1)) for line in lines]
    return spaced if spaced and all(len(row) == 2 for row in spaced) else None


def _path_column(table: Table, finder: FileFinder, file: Path) -> int:
    """The column most of whose cells name files; among equals the one with a usual name."""
    some = table.rows[:_LOOKED_AT]
    hits = [sum(finder.find(row[at]) is not None for row in some) for at in range(len(table.header))]
    best = max(hits, default=0)
    if not best:
        example = table.rows[0][0] if table.rows else ""
        raise UsageError(
            f"data csv:{file}: no column names image files in {file.parent} or below it (the first row "
            f"begins with {example!r}); put the file beside the images"
        )
    usual = table.find(PATHS)
    return usual if usual is not None and hits[usual] == best else hits.index(best)


def _labels(
    table: Table, paths: int, splits: int | None, file: Path
) -> tuple[list[str], tuple[str, ...], str]:
    """The label of every row, the order of the classes where the file has one, and where it all is."""
    others = [at for at in range(len(table.header)) if at not in (paths, splits)]
    at = table.find(LABELS, tuple(each for each in (paths, splits) if each is not None))
    if at is None and len(others) == 1:
        at = others[0]
    if at is not None:
        return *_with_words(table, at, others), f"labels in the column {table.header[at]}"
    marked = [each for each in others if set(table.column(each)) <= {"0", "1", "0.0", "1.0"}]
    if len(marked) > 1 and table.named:
        names = tuple(table.header[each] for each in marked)
        rows = [[table.header[each] for each in marked if float(row[each]) == 1] for row in table.rows]
        if all(len(row) == 1 for row in rows):
            return [row[0] for row in rows], names, f"labels in {len(marked)} columns of zeros and ones"
    columns = ", ".join(table.header[each] for each in others)
    raise UsageError(f"data csv:{file}: which of {columns} holds the labels? Call that column label")


def _with_words(table: Table, at: int, others: Sequence[int]) -> tuple[list[str], tuple[str, ...]]:
    """The labels; in place of numbers the words of another column, where there is one for each number.

    The second is the words in the order of their numbers, or empty.
    """
    cells = table.column(at)
    if not all(cell.isdecimal() for cell in cells):
        return cells, ()
    for other in others:
        pairs = set(zip(cells, table.column(other), strict=True))
        words = {word for _, word in pairs}
        tells_classes = len(pairs) == len(words) == len(set(cells)) > 1 and not any(map(str.isdecimal, words))
        if other != at and tells_classes:
            ordered = sorted(pairs, key=lambda pair: int(pair[0]))
            return table.column(other), tuple(word for _, word in ordered)
    return cells, ()


def _of_split(table: Table, splits: int | None, split: str, file: Path) -> list[int]:
    """The rows of a split; all where the table has none."""
    if splits is None:
        return list(range(len(table.rows)))
    roles = [split_role(cell) for cell in table.column(splits)]
    if not any(roles):
        return list(range(len(table.rows)))
    for role in ROLES[split]:
        chosen = [row for row, each in enumerate(roles) if each == role]
        if chosen:
            return chosen
    has = ", ".join(sorted(set(table.column(splits)))[:4])
    raise UsageError(f"data csv:{file}: it has no {split}; its column {table.header[splits]} has {has}")
