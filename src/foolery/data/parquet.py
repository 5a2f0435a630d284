"""Parquet: images and labels in the layout of Hugging Face ``datasets``."""

from __future__ import annotations

import glob
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.data.labelled import SPLIT_NAMES
from foolery.data.streamed import StreamedImages
from foolery.errors import MissingExtraError, UsageError

IMAGES, LABELS = ("image", "img"), ("label", "labels", "fine_label")


@dataclass(frozen=True)
class ParquetShards:
    """Parquet files, one after the other; no more than a batch of encoded images is in memory.

    Attributes:
        paths: of the files.
        starts: ``(files + 1,) int64``, the number of images before each file, and in all.
        column: that holds the images.
    """

    paths: tuple[Path, ...]
    starts: NDArray[np.int64]
    column: str

    def contents(self, rows: NDArray[np.int64], size: int) -> Iterator[list[bytes | None]]:
        """The encoded images of ascending ``rows``, ``size`` at a time; None for a row without one."""
        batch: list[bytes | None] = []
        for file, path in enumerate(self.paths):
            first, last = np.searchsorted(rows, self.starts[file : file + 2])
            for content in _read_images(path, self.column, rows[first:last] - self.starts[file], size):
                batch.append(content)
                if len(batch) == size:
                    yield batch
                    batch = []
        if batch:
            yield batch

    def name(self, row: int) -> str:
        """The file's name and the row in it, from 0."""
        file = int(np.searchsorted(self.starts, row, side="right")) - 1
        return f"{self.paths[file].name} row {row - self.starts[file]}"


def open_parquet(text: str, split: str) -> StreamedImages:
    """The images of one Parquet file or of several.

    Args:
        text: a file; files with commas between them; a pattern such as ``train-*.parquet``; names of splits
            in braces, as in ``cifar/{train,test}.parquet``; or a folder with one file or more for each split.
        split: ``train`` or ``test``; a single file is the same for every split.

    Raises:
        UsageError: where a file is missing, is damaged, or has no images, labels or class names.
        MissingExtraError: without pyarrow.
    """
    paths = _paths(text, split)
    classes: tuple[str, ...] | None = None
    labels = []
    for path in paths:
        file = _open(path)
        column, names, own = _content(file, path)
        if classes is not None and names != classes:
            raise UsageError(f"data {path}: its class names differ from those of {paths[0].name}")
        classes = names
        labels.append(own)
    if not classes or not sum(map(len, labels)):
        raise UsageError(f"data parquet:{text}: it has no images")
    starts = np.cumsum([0, *map(len, labels)], dtype=np.int64)
    source = ParquetShards(tuple(paths), starts, column)
    return StreamedImages(classes, np.concatenate(labels), np.arange(starts[-1]), source)


def _paths(text: str, split: str) -> list[Path]:
    if Path(text).expanduser().is_file():
        return [Path(text).expanduser()]
    if Path(text).expanduser().is_dir():
        folder = Path(text).expanduser()
        for name in SPLIT_NAMES[split]:
            paths = [path for path in sorted(folder.glob("*.parquet")) if re.match(rf"{name}\b", path.stem)]
            if paths:
                return paths
        raise UsageError(f"data parquet:{text}: no file for {split} in it, such as {split}.parquet")
    pattern_list = re.sub(r"\{([^{}]*)\}", lambda braces: _of_split(braces[1], split, text), text)
    paths = []
    for part in pattern_list.split(","):
        pattern = str(Path(part.strip()).expanduser())
        matched = sorted(glob.glob(pattern)) if glob.has_magic(pattern) else [pattern]
        if not matched or not Path(matched[0]).is_file():
            raise UsageError(f"data parquet:{text}: no file {part.strip()}")
        paths.extend(map(Path, matched))
    return paths


def _of_split(names: str, split: str, text: str) -> str:
    choices = [name.strip() for name in names.split(",")]
    for name in SPLIT_NAMES[split]:
        if name in choices:
            return name
    raise UsageError(f"data parquet:{text}: no {split} among {', '.join(choices)}")


def _open(path: Path) -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "dataset", "read Parquet files") from None
    try:
        return pyarrow.parquet.ParquetFile(path)
    except (OSError, pyarrow.ArrowException) as error:
        message = str(error).splitlines()[0]
        raise UsageError(f"data {path}: not a Parquet file, or damaged ({message})") from None


def _content(file: Any, path: Path) -> tuple[str, tuple[str, ...], NDArray[np.int64]]:
    """Name of the image column, class names, and all labels."""
    import pyarrow

    schema = file.schema_arrow
    image = next((name for name in IMAGES if name in schema.names), None)
    label = next((name for name in LABELS if name in schema.names), None)
    if image is None or label is None:
        raise UsageError(f"data {path}: expected columns image and label, got {', '.join(schema.names)}")
    kind = schema.field(image).type
    if not pyarrow.types.is_struct(kind) or kind.get_field_index("bytes") < 0:
        raise UsageError(f"data {path}: column {image}: expected a struct with bytes, got {kind}")
    try:
        column = file.read(columns=[label]).column(label)
    except (OSError, pyarrow.ArrowException) as error:
        raise UsageError(f"data {path}: damaged ({str(error).splitlines()[0]})") from None
    if not pyarrow.types.is_integer(column.type) or column.null_count:
        raise UsageError(f"data {path}: column {label}: expected whole numbers, got {column.type} or gaps")
    labels = column.to_numpy().astype(np.int64)
    names = _names(schema.metadata or {}, label)
    classes = names or tuple(map(str, range(int(labels.max(initial=-1)) + 1)))
    if labels.size and not 0 <= labels.min() <= labels.max() < len(classes):
        raise UsageError(
            f"data {path}: labels from {labels.min()} to {labels.max()} for {len(classes)} class names; "
            "images without a label have to be left out"
        )
    return image, classes, labels


def _names(metadata: Mapping[bytes, bytes], label: str) -> tuple[str, ...] | None:
    """Class names as ``datasets`` writes them into the schema; None where there are none."""
    try:
        names = json.loads(metadata[b"huggingface"])["info"]["features"][label]["names"]
    except (KeyError, ValueError, TypeError):
        return None
    return tuple(map(str, names)) if isinstance(names, list) and names else None


def _read_images(path: Path, column: str, rows: NDArray[np.int64], size: int) -> Iterator[bytes | None]:
    """The encoded images of ascending ``rows`` of a file; row groups without any are not read."""
    import pyarrow

    file = _open(path)
    first = 0
    for group in range(file.num_row_groups):
        last = first + file.metadata.row_group(group).num_rows
        in_group = rows[(rows >= first) & (rows < last)]
        first, start = last, first
        if not len(in_group):
            continue
        try:
            for batch in file.iter_batches(min(size, 256), row_groups=[group], columns=[column]):
                stop = start + batch.num_rows
                in_batch = in_group[(in_group >= start) & (in_group < stop)] - start
                start = stop
                if len(in_batch):
                    for cell in batch.column(0).take(pyarrow.array(in_batch)).field("bytes"):
                        yield cell.as_py()
        except (OSError, pyarrow.ArrowException) as error:
            raise UsageError(f"data {path}: damaged ({str(error).splitlines()[0]})") from None
