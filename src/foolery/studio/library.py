"""The runs, audits and arms races in one folder, and nothing outside it."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

from foolery.errors import UsageError
from foolery.report.artifact import MARKER_FILES, Artifact, Kind, open_artifact, walk_artifacts
from foolery.untrusted import escaped

MAX_DEPTH = 5  # folders below the library's
MAX_ENTRIES = 1000


@dataclass(frozen=True)
class LibraryEntry:
    """A run, an audit or an arms race.

    Attributes:
        key: what addresses call it: 16 hexadecimal digits of its name's hash.
        name: path from the library's folder, with ``/``.
        folder: where it lies.
        kind: what it is.
        parent: key of the audit or arms race that it is part of; empty where it stands for itself.
    """

    key: str
    name: str
    folder: Path
    kind: Kind
    parent: str = ""

    def open(self) -> Artifact:
        """What lies there."""
        return open_artifact(self.folder)

    def file_stamps(self) -> tuple[tuple[int, int], ...]:
        """Time and size of its files: they change when it is written to."""
        stamps = []
        for path in self.open().files:
            try:
                status = path.stat()
            except OSError:
                stamps.append((0, 0))
            else:
                stamps.append((status.st_mtime_ns, status.st_size))
        return tuple(stamps)

    def seconds_since_write(self) -> float:
        """Seconds since it was written to."""
        return max(0.0, time.time() - max(time_ns for time_ns, _ in self.file_stamps()) / 1e9)

    def name_in(self, other: LibraryEntry) -> str:
        """Its name as that of a part of ``other``."""
        return escaped(self.folder.relative_to(other.folder).as_posix())

    def redact_path(self, text: str) -> str:
        """A message that names the entry as the pages do, not by where it lies on this machine."""
        return escaped(text.replace(str(self.folder), self.name))


class Library:
    """A folder, which may itself be a run. Links in it are not followed.

    Attributes:
        root: the folder, with every link in its own path followed.

    Raises:
        UsageError: there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise UsageError(
                f"RUNS: {folder} is not a folder; name one that holds runs, or make it: mkdir {folder}"
            )
        self.root = folder.resolve()
        self._entries: dict[str, LibraryEntry] = {}

    def entries(self) -> list[LibraryEntry]:
        """What lies there now, audits and arms races first, by name; at most 1000."""
        entries: list[LibraryEntry] = []
        parents: dict[Path, str] = {}
        for folder, kind in walk_artifacts(self.root, MAX_DEPTH, nested=True):
            if len(entries) == MAX_ENTRIES:
                break
            parent = next((parents[above] for above in reversed(folder.parents) if above in parents), "")
            entries.append(self._entry(folder, kind, parent))
            if kind != "run":
                parents[folder] = entries[-1].key
        self._entries = {entry.key: entry for entry in entries}
        order = list(MARKER_FILES.values())
        return sorted(entries, key=lambda entry: (order.index(entry.kind), entry.name))

    def find(self, key: str) -> LibraryEntry | None:
        """The entry of an address, None where there is none, or none any more."""
        if key not in self._entries:
            self.entries()
        entry = self._entries.get(key)
        return entry if entry is not None and self._still_there(entry) else None

    def _still_there(self, entry: LibraryEntry) -> bool:
        markers = [entry.folder / name for name, kind in MARKER_FILES.items() if kind == entry.kind]
        is_plain = any(marker.is_file() and not marker.is_symlink() for marker in markers)
        return is_plain and entry.folder.resolve() == entry.folder

    def _entry(self, folder: Path, kind: Kind, parent: str) -> LibraryEntry:
        inside = folder.relative_to(self.root).as_posix()
        name = self.root.name if inside == "." else inside
        key = hashlib.sha256(f"{kind} {inside}".encode(errors="surrogatepass")).hexdigest()[:16]
        return LibraryEntry(key, escaped(name), folder, kind, parent)
