"""Image files: those of a data set, each read when it is needed, and found by what people call them."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.data.folder_tree import Folder


@dataclass(frozen=True)
class ImageFiles:
    """Image files, each read when it is needed.

    Attributes:
        paths: of all of them.
        root: the folder below which they are named.
    """

    paths: tuple[str, ...]
    root: str

    def contents(self, rows: NDArray[np.int64], size: int) -> Iterator[list[bytes | None]]:
        """The bytes of the files ``rows``, ``size`` at a time; None for one that cannot be read."""
        for start in range(0, len(rows), size):
            yield [_read_or_none(self.paths[row]) for row in rows[start : start + size]]

    def name(self, row: int) -> str:
        """The path below the data folder."""
        return os.path.relpath(self.paths[row], self.root)


@dataclass(frozen=True)
class FileFinder:
    """Finds image files below a folder by their path, or by their name alone where only one has it.

    Attributes:
        folder: below which they lie.
    """

    folder: Path
    path_of: dict[str, str | None] = field(default_factory=dict)

    def find(self, text: str) -> str | None:
        """The path of the file that ``text`` means; None where there is none, or several."""
        if text not in self.path_of:
            self.path_of[text] = self._find(text.strip().replace("\\", "/"))
        return self.path_of[text]

    def _find(self, text: str) -> str | None:
        if not text or text.endswith("/"):
            return None
        path = os.path.join(self.folder, text)
        if os.path.isfile(path):
            return path
        parts = text.strip("/").split("/")
        for length in range(len(parts), 0, -1):
            places = self._by_tail.get("/".join(parts[-length:]), [])
            if places:
                return places[0] if len(places) == 1 else None
        return None

    @cached_property
    def _by_tail(self) -> dict[str, list[str]]:
        """Files by every end of their paths, with and without the ending of their name."""
        places: dict[str, list[str]] = defaultdict(list)
        for folder in Folder(str(self.folder)).walk():
            inside = os.path.relpath(folder.path, self.folder)
            above = [] if inside == "." else inside.split(os.sep)
            for name in folder.listing.images:
                for last in {name, os.path.splitext(name)[0]}:
                    for length in range(len(above) + 1):
                        tail = "/".join([*above[len(above) - length :], last])
                        places[tail].append(os.path.join(folder.path, name))
        return places


def _read_or_none(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
