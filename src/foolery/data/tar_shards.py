"""Tar shards: images in tar files, as WebDataset writes them, or as a packed folder of class folders."""

from __future__ import annotations

import glob
import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from foolery.data.contents import Contents
from foolery.data.decode import MAX_IMAGE_FILE
from foolery.data.image_folder import readable_name
from foolery.data.litter import is_litter
from foolery.data.parquet_columns import LABELS, sorted_classes
from foolery.data.splits import ROLES, split_role
from foolery.data.streamed import StreamedImages
from foolery.errors import UsageError
from foolery.files import instead
from foolery.untrusted import MAX_CLASSES, MAX_NAME, UnreadableError, check_regular, parse_json, shortened

_IMAGES = (
    "jpg",
    "jpeg",
    "jpe",
    "jfif",
    "png",
    "webp",
    "bmp",
    "gif",
    "tif",
    "tiff",
    "ppm",
    "pgm",
    "avif",
    "heic",
)
_LABELS = ("cls", "cls.txt", "label", "label.txt", "class", "target", "txt")
_MOST_LABEL = 100_000  # bytes of a label's file, at most


@dataclass(frozen=True)
class TarMembers:
    """Images within tar files.

    Attributes:
        files: the tar file of each image.
        starts: ``(N,) int64``, where each begins in it.
        sizes: ``(N,) int64``, bytes.
        names: of the members.
    """

    files: tuple[Path, ...]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    names: tuple[str, ...]

    def contents(self, rows: NDArray[np.int64], size: int) -> Iterator[list[bytes | None]]:
        """The bytes of the members ``rows``, ``size`` at a time."""
        for start in range(0, len(rows), size):
            yield [self._read(int(row)) for row in rows[start : start + size]]

    def _read(self, row: int) -> bytes | None:
        if self.sizes[row] > MAX_IMAGE_FILE:
            return None
        try:
            with self.files[row].open("rb") as file:
                file.seek(int(self.starts[row]))
                return file.read(int(self.sizes[row]))
        except OSError:
            return None

    def name(self, row: int) -> str:
        """The tar file and the member."""
        return f"{self.files[row].name}/{self.names[row]}"


@dataclass
class _Sample:
    """What belongs to one key of a shard."""

    image: tarfile.TarInfo | None = None
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str | None:
        """The one of the surest file: a class before a caption."""
        return next(
            (self.labels[each] for each in (*_LABELS[:-1], "json", "txt") if each in self.labels), None
        )


