"""Parquet: images and labels in the layout of Hugging Face ``datasets``."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.data.contents import Contents
from foolery.data.decode import MAX_IMAGE_FILE
from foolery.data.parquet_columns import Columns, find_columns, labels_of, sorted_classes
from foolery.data.splits import ROLES, split_role
from foolery.data.streamed import StreamedImages
from foolery.errors import MissingExtraError, UsageError
from foolery.files import instead
from foolery.untrusted import UnreadableError, check_regular, path_inside, read_bytes

MAX_ROWS = 2 * 10**7  # of one file; a small file can claim any number


@dataclass(frozen=True)
class ParquetShards:
    """Parquet files, one after the other; no more than a batch of encoded images is in memory.

    Attributes:
        paths: of the files.
        starts: ``(files + 1,) int64``, the number of images before each file, and in all.
        columns: which one holds the images, and how.
    """

    paths: tuple[Path, ...]
    starts: NDArray[np.int64]
    columns: Columns

    def contents(self, rows: NDArray[np.int64], size: int) -> Iterator[list[bytes | None]]:
        """The encoded images of ascending ``rows``, ``size`` at a time; None for a row without one."""
        batch: list[bytes | None] = []
        for file, path in enumerate(self.paths):
            first, last = np.searchsorted(rows, self.starts[file : file + 2])
            for content in _read_images(path, self.columns, rows[first:last] - self.starts[file], size):
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
    parts = [_content(_open(path), path) for path in paths]
    classes = _common_classes(paths, parts)
    labels = [_in_classes(names, own, classes) for _, names, own in parts]
    if not classes or not sum(map(len, labels)):
        raise UsageError(f"data parquet:{text}: it has no images")
    starts = np.cumsum([0, *map(len, labels)], dtype=np.int64)
    every, columns = np.concatenate(labels), parts[0][0]
    return StreamedImages(
        classes,
        every,
        np.arange(starts[-1]),
        ParquetShards(tuple(paths), starts, columns),
        Contents(
            tuple(np.bincount(every, minlength=len(classes)).tolist()),
            notes=() if columns.note is None else (columns.note,),
        ),
    )


def _common_classes(
    paths: list[Path], parts: list[tuple[Columns, tuple[str, ...], NDArray[np.int64]]]
) -> tuple[str, ...]:
    """Class names of all files: the same in each, or words and numbers of which a file has only some."""
    first_columns, first = parts[0][0], parts[0][1]
    for path, (columns, names, _) in zip(paths, parts, strict=True):
        if (columns.image, columns.cells, columns.label) != (
            first_columns.image,
            first_columns.cells,
            first_columns.label,
        ):
            raise UsageError(f"data {path}: its columns differ from those of {paths[0].name}")
        if names != first and columns.named:
            raise UsageError(f"data {path}: its class names differ from those of {paths[0].name}")
    every = list(dict.fromkeys(name for _, names, _ in parts for name in names))
    return first if all(names == first for _, names, _ in parts) else sorted_classes(every)


def _in_classes(
    names: tuple[str, ...], labels: NDArray[np.int64], classes: tuple[str, ...]
) -> NDArray[np.int64]:
    places = {name: place for place, name in enumerate(classes)}
    return np.array([places[name] for name in names], np.int64)[labels] if names != classes else labels


def _paths(text: str, split: str) -> list[Path]:
    if Path(text).expanduser().is_file():
        return [Path(text).expanduser()]
    if Path(text).expanduser().is_dir():
        folder = Path(text).expanduser()
        files = sorted(folder.glob("*.parquet")) or sorted((folder / "data").glob("*.parquet"))
        for role in ROLES[split]:
            paths = [path for path in files if split_role(path.stem) == role]
            if paths:
                return paths
        if files and all(split_role(path.stem) is None for path in files):
            return files
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
    for role in ROLES[split]:
        for name in choices:
            if split_role(name) == role:
                return name
    raise UsageError(f"data parquet:{text}: no {split} among {', '.join(choices)}")


def _open(path: Path) -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "dataset", "read Parquet files") from None
    try:
        check_regular(path)
        file = pyarrow.parquet.ParquetFile(path)
    except UnreadableError as error:
        raise UsageError(f"data {error}") from None
    except (OSError, pyarrow.ArrowException) as error:
        message = instead(path) or f", or damaged ({str(error).splitlines()[0]})"
        raise UsageError(f"data {path}: not a Parquet file{message}") from None
    if file.metadata.num_rows > MAX_ROWS:
        raise UsageError(
            f"data {path}: it has {file.metadata.num_rows:,} rows, at most {MAX_ROWS:,} are read"
        )
    return file


def _content(file: Any, path: Path) -> tuple[Columns, tuple[str, ...], NDArray[np.int64]]:
    """The columns, class names, and all labels."""
    import pyarrow

    schema = file.schema_arrow
    columns = find_columns(schema, path)
    try:
        column = file.read(columns=[columns.label]).column(columns.label)
    except (OSError, pyarrow.ArrowException) as error:
        raise UsageError(f"data {path}: damaged ({str(error).splitlines()[0]})") from None
    return columns, *labels_of(column, schema.metadata or {}, columns.label, path)


def _read_images(path: Path, columns: Columns, rows: NDArray[np.int64], size: int) -> Iterator[bytes | None]:
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
            for batch in file.iter_batches(min(size, 256), row_groups=[group], columns=[columns.image]):
                stop = start + batch.num_rows
                in_batch = in_group[(in_group >= start) & (in_group < stop)] - start
                start = stop
                if len(in_batch):
                    for cell in batch.column(0).take(pyarrow.array(in_batch)):
                        yield _image_bytes(cell.as_py(), path.parent)
        except (OSError, pyarrow.ArrowException) as error:
            raise UsageError(f"data {path}: damaged ({str(error).splitlines()[0]})") from None


def _image_bytes(cell: Any, folder: Path) -> bytes | None:
    """The bytes of a cell, or of the file that it names; None where there are none."""
    content = cell.get("bytes") if isinstance(cell, dict) else cell
    name = cell.get("path") if isinstance(cell, dict) else None
    if isinstance(content, str):
        content, name = None, content
    if content is None and name is not None:
        try:  # a stranger's file may name any file of this machine
            return read_bytes(path_inside(folder, name), MAX_IMAGE_FILE)
        except UnreadableError:
            return None
    return content
