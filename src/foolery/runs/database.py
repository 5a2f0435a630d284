"""Database: how a run's SQLite file is opened, for writing and for reading."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from foolery.errors import JournalWarning, UsageError
from foolery.runs.disk_locks import LOCKLESS, missing_locks
from foolery.runs.errors import InUseError, RunFileError
from foolery.runs.schema import APPLICATION_ID, FORMAT, LARGEST_GENOME

if TYPE_CHECKING:
    from filelock import BaseFileLock


RUN_DB = "run.db"
SIDECAR_SUFFIXES = ("-wal", "-shm", "-journal")  # files that SQLite keeps beside a database

_MAGIC = b"SQLite format 3\0"
_HEADER = 100  # bytes, see "The Database Header" in SQLite's description of its file format
# What SQLite answers where it may not create or recover the files that belong to a database.
_NEEDS_A_COPY = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
_ROW = 4096  # bytes of a row beside its genome
_PATIENCE = 5.0  # seconds that a reader may keep the writer from leaving WAL mode
_WAIT, _SHORT_WAIT = 10.0, 0.5  # seconds that one waits for the others' locks, and where there are none
# What SQLite answers where a disk keeps no locks, and where somebody holds one.
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL)


def sidecars(file: Path) -> list[Path]:
    """The paths of the files that SQLite may keep beside ``file``."""
    return [file.with_name(file.name + ending) for ending in SIDECAR_SUFFIXES]


def _nearest(file: Path) -> str:
    """What to give instead of ``file``, which is missing."""
    inside = sorted(file.parent.glob(f"*/{RUN_DB}")) if file.parent.is_dir() else []
    if not inside:
        return f"expected the folder of a run, or its {RUN_DB}"
    return (
        f"{len(inside)} of its folders hold runs: {inside[0].parent} …"
        if inside[1:]
        else f"try {inside[0].parent}"
    )


def check_no_link(file: Path) -> None:
    """Raise RunFileError where ``file``, which is to be written, or a file beside it, is a link."""
    linked = next((each for each in (file, *sidecars(file)) if each.is_symlink()), None)
    if linked is not None:
        raise RunFileError(
            f"{linked}: is a link, and nothing is written through one; copy what it leads to into its place, "
            "or choose another folder"
        )


def check_header(file: Path) -> None:
    """Raise RunFileError unless ``file`` is an SQLite file of foolery in a format that this one reads."""
    try:
        if not file.is_file():
            raise RunFileError(f"{file}: no run there; {_nearest(file)}")
        for beside in sidecars(file):  # SQLite would open a pipe, and wait
            if beside.exists() and not (beside.is_file() or beside.is_dir()):
                raise RunFileError(f"{beside}: it is no regular file; remove it")
        with file.open("rb") as stream:
            header = stream.read(_HEADER)
    except OSError as error:
        raise RunFileError(f"{file}: cannot be read ({error.strerror})") from error
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise RunFileError(f"{file}: not a run file; expected an SQLite file that foolery wrote")
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise RunFileError(f"{file}: not a run file; it is an SQLite file of another program")
    version = int.from_bytes(header[60:64], "big")
    if version > FORMAT:
        raise RunFileError(
            f"{file}: made by a newer foolery (format {version}; this one reads up to {FORMAT}): "
            f"upgrade foolery"
        )
    if version < 1:
        raise RunFileError(f"{file}: not a run file; its format is {version}")
    if _is_cut_short(file, header):
        raise RunFileError(f"{file}: cut short; copy it again from where it was made")


def _is_cut_short(file: Path, header: bytes) -> bool:
    """Whether pages are missing at the end; of a file that is being written the header may run ahead."""
    if any(beside.exists() for beside in sidecars(file)) or header[24:28] != header[92:96]:
        return False
    size, pages = int.from_bytes(header[16:18], "big"), int.from_bytes(header[28:32], "big")
    return pages * (65536 if size == 1 else size) > file.stat().st_size


def connect(name: str, timeout: float = _WAIT) -> sqlite3.Connection:
    """Open ``name`` (a path, a URI or ``:memory:``) so that what a stranger put into it cannot run.

    Transactions are begun and committed by hand. The connection may be used by one thread at a time.
    ``timeout`` is in seconds: how long it waits for others.
    """
    connection = sqlite3.connect(
        name, timeout=timeout, isolation_level=None, check_same_thread=False, uri=name.startswith("file:")
    )
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_GENOME + _ROW)
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def connect_writer(file: Path) -> sqlite3.Connection:
    """Open an existing run for writing, in WAL mode; without shared memory, with a plain journal.

    NORMAL syncs when pages move from the log into the file, not at each commit: a killed process loses
    no checkpoint, and a power cut may lose the last ones but leaves an intact older state.
    """
    connection = connect(str(file))
    try:
        connection.execute("PRAGMA synchronous = NORMAL")
        answer = str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        if answer.lower() != "wal":  # SQLite says no by naming another mode, and raises nothing
            connection.close()
            return _connect_without_wal(file, f"its journal stays {answer}")
        _check_writable(connection)
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise
        return _connect_without_wal(file, str(error))
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_without_wal(file: Path, reason: str) -> sqlite3.Connection:
    """For network disks, where processes cannot share memory; readers wait while a checkpoint is written.

    One line says so, with ``reason``.
    """
    warnings.warn(
        f"{file}: written without a write-ahead log ({reason}); on a network disk, sweep --scratch is safer",
        JournalWarning,
        stacklevel=2,
    )
    connection = connect(str(file))
    try:
        # Alone, SQLite needs no shared memory to leave WAL mode, which the file may say already.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchone()
        connection.execute("PRAGMA journal_mode = TRUNCATE").fetchone()
        connection.execute("PRAGMA locking_mode = NORMAL").fetchone()
        connection.execute("PRAGMA synchronous = FULL")
        _check_writable(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_writable(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("ROLLBACK")


def leave_wal(connection: sqlite3.Connection) -> None:
    """Make the database one file again. Where a reader stays in it, the log is emptied and left."""
    deadline = time.monotonic() + _PATIENCE
    connection.execute("PRAGMA busy_timeout = 100")
    while True:
        try:
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            if time.monotonic() > deadline:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                return
            time.sleep(0.02)  # not every step in there waits for the timeout


@contextmanager
def open_readonly(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection that sees one state of ``file`` and cannot change it.

    A file that was left in WAL mode on a read-only disk cannot be opened where it lies; a temporary
    copy of it is. On a disk that keeps no locks, where nobody writes, it is read without one.

    Raises:
        RunFileError: SQLite cannot open it.
    """
    name = f"{file.absolute().as_uri()}?mode=ro"
    lockless = bool(missing_locks(file.parent))
    with ExitStack() as stack:
        try:
            connection = _connect_readonly(name, _SHORT_WAIT if lockless else _WAIT)
        except sqlite3.Error as error:
            code = error.sqlite_errorcode & 0xFF
            if code not in _NEEDS_A_COPY and not (lockless and code in _LOCKED):
                raise
            connection = _connect_elsewise(stack, file, f"{name}&nolock=1" if lockless else "")
        stack.callback(connection.close)
        yield connection


