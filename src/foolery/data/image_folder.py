"""Folder: images in one folder for each class, the layout of torchvision's ImageFolder."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from foolery.data.contents import Contents, by_reason
from foolery.data.file_kind import SUFFIXES
from foolery.data.folder_layout import Layout, find_layout, photos_of
from foolery.data.folder_tree import Folder, reason_against
from foolery.data.image_files import ImageFiles
from foolery.data.streamed import StreamedImages
from foolery.errors import UsageError
from foolery.files import instead
from foolery.untrusted import escaped, read_json

NAMES_FILE = "classes.json"


def open_folder(location: str, split: str) -> StreamedImages:
    """The images of the folder ``location``: one folder for each class, named like the class.

    Class names are the folder names in sorted order, whole numbers in theirs; a file ``classes.json`` with
    rows ``[folder name, class name]`` translates them. Folders called like splits are read by split,
    whatever their case, also below a folder that wraps them. What is an image is seen by its content where
    its ending does not say so; what is hidden or left by other programs is no data.

    Raises:
        UsageError: where there is no such folder, or it is not laid out like that.
    """
    folder = Path(location).expanduser()
    if not folder.is_dir():
        raise UsageError(f"data folder:{escaped(str(folder))}: no such folder{_nearest(folder)}")
    layout = find_layout(str(folder), split)
    left_out = Counter(layout.left_out)
    notes = list(layout.notes)
    names, groups = _merged(layout, notes)
    paths: list[str] = []
    counts = []
    for group in groups:
        files, more = _files_of(group)
        left_out.update(more)
        paths.extend(files)
        counts.append(len(files))
    if not paths:
        raise UsageError(
            f"data folder:{escaped(str(folder))}: expected one folder of images for each class, found "
            f"{_contents_message(layout, left_out)}"
        )
    return StreamedImages(
        classes=_translated(Path(layout.root), folder, names, notes),
        labels=np.repeat(np.arange(len(groups)), counts).astype(np.int64),
        rows=np.arange(len(paths)),
        source=ImageFiles(tuple(paths), layout.root),
        contents_read=Contents(tuple(counts), dict(left_out), tuple(notes)),
    )


def folder_order(names: Sequence[str]) -> list[int]:
    """The order of classes: of sorted names, of numbers where all of them are whole numbers.

    Example:
        >>> folder_order(["10", "9", "1"]), folder_order(["b10", "b9"])
        ([2, 1, 0], [0, 1])
    """
    rows = range(len(names))
    if names and all(name.isascii() and name.isdecimal() for name in names):
        return sorted(rows, key=lambda row: (int(names[row]), names[row]))
    return sorted(rows, key=lambda row: names[row])


def readable_name(name: str) -> str:
    r"""A file's name as text: composed (NFC), and read as Windows-1252 where its bytes are no UTF-8.

    Example:
        >>> readable_name("M\udcf6we"), len(readable_name("e\u0301"))
        ('Möwe', 1)
    """
    if any("\ud800" <= each <= "\udfff" for each in name):
        content = os.fsencode(name)
        try:
            name = content.decode("cp1252")
        except UnicodeDecodeError:
            name = content.decode("latin-1")
    return unicodedata.normalize("NFC", name)


def _merged(layout: Layout, notes: list[str]) -> tuple[list[str], list[list[str]]]:
    """Class names in order, each once, and the folders of each."""
    by_name: dict[str, list[str]] = {}
    for name, folders in layout.classes:
        by_name.setdefault(readable_name(name), []).extend(each.path for each in folders)
    guessed = [readable_name(name) for name, _ in layout.classes if escaped(name) != name]
    if guessed:
        shown = ", ".join(guessed[:3])
        notes.append(f"{len(guessed)} folder names are no UTF-8 and were read as Windows-1252: {shown}")
    if len(by_name) < len(layout.classes):
        notes.append("folders whose names differ in their Unicode form alone are one class")
    names = list(by_name)
    order = folder_order(names)
    if len(names) > 9 and order != sorted(range(len(names)), key=lambda row: names[row]):
        notes.append(
            "the folders are numbers: their classes are in the order of the numbers, not of the text"
        )
    return [names[row] for row in order], [by_name[names[row]] for row in order]


def _files_of(group: list[str]) -> tuple[list[str], Counter[str]]:
    """The image files of a class, and what is left out."""
    files: list[str] = []
    left_out: Counter[str] = Counter()
    for path in group:
        places, more = photos_of(Folder(path))
        left_out.update(more)
        images = [os.path.join(place.path, name) for place in places for name in place.listing.images]
        files.extend(images if len(places) == 1 else sorted(images, key=lambda each: each.split(os.sep)))
    if not files or not instead(Path(files[0])):
        return files, left_out
    # Where the first is a pointer or a page the others may be so too, and each file is looked into.
    reasons = [reason_against(path) for path in files]
    left_out.update(reason for reason in reasons if reason is not None)
    return [path for path, reason in zip(files, reasons, strict=True) if reason is None], left_out


def _contents_message(layout: Layout, left_out: Counter[str]) -> str:
    """What lies in a folder that has no folders of images."""
    loose = sum(Path(name).suffix.lower() in SUFFIXES for name in os.listdir(layout.root))
    if loose:
        return f"{loose} images that lie in no such folder; move each into one named as its class is"
    addition = f" ({by_reason(left_out)})" if left_out else ""
    return f"{len(layout.classes)} folders and no images in them{addition}"


def _nearest(folder: Path) -> str:
    """What to give instead of a folder that is missing."""
    if folder.is_file():
        return f": it is a file{' (unpack it)' if folder.suffix in ('.zip', '.gz', '.7z', '.rar') else ''}"
    from difflib import get_close_matches

    beside = (
        [each.name for each in folder.parent.iterdir() if each.is_dir()] if folder.parent.is_dir() else []
    )
    close = get_close_matches(folder.name, beside, n=1, cutoff=0.7)
    return f"; did you mean folder:{escaped(str(folder.parent / close[0]))}?" if close else ""


def _translated(root: Path, folder: Path, names: list[str], notes: list[str]) -> tuple[str, ...]:
    path = next((each for each in (root / NAMES_FILE, folder / NAMES_FILE) if each.is_file()), None)
    if path is None:
        return tuple(names)
    try:
        content = read_json(path)
        rows = content.items() if isinstance(content, dict) else content
        table = {unicodedata.normalize("NFC", str(row[0])): str(row[1]) for row in rows}
    except (OSError, ValueError, TypeError, IndexError, KeyError):
        raise UsageError(f"data {path}: expected a JSON list of [folder name, class name]") from None
    missing = [name for name in names if name not in table]
    if missing:
        raise UsageError(f"data {path}: has no name for the folder {missing[0]!r} ({len(missing)} in all)")
    notes.append(f"folder names are translated by {NAMES_FILE}")
    return tuple(table[name] for name in names)
