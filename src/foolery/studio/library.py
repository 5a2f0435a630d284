"""Shelf: the runs, audits and arms races in one folder, and nothing outside it."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from foolery.errors import UsageError
from foolery.hardening.rounds import round_files
from foolery.report.model.discover import MARKER_FILES, Kind
from foolery.runs.database import sidecars

MAX_DEPTH = 5  # folders below the shelf
MAX_ENTRIES = 1000


@dataclass(frozen=True)
class LibraryEntry:
    """A run, an audit or an arms race.

    Attributes:
        key: what addresses call it: 16 hexadecimal digits of its name's hash.
        name: path from the shelf, with ``/``.
        folder: where it lies.
        kind: ``run``, ``audit`` or ``contest``.
        parent: key of the audit or arms race that it is part of; empty where it stands for itself.
    """

    key: str
    name: str
    folder: Path
    kind: Kind
    parent: str = ""

    @property
    def file(self) -> Path:
        """What makes its folder one."""
        return self.folder / next(name for name, kind in MARKER_FILES.items() if kind == self.kind)


class Library:
    """A folder that may itself be a run. Links in it are not followed.

    Attributes:
        root: the folder, with every link in its own path followed.

    Raises:
        UsageError: there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise UsageError(
                f"RUNS: {folder} is no folder; name one that holds runs, or make it: mkdir {folder}"
            )
        self.root = folder.resolve()
        self._entries: dict[str, LibraryEntry] = {}

    def entries(self) -> list[LibraryEntry]:
        """What lies there now, by name; at most 1000."""
        entries: list[LibraryEntry] = []
        parents: dict[Path, str] = {}
        for place, folders, files in os.walk(self.root, followlinks=False):
            here = Path(place)
            depth = len(here.relative_to(self.root).parts)
            folders[:] = sorted(name for name in folders if depth < MAX_DEPTH and not name.startswith("."))
            parent = next((parents[above] for above in reversed(here.parents) if above in parents), "")
            for file, kind in MARKER_FILES.items():
                if file in files and _is_plain(here / file) and len(entries) < MAX_ENTRIES:
                    entries.append(self._entry(here, kind, parent))
                    if kind != "run":
                        parents[here] = entries[-1].key
        self._entries = {entry.key: entry for entry in entries}
        return sorted(entries, key=lambda entry: (entry.kind, entry.name))

    def find(self, key: str) -> LibraryEntry | None:
        """The entry that an address means, None where there is none (any more)."""
        if key not in self._entries:
            self.entries()
        entry = self._entries.get(key)
        return entry if entry is not None and self._still_there(entry) else None

    def _still_there(self, entry: LibraryEntry) -> bool:
        return _is_plain(entry.file) and entry.folder.resolve() == entry.folder

    def _entry(self, folder: Path, kind: Kind, parent: str) -> LibraryEntry:
        inside = folder.relative_to(self.root).as_posix()
        name = self.root.name if inside == "." else inside
        key = hashlib.sha256(f"{kind} {inside}".encode(errors="surrogatepass")).hexdigest()[:16]
        return LibraryEntry(key, name, folder, kind, parent)


def _is_plain(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()


def file_stamps(entry: LibraryEntry) -> tuple[tuple[int, int], ...]:
    """Changes when the run, audit or arms race is written to."""
    files = [entry.file]
    if entry.kind == "run":
        files += sidecars(entry.file)[:1]  # the shared memory beside it changes when it is read, too
    elif entry.kind == "contest":
        files += round_files(entry.folder)
    stamps = []
    for path in files:
        try:
            status = path.stat()
        except OSError:
            stamps.append((0, 0))
        else:
            stamps.append((status.st_mtime_ns, status.st_size))
    return tuple(stamps)


def seconds_since_write(entry: LibraryEntry) -> float:
    """Seconds since the run was written to."""
    return max(0.0, time.time() - max(stamp[0] for stamp in file_stamps(entry)) / 1e9)


def redact_path(entry: LibraryEntry, text: str) -> str:
    """A message that names an entry as the pages do, not by where it lies on this machine."""
    return text.replace(str(entry.folder), entry.name)
