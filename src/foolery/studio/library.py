"""Shelf: the runs, audits and arms races in one folder, and nothing outside it."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from foolery.errors import UsageError
from foolery.hardening.rounds import files_of
from foolery.report.model.discover import FILES, Kind
from foolery.runs.database import companions

DEEPEST = 5  # folders below the shelf
MOST = 1000


@dataclass(frozen=True)
class Entry:
    """A run, an audit or an arms race.

    Attributes:
        key: what addresses call it: 16 hexadecimal digits of its name's hash.
        name: path from the shelf, with ``/``.
        folder: where it lies.
        kind: ``run``, ``audit`` or ``contest``.
        within: key of the audit or arms race that it is part of; empty where it stands for itself.
    """

    key: str
    name: str
    folder: Path
    kind: Kind
    within: str = ""

    @property
    def file(self) -> Path:
        """What makes its folder one."""
        return self.folder / next(name for name, kind in FILES.items() if kind == self.kind)


class Shelf:
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
        self._known: dict[str, Entry] = {}

    def entries(self) -> list[Entry]:
        """What lies there now, by name; at most 1000."""
        found: list[Entry] = []
        wholes: dict[Path, str] = {}
        for place, folders, files in os.walk(self.root, followlinks=False):
            here = Path(place)
            deep = len(here.relative_to(self.root).parts)
            folders[:] = sorted(name for name in folders if deep < DEEPEST and not name.startswith("."))
            within = next((wholes[above] for above in reversed(here.parents) if above in wholes), "")
            for file, kind in FILES.items():
                if file in files and _is_plain(here / file) and len(found) < MOST:
                    found.append(self._entry(here, kind, within))
                    if kind != "run":
                        wholes[here] = found[-1].key
        self._known = {entry.key: entry for entry in found}
        return sorted(found, key=lambda entry: (entry.kind, entry.name))

    def find(self, key: str) -> Entry | None:
        """The entry that an address means, None where there is none (any more)."""
        if key not in self._known:
            self.entries()
        entry = self._known.get(key)
        return entry if entry is not None and self._still_there(entry) else None

    def _still_there(self, entry: Entry) -> bool:
        return _is_plain(entry.file) and entry.folder.resolve() == entry.folder

    def _entry(self, folder: Path, kind: Kind, within: str) -> Entry:
        inside = folder.relative_to(self.root).as_posix()
        name = self.root.name if inside == "." else inside
        key = hashlib.sha256(f"{kind} {inside}".encode(errors="surrogatepass")).hexdigest()[:16]
        return Entry(key, name, folder, kind, within)


def _is_plain(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()


def stamp_of(entry: Entry) -> tuple[tuple[int, int], ...]:
    """Changes when the run, audit or arms race is written to."""
    files = [entry.file]
    if entry.kind == "run":
        files += companions(entry.file)[:1]  # the shared memory beside it changes when it is read, too
    elif entry.kind == "contest":
        files += files_of(entry.folder)
    stamps = []
    for path in files:
        try:
            found = path.stat()
        except OSError:
            stamps.append((0, 0))
        else:
            stamps.append((found.st_mtime_ns, found.st_size))
    return tuple(stamps)


def age_of(entry: Entry) -> float:
    """Seconds since the run was written to."""
    return max(0.0, time.time() - max(stamp[0] for stamp in stamp_of(entry)) / 1e9)


def without_path(entry: Entry, said: str) -> str:
    """A message that names an entry as the pages do, not by where it lies on this machine."""
    return said.replace(str(entry.folder), entry.name)
