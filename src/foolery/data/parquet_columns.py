"""Columns: which one of a Parquet file holds images, and which one their labels, whatever they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from foolery.data.image_folder import folder_order
from foolery.errors import UsageError
from foolery.untrusted import MAX_CLASSES, MAX_NAME, parse_json

IMAGES = (
    "image", "img", "images", "picture", "photo", "jpg", "jpeg", "png", "image_bytes", "bytes", "content",
    "image_data", "data", "file",
)  # fmt: skip
LABELS = (
    "label", "labels", "fine_label", "class", "classes", "category", "categories", "target", "targets", "y",
    "cls", "class_id", "class_label", "label_id", "class_name", "label_name", "species", "breed", "diagnosis",
    "tag", "name", "object_class",
)  # fmt: skip
Cells = Literal["struct", "bytes", "path"]


@dataclass(frozen=True)
class Columns:
    """Where a Parquet file keeps what is needed.

    Attributes:
        image: the column of the images.
        cells: what its cells are: a struct with ``bytes``, bytes, or the path of a file.
        label: the column of the labels.
        named: whether the file has a list of the class names.
    """

    image: str
    cells: Cells
    label: str
    named: bool = False

    @property
    def note(self) -> str | None:
        """A line where the two are not called as usual."""
        usual = self.image in ("image", "img") and self.label in ("label", "labels", "fine_label")
        return None if usual else f"images are in the column {self.image}, labels in the column {self.label}"


def find_columns(schema: Any, path: Path) -> Columns:
    """The columns of images and of labels: by their name, else the only one of such a type.

    Raises:
        UsageError: where there is none, or several; says which ones there are and what to call them.
    """
    cells = {field.name: kind for field in schema if (kind := _cells(field.type)) is not None}
    image = _named(IMAGES, [name for name, kind in cells.items() if kind != "path"])
    if image is None and sum(kind != "path" for kind in cells.values()) != 1:
        image = _named(IMAGES, list(cells))
    sure = [name for name, kind in cells.items() if kind != "path"]
    if image is None and len(sure) == 1:
        image = sure[0]
    if image is None:
        raise UsageError(_no_column(path, "images", "image", schema, sure))
    labels = [field.name for field in schema if field.name != image and _may_be_label(field.type)]
    label = _named(LABELS, labels)
    if label is None and len(labels) == 1:
        label = labels[0]
    if label is None:
        raise UsageError(_no_column(path, "labels", "label", schema, labels))
    named = class_label_names(schema.metadata or {}, label) is not None
    return Columns(image, cells[image], label, named)


def labels_of(
    column: Any, metadata: Mapping[bytes, bytes], name: str, path: Path
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Class names, and ``(rows,) int64`` labels; words are classes in sorted order, numbers in theirs.

    Raises:
        UsageError: for gaps, and for numbers that are no labels.
    """
    import pyarrow

    if column.null_count:
        raise UsageError(
            f"data {path}: column {name}: {column.null_count} of {len(column)} rows have no label; "
            "leave those rows out"
        )
    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pyarrow.types.is_boolean(kind):
        column = column.cast(pyarrow.string())
        kind = column.type
    if _is_text(kind):
        _check_words(column, name, path)
        return _from_words([str(each) for each in column.to_pylist()])
    numbers = column.to_numpy()
    if not np.issubdtype(numbers.dtype, np.number) or not np.array_equal(numbers, np.floor(numbers)):
        raise UsageError(f"data {path}: column {name}: expected whole numbers or words, got {kind}")
    labels = numbers.astype(np.int64)
    names = class_label_names(metadata, name)
    highest = int(labels.max(initial=-1))
    if not names and highest >= MAX_CLASSES:
        raise UsageError(
            f"data {path}: column {name}: label {highest:,}, and no class names; at most {MAX_CLASSES:,} "
            "classes are read"
        )
    classes = names or tuple(map(str, range(highest + 1)))
    if labels.size and not 0 <= labels.min() <= labels.max() < len(classes):
        raise UsageError(
            f"data {path}: labels from {labels.min()} to {labels.max()} for {len(classes)} class names; "
            "images without a label have to be left out"
        )
    return classes, labels


def _check_words(column: Any, name: str, path: Path) -> None:
    """Raise UsageError where words are too long or too many to be names of classes."""
    from pyarrow import compute

    longest = compute.max(compute.binary_length(column)).as_py() or 0
    if longest > 4 * MAX_NAME:
        raise UsageError(
            f"data {path}: column {name}: a label has {longest:,} bytes, at most {4 * MAX_NAME:,} are read"
        )
    different = len(column.unique())
    if different > MAX_CLASSES:
        raise UsageError(
            f"data {path}: column {name}: {different:,} different labels, at most {MAX_CLASSES:,} classes "
            "are read"
        )


def class_label_names(metadata: Mapping[bytes, bytes], label: str) -> tuple[str, ...] | None:
    """Class names as ``datasets`` writes them into the schema; None where there are none."""
    try:
        names = parse_json(metadata[b"huggingface"])["info"]["features"][label]["names"]
    except (KeyError, ValueError, TypeError):
        return None
    return tuple(map(str, names)) if isinstance(names, list) and names else None


def sorted_classes(names: Sequence[str]) -> tuple[str, ...]:
    """``names`` in the order of classes: sorted, whole numbers in their order."""
    return tuple(names[row] for row in folder_order(names))


def _from_words(words: list[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    classes = sorted_classes(list(dict.fromkeys(words)))
    place = {name: row for row, name in enumerate(classes)}
    return classes, np.array([place[word] for word in words], np.int64)


def _named(usual_names: Sequence[str], names: Sequence[str]) -> str | None:
    folded = {name.casefold().replace(" ", "_"): name for name in reversed(names)}
    return next((folded[name] for name in usual_names if name in folded), None)


def _cells(kind: Any) -> Cells | None:
    import pyarrow

    if pyarrow.types.is_struct(kind):
        return "struct" if kind.get_field_index("bytes") >= 0 else None
    binary = ("is_binary", "is_large_binary", "is_binary_view", "is_fixed_size_binary")
    if any(getattr(pyarrow.types, each, lambda _: False)(kind) for each in binary):
        return "bytes"
    return "path" if _is_text(kind) else None


def _is_text(kind: Any) -> bool:
    import pyarrow

    text = ("is_string", "is_large_string", "is_string_view")
    return any(getattr(pyarrow.types, each, lambda _: False)(kind) for each in text)


def _may_be_label(kind: Any) -> bool:
    import pyarrow

    if pyarrow.types.is_dictionary(kind):
        return _may_be_label(kind.value_type)
    return bool(pyarrow.types.is_integer(kind) or pyarrow.types.is_boolean(kind) or _is_text(kind))


def _no_column(path: Path, what: str, name: str, schema: Any, candidates: Sequence[str]) -> str:
    columns = ", ".join(f"{field.name} ({_short(field.type)})" for field in schema)
    problem = f"{', '.join(candidates)} could hold {what}" if candidates else f"no column holds {what}"
    return f"data {path}: {problem}; call the one that does {name!r}. It has the columns {columns}"


def _short(kind: Any) -> str:
    text = str(kind)
    return text if len(text) <= 40 else f"{text[:37]}…"