def _connect_elsewise(stack: ExitStack, file: Path, name: str) -> sqlite3.Connection:
    """By another ``name``, if there is one; or else to a temporary copy, which ``stack`` removes."""
    if name:
        with suppress(sqlite3.Error):
            return _connect_readonly(name)
    copy = _copy(file, Path(stack.enter_context(TemporaryDirectory(prefix="foolery-"))))
    return _connect_readonly(str(copy))


def _connect_readonly(name: str, timeout: float = _WAIT) -> sqlite3.Connection:
    connection = connect(name, timeout)
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _copy(file: Path, folder: Path) -> Path:
    copy = folder / RUN_DB
    shutil.copyfile(file, copy)
    for source, target in zip(sidecars(file), sidecars(copy), strict=True):
        if source.is_file() and not source.name.endswith("-shm"):
            shutil.copyfile(source, target)
    return copy


LOCK_NAME = "run.lock"


class RunLock:
    """Held on ``RUN/run.lock``, or another file, until ``release``, which removes the file.

    The operating system drops the lock of a killed process; the file that it leaves blocks nobody.

    Raises:
        InUseError: another process holds it.
        UsageError: the folder cannot be written.
    """

    def __init__(self, folder: Path, name: str = LOCK_NAME, what: str = "run") -> None:
        from filelock import FileLock, Timeout

        self._path = folder / name
        if self._path.is_symlink():  # to open it would truncate what it leads to
            raise UsageError(f"{self._path}: is a link; remove it, or choose another folder")
        self._lock: BaseFileLock = FileLock(self._path, thread_local=False)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise InUseError(
                f"{folder}: another process is writing this {what}; wait for it, stop it, or "
                f"choose another folder"
            ) from None
        except OSError as error:
            if error.errno not in LOCKLESS:
                raise UsageError(
                    f"{folder}: cannot be written ({error.strerror}); choose another folder"
                ) from error
            reason = str(error.strerror)
        else:
            reason = missing_locks(self._path)
        if reason:
            with suppress(OSError):
                self._path.unlink()
            self._lock.release()
            raise UsageError(
                f"{folder}: its disk keeps no locks ({reason}), which a {what} needs while it is written; "
                "choose a folder on another disk"
            )

    def release(self) -> None:
        """Remove the file and let go of it; a second call does nothing."""
        if not self._lock.is_locked:
            return
        # Removed while held: whoever opened it meanwhile finds that it has no name any more and is refused.
        with suppress(OSError):
            self._path.unlink()
        self._lock.release()
        if os.name == "nt":  # an open file cannot be removed there, so a new holder's is safe
            with suppress(OSError):
                self._path.unlink()
