"""Folder: images in one folder for each class, the layout of torchvision's ImageFolder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.data.decode import SUFFIXES
from foolery.data.labelled import SPLIT_NAMES
from foolery.data.streamed import StreamedImages
from foolery.errors import UsageError

NAMES_FILE = "classes.json"


def _contents_message(root: Path) -> str:
    """What lies in a folder that has no folders of images."""
    loose = sum(path.suffix.lower() in SUFFIXES for path in root.iterdir())
    if loose:
        return f"{loose} images that lie in no such folder; move each into one named as its class is"
    folders = sum(path.is_dir() for path in root.iterdir())
    return f"{folders} folders and no images in them"


@dataclass(frozen=True)
class ImageFiles:
    """Image files, each read when it is needed."""

    paths: tuple[Path, ...]
    root: Path

    def contents(self, rows: NDArray[np.int64], size: int) -> Iterator[list[bytes | None]]:
        """The bytes of the files ``rows``, ``size`` at a time; None for one that cannot be read."""
        for start in range(0, len(rows), size):
            yield [_read_or_none(self.paths[row]) for row in rows[start : start + size]]

    def name(self, row: int) -> str:
        """The path below the data folder."""
        return str(self.paths[row].relative_to(self.root))


def open_folder(location: str, split: str) -> StreamedImages:
    """The images of the folder ``location``: one folder for each class, named like the class.

    Class names are the folder names in sorted order; a file ``classes.json`` with rows
    ``[folder name, class name]`` translates them (ImageNet folders are named by WordNet ids). A folder with
    ``train`` and ``test`` (or ``val``) below it is read by split; any other one is the same for every split.

    Raises:
        UsageError: where there is no such folder, or it is not laid out like that.
    """
    folder = Path(location).expanduser()
    if not folder.is_dir():
        raise UsageError(f"data folder:{folder}: no such folder")
    root = _root(folder, split)
    folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    files = [
        sorted(path for path in each.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
        for each in folders
    ]
    if not any(files):
        raise UsageError(
            f"data folder:{folder}: expected one folder of images for each class, found "
            f"{_contents_message(root)}"
        )
    return StreamedImages(
        classes=_names(root, folder, [each.name for each in folders]),
        labels=np.repeat(np.arange(len(folders)), [len(paths) for paths in files]).astype(np.int64),
        rows=np.arange(sum(map(len, files))),
        source=ImageFiles(tuple(path for paths in files for path in paths), root),
    )


def _root(folder: Path, split: str) -> Path:
    below = {path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")}
    splits = {name for names in SPLIT_NAMES.values() for name in names}
    if not below or not below <= splits:
        return folder
    for name in SPLIT_NAMES[split]:
        if name in below:
            return folder / name
    raise UsageError(f"data folder:{folder}: it has no {split}; it has {', '.join(sorted(below))}")


def _names(root: Path, folder: Path, names: list[str]) -> tuple[str, ...]:
    path = next((each for each in (root / NAMES_FILE, folder / NAMES_FILE) if each.is_file()), None)
    if path is None:
        return tuple(names)
    try:
        table = {str(row[0]): str(row[1]) for row in json.loads(path.read_text(encoding="utf-8"))}
    except (OSError, ValueError, TypeError, IndexError, KeyError):
        raise UsageError(f"data {path}: expected a JSON list of [folder name, class name]") from None
    missing = [name for name in names if name not in table]
    if missing:
        raise UsageError(f"data {path}: has no name for the folder {missing[0]!r} ({len(missing)} in all)")
    return tuple(table[name] for name in names)


def _read_or_none(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
