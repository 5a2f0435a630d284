"""The folder that a report is written to, and which files in it are the report's own.

``gallery.json`` lists every file that was written with its SHA-256. A file that is not listed, or that
was changed since, is not the report's: it is never deleted, and replaced only with ``overwrite``.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from foolery.errors import UsageError
from foolery.files import UNFINISHED, is_vacant, unfinished, write_inside
from foolery.untrusted import UnreadableError, read_json

MANIFEST = "gallery.json"
WRITER = "foolery report"


@dataclass
class OutputFolder:
    """A folder that may be written to.

    Attributes:
        path: of the folder.
        previous: path in the folder (with ``/``) to SHA-256, of the report that is there already.
        written: the same, of what was written since.
    """

    path: Path
    previous: Mapping[str, str]
    written: dict[str, str] = field(default_factory=dict)

    @classmethod
    def claim(cls, path: Path, files: Iterable[str], *, overwrite: bool) -> OutputFolder:
        """The folder at ``path``, made if need be, for writing ``files`` into it.

        Raises:
            UsageError: where it holds other files than a report's, or a report with a file that was
                changed since, and ``overwrite`` is not given; where a folder in it is a link; or where
                it cannot be made.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            before = _manifest(path / MANIFEST)
            begun = unfinished(path)
            if before is None and not overwrite and not is_vacant(path):
                raise UsageError(
                    f"out: {path} exists, is not empty and holds no report; "
                    "name another folder or give --overwrite"
                )
            folder = cls(path, before or {})
            names = list(files)
            linked = [name for name in names if folder._leads_out(name)]
            changed = [
                name
                for name in names
                if name not in begun and os.path.lexists(path / name) and not folder._is_own(name)
            ]
        except OSError as error:
            raise _write_error(path, error) from error
        if linked:
            raise UsageError(
                f"out: {(path / linked[0]).parent} leads to another folder by a link; "
                "remove the link or name another folder"
            )
        if changed and not overwrite:
            raise UsageError(
                f"out: {path / changed[0]} was not written by foolery, or was changed since; "
                "name another folder or give --overwrite"
            )
        folder._write(UNFINISHED, "".join(f"{name}\n" for name in sorted({*names, *begun})).encode())
        return folder

    def write(self, name: str, content: bytes) -> None:
        """Write one file; its parent folders are made. A link is replaced, not followed.

        Raises:
            UsageError: where it cannot be written.
        """
        self._write(name, content)
        self.written[name] = hashlib.sha256(content).hexdigest()

    def _write(self, name: str, content: bytes) -> None:
        try:
            write_inside(self.path, name, content)
        except OSError as error:
            raise _write_error(self.path / name, error) from error

    def finish(self) -> None:
        """Write the list of files, after deleting those of the former report that nothing replaced."""
        stale = [name for name in self.previous if name not in self.written and self._is_own(name)]
        try:
            for name in stale:
                (self.path / name).unlink()
            for parent in sorted({(self.path / name).parent for name in stale}, reverse=True):
                if parent != self.path and not any(parent.iterdir()):
                    parent.rmdir()
        except OSError as error:
            raise _write_error(self.path, error) from error
        listed = {"made_by": WRITER, "files": dict(self.written)}
        self._write(MANIFEST, (json.dumps(listed, indent=1) + "\n").encode())
        (self.path / UNFINISHED).unlink(missing_ok=True)

    def _is_own(self, name: str) -> bool:
        """True for a plain file that is as the former report wrote it."""
        file = self.path / name
        if name not in self.previous or file.is_symlink() or not file.is_file() or self._leads_out(name):
            return False
        return _digest(file) == self.previous[name]

    def _leads_out(self, name: str) -> bool:
        """True where a folder between this one and the file is a link."""
        return any((self.path / parent).is_symlink() for parent in PurePosixPath(name).parents[:-1])


def _manifest(path: Path) -> dict[str, str] | None:
    """The files listed at ``path``, or None where no report is; a path out of the folder is dropped."""
    try:
        listed = read_json(path)
    except UnreadableError:
        return None
    if not isinstance(listed, dict) or listed.get("made_by") != WRITER:
        return None
    files = listed.get("files")
    if not isinstance(files, dict):
        return None
    return {name: str(digest) for name, digest in files.items() if _is_inside(name)}


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        bool(path.parts) and not path.is_absolute() and not set(path.parts) & {"..", ""} and "\\" not in name
    )


def _write_error(path: Path, error: OSError) -> UsageError:
    return UsageError(f"out: cannot write to {path}: {error.strerror or error}")
