"""Scratch: a piece is worked on where locks work, and copied to where they may not.

SQLite needs locks that work and shared memory, and network disks have neither for sure. Its own backup gives
a whole copy of a file that is being written.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from foolery.errors import FooleryError, UsageError
from foolery.files import atomic
from foolery.runs.database import RUN_DB, SIDECAR_SUFFIXES
from foolery.sweep.status import NOTE

_PASSING = (".part", ".lock", *SIDECAR_SUFFIXES)


@contextmanager
def mirrored(folder: Path, scratch: Path, every: float) -> Iterator[Path]:
    """A folder on the local disk that begins as ``folder`` is, and is copied to it.

    Args:
        folder: on a disk where SQLite may not work.
        scratch: on a local disk; what is left in it from a killed process is thrown away.
        every: seconds between copies; the last one is made at the end, also after an error.

    Raises:
        UsageError: ``scratch`` cannot be written.
        FooleryError: a copy could not be made; the copies before it stay whole.
    """
    try:
        shutil.rmtree(scratch, ignore_errors=True)
        if folder.is_dir():
            shutil.copytree(
                folder, scratch, ignore=shutil.ignore_patterns(NOTE, *(f"*{one}" for one in _PASSING))
            )
        scratch.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"--scratch: {scratch} cannot be written ({error.strerror}); name another folder"
        ) from error
    copies = _Copies(scratch, folder, every)
    try:
        yield scratch
    finally:
        copies.finish()
    if copies.fault is not None:
        raise FooleryError(f"{folder}: cannot be written ({copies.fault}); {scratch} has the whole of it")
    shutil.rmtree(scratch, ignore_errors=True)


class _Copies:
    """Copies a folder again and again, in a thread of its own, until ``finish``."""

    def __init__(self, source: Path, target: Path, every: float) -> None:
        self.fault: str | None = None
        self._source, self._target, self._every = source, target, every
        self._states: dict[Path, tuple[int, int]] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="foolery-copies", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """End the thread, and make the last copy."""
        self._end.set()
        self._thread.join()
        self._copy()

    def _run(self) -> None:
        while not self._end.wait(self._every):
            self._copy()

    def _copy(self) -> None:
        """Documents first: a run file that is ahead of its document is what a killed process leaves too."""
        try:
            files = [path for path in sorted(self._source.rglob("*")) if path.is_file()]
            files = [path for path in files if not path.name.endswith(_PASSING) and path.name != NOTE]
            for path in sorted(files, key=lambda one: one.name == RUN_DB):
                self._copy_file(path)
            self.fault = None
        except sqlite3.Error as error:
            self.fault = str(error)
        except OSError as error:
            self.fault = error.strerror or str(error)

    def _copy_file(self, path: Path) -> None:
        try:
            state = path.stat()
        except FileNotFoundError:  # it was there when the folder was listed
            return
        log = path.with_name(f"{path.name}-wal")
        now = (state.st_mtime_ns, state.st_size + (log.stat().st_mtime_ns if log.exists() else 0))
        if self._states.get(path) == now:
            return
        with atomic(self._target / path.relative_to(self._source)) as part:
            if path.name == RUN_DB:
                snapshot(path, part)
            else:
                shutil.copyfile(path, part)
        self._states[path] = now


def snapshot(file: Path, copy: Path) -> None:
    """A whole copy of a run file that may be written meanwhile; no lock is asked for at its place."""
    near = file.with_name(f"{file.name}.copy")
    near.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(near)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE").fetchone()
        shutil.copyfile(near, copy)
    finally:
        for ending in ("", *SIDECAR_SUFFIXES):
            near.with_name(near.name + ending).unlink(missing_ok=True)
    with open(copy, "rb") as stream:
        os.fsync(stream.fileno())
