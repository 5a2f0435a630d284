"""A folder as it lies on the disk: images, folders, and what is neither."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from foolery.data.file_kind import SUFFIXES, image_format, no_image, readable_formats
from foolery.data.litter import is_litter
from foolery.errors import UsageError
from foolery.files import HEAD
from foolery.untrusted import escaped

LITTER = "hidden, or left by other programs"


@dataclass(frozen=True)
class Listing:
    """What lies in one folder.

    Attributes:
        images: names of files with an image's ending, and of other files that are images by their content.
        folders: names of folders.
        left_out: how many of its files and folders are not read, by reason.
    """

    images: tuple[str, ...]
    folders: tuple[str, ...]
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Folder:
    """One folder.

    Attributes:
        path: of it.
    """

    path: str

    @property
    def name(self) -> str:
        """Its last part."""
        return os.path.basename(self.path)

    @cached_property
    def listing(self) -> Listing:
        """What lies in it, sorted by name; read once.

        Raises:
            UsageError: where it may not be read.
        """
        return _listing(self.path)

    @cached_property
    def folders(self) -> tuple[Folder, ...]:
        """The folders in it."""
        return tuple(Folder(os.path.join(self.path, name)) for name in self.listing.folders)

    @cached_property
    def holds_images(self) -> bool:
        """Whether an image lies in it, however deep."""
        return bool(self.listing.images) or any(each.holds_images for each in self.folders)

    @cached_property
    def holds_files(self) -> bool:
        """Whether anything lies in it, however deep, litter apart."""
        others = sum(self.listing.left_out.values()) - self.listing.left_out[LITTER]
        return bool(self.listing.images) or others > 0 or any(each.holds_files for each in self.folders)

    def walk(self) -> Iterator[Folder]:
        """It, and every folder below it."""
        yield self
        for each in self.folders:
            yield from each.walk()


def _listing(path: str) -> Listing:
    images, folders, left_out = [], [], Counter[str]()
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if is_litter(entry.name):
                    left_out[LITTER] += 1
                elif os.path.splitext(entry.name)[1].lower() in SUFFIXES and entry.is_file():
                    images.append(entry.name)
                elif entry.is_dir():
                    if entry.is_symlink() and _leads_back(entry.path, path):
                        left_out["a link to a folder above it"] += 1
                    else:
                        folders.append(entry.name)
                else:
                    reason = reason_against(entry.path)
                    if reason is None:
                        images.append(entry.name)
                    else:
                        left_out[reason] += 1
    except OSError as error:
        raise UsageError(f"data {escaped(path)}: cannot be listed: {error.strerror}") from None
    return Listing(tuple(sorted(images)), tuple(sorted(folders)), left_out)


def _leads_back(link: str, folder: str) -> bool:
    target, here = os.path.realpath(link), os.path.realpath(folder)
    return os.path.commonpath((target, here)) == target


def reason_against(path: str) -> str | None:
    """Why the file is no image that can be read, by its first bytes; None where it is one."""
    try:
        if not os.path.isfile(path):
            return "a link that leads nowhere" if os.path.islink(path) else "no regular file"
        with open(path, "rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    kind = image_format(head)
    if kind in readable_formats():
        return None
    reason = no_image(head)
    return reason if kind is not None or not reason.startswith("not an image") else "not an image"
