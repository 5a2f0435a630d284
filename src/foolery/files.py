"""Files and folders: written whole or not at all, named and checked before they are filled, searched."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from foolery.errors import UsageError
from foolery.untrusted import read_bytes


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all, text as UTF-8; folders are made."""
    with atomic(path) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Another name to write a file under; it becomes ``path`` where the block ends, and goes where it fails.

    Folders are made. Readers of ``path`` see the old file or the new one, never half of it. A link in the
    place of either is replaced and not followed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


HEAD = 64  # bytes at the beginning of a file by which it is known


def stand_in(head: bytes) -> str | None:
    """What a file is that stands in the place of another one, with the remedy; None where it is no such.

    A git-lfs pointer, a web page, an error message of a download, nothing at all.

    Args:
        head: the file's first ``HEAD`` bytes.
    """
    if not head:
        return "an empty file"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"version https://git-lfs"):
        return "a git-lfs pointer, not the file itself (git lfs pull fetches it)"
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<script")):
        return "an HTML page, not the file itself (was a sign-in asked for? download it again)"
    if text.startswith(b"<?xml") and b"<error" in text:
        return "an error message of a server, not the file itself (download it again)"
    if not head.strip(b"\0"):
        return "nothing but zeros (the copy was cut off? copy it again)"
    return None


def instead(path: Path) -> str:
    """What stands in the place of ``path``, as the end of a message; empty where nothing is known to.

    Example:
        ``": it is a git-lfs pointer, not the file itself (git lfs pull fetches it)"``
    """
    try:
        with path.open("rb") as file:
            form = stand_in(file.read(HEAD))
    except OSError:
        return ""
    return "" if form is None else f": it is {form}"


def write_inside(folder: Path, name: str | PurePath, content: str | bytes) -> None:
    """Write a file of ``folder`` whole or not at all; folders are made, links on the way are refused.

    Raises:
        UsageError: where a folder between ``folder`` and the file is a link: it may lead anywhere.
    """
    check_unlinked(folder, [name])
    write_atomic(folder / name, content)


def check_unlinked(folder: Path, names: Iterable[str | PurePath]) -> None:
    """Raise UsageError where a folder between ``folder`` and one of the files in it is a link."""
    inner = {parent for name in names for parent in PurePath(name).parents[:-1]}
    linked = next((place for place in sorted(inner) if (folder / place).is_symlink()), None)
    if linked is not None:
        raise UsageError(
            f"{folder / linked}: leads to another folder by a link, so nothing is written there; remove the "
            "link, or name another folder"
        )


def check_no_links(folder: Path) -> None:
    """Raise UsageError where anything in ``folder``, which is to be continued or replaced, is a link."""
    for place, folders, files in os.walk(folder):
        linked = next((name for name in sorted(folders + files) if (Path(place) / name).is_symlink()), None)
        if linked is not None:
            raise UsageError(
                f"{Path(place) / linked}: is a link, which a folder to be replaced must not hold; "
                "remove it, or name another folder"
            )


UNFINISHED = ".foolery-unfinished"
"""A file that names, line by line, what is being written into its folder; a killed command leaves it."""
_MAX_LIST = 2**24  # bytes of it that are read


@contextmanager
def filled(folder: Path, names: Iterable[str]) -> Iterator[None]:
    """Within it the files ``names`` are written into ``folder``, which is made; ``is_vacant`` knows them.

    Where the block is never left the same command can be given again, and so where it fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_inside(folder, UNFINISHED, "".join(f"{name}\n" for name in names))
    yield
    (folder / UNFINISHED).unlink(missing_ok=True)


def is_vacant(folder: Path) -> bool:
    """Whether nothing is there, or a folder with nothing in it but what a killed command left."""
    if not folder.exists():
        return True
    if not folder.is_dir():
        return False
    there = {path.name for path in folder.iterdir() if path.suffix != ".part"}
    if UNFINISHED not in there:
        return not there
    return there <= {UNFINISHED, *(PurePath(name).parts[0] for name in unfinished(folder))}


def unfinished(folder: Path) -> set[str]:
    """The files that a killed command was writing into ``folder``; empty where there was none."""
    if not (folder / UNFINISHED).exists():
        return set()
    try:
        text = read_bytes(folder / UNFINISHED, _MAX_LIST).decode()
    except ValueError:
        return set()
    return {name for name in text.split("\n") if name}


def find_folders(
    root: Path, markers: Collection[str], *, max_depth: int, nested: bool
) -> Iterator[tuple[Path, str]]:
    """Folders that hold a file of one of the names ``markers``, ``root`` itself included, and that name.

    Links and hidden folders are left out; the first of ``markers`` counts where there are several.

    Args:
        root: where to begin.
        markers: names of files.
        max_depth: of folders below ``root``.
        nested: whether to look for more inside of what is found.
    """
    for place, folders, files in os.walk(root):
        folder = Path(place)
        marker = next((name for name in markers if name in files and not (folder / name).is_symlink()), None)
        deeper = len(folder.relative_to(root).parts) < max_depth and (nested or marker is None)
        folders[:] = sorted(name for name in folders if deeper and not name.startswith("."))
        if marker is not None:
            yield folder, marker


def default_folder(classifier: str, job: str, seed: int) -> Path:
    """``runs/CLASSIFIER-JOB-seedN``; a file's classifier is called by the file's name.

    Example:
        >>> default_folder("onnx:/models/net.onnx", "audit", 3).as_posix()
        'runs/onnx-net-audit-seed3'
    """
    kind, colon, rest = classifier.partition(":")
    name = f"{kind}-{Path(rest).stem}" if colon else kind
    words = (re.sub(r"[^A-Za-z0-9._]+", "-", word).strip("-.") for word in (name, job))
    return Path("runs") / f"{'-'.join(words)}-seed{seed}"