@dataclass
class _Found:
    """What all shards hold."""

    images: list[tuple[Path, tarfile.TarInfo, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def open_tar(text: str, split: str) -> StreamedImages:
    """The images of one tar file or of several.

    WebDataset's: files with the same name before the first point belong together, an image and a label
    (``.cls``, ``.txt``, or a ``label`` in ``.json``). Where no image has such a label, its folder is its
    class.

    Args:
        text: a file, a pattern (``shard-*.tar``, ``shard-{000..011}.tar``), or a folder of shards, of which
            those are read that are called like the split, where any are.
        split: ``train`` or ``test``.

    Raises:
        UsageError: where a file is missing, is no plain tar file, or has no labelled images.
    """
    shards = _Found()
    for path in _paths(text, split):
        _add(path, shards)
    if not shards.images:
        addition = f" ({', '.join(shards.left_out)})" if shards.left_out else ""
        raise UsageError(f"data tar:{text}: no labelled images in it{addition}")
    words = [word for _, _, word in shards.images]
    _check_words(words, text)
    classes = sorted_classes(list(dict.fromkeys(words)))
    if all(word.isdecimal() for word in words):
        classes = tuple(map(str, range(max(map(int, words)) + 1)))
        words = [str(int(word)) for word in words]
    place = {name: number for number, name in enumerate(classes)}
    labels = np.array([place[word] for word in words], np.int64)
    source = TarMembers(
        tuple(path for path, _, _ in shards.images),
        np.array([member.offset_data for _, member, _ in shards.images], np.int64),
        np.array([member.size for _, member, _ in shards.images], np.int64),
        tuple(member.name for _, member, _ in shards.images),
    )
    contents = Contents(tuple(np.bincount(labels, minlength=len(classes)).tolist()), dict(shards.left_out))
    return StreamedImages(classes, labels, np.arange(len(labels)), source, contents)


def _add(path: Path, shards: _Found) -> None:
    """Everything in one tar file."""
    samples: dict[str, _Sample] = {}
    try:
        check_regular(path)
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                if not member.isfile():
                    continue
                if any(is_litter(part) for part in PurePosixPath(member.name).parts):
                    shards.left_out["hidden, or left by other programs"] += 1
                    continue
                key, ending = _key(member.name)
                sample = samples.setdefault(key, _Sample())
                if ending in _IMAGES:
                    sample.image = member
                elif ending in _LABELS or ending == "json":
                    label = _label(archive, member, ending)
                    if label:
                        sample.labels[ending] = label
    except UnreadableError as error:
        raise UsageError(f"data {error}") from None
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        remedy = instead(path) or f"; unpack or gunzip it first ({error})"
        raise UsageError(f"data {path}: not a plain tar file{remedy}") from None
    by_folder = not any(each.label for each in samples.values())
    for key, sample in samples.items():
        folder = PurePosixPath(key).parent.name
        label = readable_name(folder) if by_folder else sample.label
        if sample.image is None:
            shards.left_out["no image"] += 1
        elif not label:
            shards.left_out["without a label"] += 1
        else:
            shards.images.append((path, sample.image, label))


def _check_words(words: list[str], text: str) -> None:
    """Raise UsageError where labels are too many, too long or too large to be those of classes."""
    if all(word.isdecimal() for word in words):
        highest = max(words, key=lambda word: (len(word.lstrip("0")), word))
        if len(highest.lstrip("0")) > 9 or int(highest) >= MAX_CLASSES:
            raise UsageError(
                f"data tar:{text}: label {shortened(highest)}, and no class names; at most {MAX_CLASSES:,} "
                "classes are read"
            )
    if len(set(words)) > MAX_CLASSES:
        raise UsageError(
            f"data tar:{text}: {len(set(words)):,} labels, at most {MAX_CLASSES:,} classes are read"
        )
    longest = max(words, key=len)
    if len(longest) > MAX_NAME:
        raise UsageError(
            f"data tar:{text}: the label {shortened(longest)!r} has {len(longest):,} characters, at most "
            f"{MAX_NAME} are read"
        )


def _key(name: str) -> tuple[str, str]:
    """What belongs together, and the ending that says what it is: ``a/01`` and ``cls`` of ``a/01.cls``."""
    folder, _, last = name.rpartition("/")
    stem, _, ending = last.partition(".")
    return f"{folder}/{stem}" if folder else stem, ending.lower()


def _label(archive: tarfile.TarFile, member: tarfile.TarInfo, ending: str) -> str | None:
    file = archive.extractfile(member)
    if file is None or member.size > _MOST_LABEL:
        return None
    text = file.read().decode("utf-8", "replace").strip()
    if ending != "json":
        return text or None
    try:
        values = parse_json(text.encode())
    except ValueError:
        return None
    if not isinstance(values, dict):
        return str(values) if isinstance(values, int | str) else None
    return next((str(values[key]) for key in LABELS if isinstance(values.get(key), int | str)), None)


def _paths(text: str, split: str) -> list[Path]:
    location = Path(text).expanduser()
    if location.is_dir():
        files = sorted(location.glob("*.tar")) or sorted(location.glob("*/*.tar"))
        for role in ROLES[split]:
            chosen = [path for path in files if role in (split_role(path.stem), split_role(path.parent.name))]
            if chosen:
                return chosen
        if files and all(split_role(path.stem) is None for path in files):
            return files
        raise UsageError(f"data tar:{text}: no tar file for {split} in it, such as {split}-000.tar")
    paths: list[Path] = []
    for pattern in _expanded(str(location)):
        matched = sorted(glob.glob(pattern)) if glob.has_magic(pattern) else [pattern]
        if not matched or not Path(matched[0]).is_file():
            raise UsageError(f"data tar:{text}: no file {pattern}")
        paths.extend(map(Path, matched))
    return paths


def _expanded(text: str) -> list[str]:
    """``a-{00..02}.tar`` as three names."""
    braces = re.search(r"\{(\d+)\.\.(\d+)\}", text)
    if braces is None:
        return [text]
    first, last = int(braces[1]), int(braces[2])
    width = len(braces[1])
    return [
        each
        for number in range(first, last + 1)
        for each in _expanded(text[: braces.start()] + str(number).zfill(width) + text[braces.end() :])
    ]
