"""Opening a run for writing: a new one, or one that is resumed."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from foolery.errors import UsageError
from foolery.files import atomic
from foolery.runs.buffer import raise_disk_error
from foolery.runs.database import (
    LOCK_NAME,
    RUN_DB,
    RunLock,
    check_header,
    check_no_link,
    connect,
    connect_writer,
    leave_wal,
    sidecars,
)
from foolery.runs.errors import RunFileError
from foolery.runs.reader import open_with_validator
from foolery.runs.records import ChampionRow
from foolery.runs.schema import create_tables, upgrade_tables
from foolery.runs.settings import Provenance, RunSettings
from foolery.runs.validation import RunValidator


def create_empty(
    connection: sqlite3.Connection, settings: RunSettings, provenance: Provenance, *, keep_genomes: bool
) -> None:
    """Make an empty database an empty run, in one transaction."""
    connection.execute("BEGIN")
    create_tables(connection)
    connection.execute(
        "INSERT INTO run (status, generation, keeps_genomes, settings) VALUES ('running', -1, ?, ?)",
        (int(keep_genomes), settings.model_dump_json()),
    )
    add_provenance(connection, provenance)
    connection.execute("COMMIT")


def add_provenance(connection: sqlite3.Connection, provenance: Provenance) -> None:
    """Record where and with what the run continues from here."""
    connection.execute("INSERT INTO provenances (provenance) VALUES (?)", (provenance.model_dump_json(),))


def write_empty(file: Path, settings: RunSettings, provenance: Provenance, *, keep_genomes: bool) -> None:
    """Write an empty run to ``file``, in the place of what is there; it is never half written.

    Raises:
        sqlite3.Error, OSError: nothing was replaced.
    """
    with atomic(file) as part:
        for stale in (part, *sidecars(part)):
            stale.unlink(missing_ok=True)
        connection = connect(str(part))
        try:
            create_empty(connection, settings, provenance, keep_genomes=keep_genomes)
        finally:
            connection.close()
        for stale in sidecars(file):  # a log of another database must not be replayed into this one
            stale.unlink(missing_ok=True)


def delete_run(file: Path) -> None:
    """Remove the run in ``file`` and what SQLite keeps beside it; ``check_free`` has allowed it.

    Raises:
        UsageError: another process is writing it, or it cannot be removed.
    """
    if not file.exists():
        return
    lock = RunLock(file.parent)
    try:
        for stale in (file, *sidecars(file)):
            stale.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{file}: cannot be removed ({error.strerror})") from error
    finally:
        lock.release()


def make_one_file(folder: Path) -> None:
    """Where a process was killed after the last generation of a run, do what it did not come to.

    SQLite's log goes into ``run.db``, so that it can be copied alone, and the lock that nobody holds goes.
    """
    file = folder / RUN_DB
    if not any(each.exists() for each in (*sidecars(file), folder / LOCK_NAME)):
        return
    check_no_link(file)
    try:
        lock = RunLock(folder)
    except UsageError:  # another process writes it, or the folder cannot be written: it is whole as it is
        return
    try:
        connection = connect(str(file))
        try:
            leave_wal(connection)
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        raise_disk_error(error, file, -1)
        raise
    finally:
        lock.release()


def check_free(file: Path, *, overwrite: bool) -> None:
    """Raise UsageError where another run, or a file of another program, is in the way of a new run."""
    folder = file.parent
    if not file.exists() or (file.is_file() and file.stat().st_size == 0):
        return
    if not overwrite:
        raise UsageError(
            f"{folder}: already holds a run ({file.name}); continue it with --resume, replace it with "
            f"--overwrite, or choose another folder"
        )
    try:
        check_header(file)
    except RunFileError as error:
        raise UsageError(f"{error}; it is not overwritten: move it away or choose another folder") from error


@dataclass(frozen=True)
class OpenRun:
    """A run that is open for writing.

    Attributes:
        folder: of the run, or None for a run held in memory.
        lock: held on the folder.
        champions: as they were stored; empty for a new run.
        moved: what is different of the machine of a resumed run, where scores may differ; else None.
    """

    connection: sqlite3.Connection
    validator: RunValidator
    folder: Path | None
    lock: RunLock | None
    keep_genomes: bool
    champions: tuple[ChampionRow, ...] = ()
    moved: str | None = None


def open_new(
    folder: Path | None, settings: RunSettings, provenance: Provenance, *, overwrite: bool, keep_genomes: bool
) -> OpenRun:
    """Start a run; arguments and errors are those of ``RunWriter.create``."""
    if folder is None:
        connection = connect(":memory:")
        create_empty(connection, settings, provenance, keep_genomes=keep_genomes)
        return OpenRun(connection, RunValidator(settings), None, None, keep_genomes)
    folder = Path(folder)
    lock = _lock(folder)
    try:
        check_free(folder / RUN_DB, overwrite=overwrite)
        write_empty(folder / RUN_DB, settings, provenance, keep_genomes=keep_genomes)
        connection = connect_writer(folder / RUN_DB)
    except BaseException as error:
        lock.release()
        raise_disk_error(error, folder / RUN_DB, -1)
        raise
    return OpenRun(connection, RunValidator(settings), folder, lock, keep_genomes)


def reopen(folder: Path, settings: RunSettings, provenance: Provenance) -> OpenRun:
    """Continue a run; arguments and errors are those of ``RunWriter.resume``."""
    file = Path(folder) / RUN_DB
    check_no_link(file)
    check_header(file)
    lock = _lock(file.parent)
    last = -1
    try:
        run, validator = open_with_validator(file)
        last = run.generation
        check_same_settings(run.settings, settings, file)
        connection = connect_writer(file)
        try:
            _resume(connection, provenance)
        except BaseException:
            connection.close()
            raise
    except BaseException as error:
        lock.release()
        raise_disk_error(error, file, last)
        raise
    moved = provenance.moved_from(run.provenances[-1]) if run.provenances else None
    return OpenRun(connection, validator, file.parent, lock, run.keeps_genomes, run.champions, moved)


def _resume(connection: sqlite3.Connection, provenance: Provenance) -> None:
    connection.execute("BEGIN IMMEDIATE")
    upgrade_tables(connection)
    add_provenance(connection, provenance)
    connection.execute("UPDATE run SET status = 'running'")
    connection.execute("COMMIT")


def check_same_settings(stored: RunSettings, requested: RunSettings, file: Path) -> None:
    """Raise UsageError, with all differences, unless a run has the settings that are asked for."""
    differences = stored.differences(requested)
    if differences:
        raise UsageError(
            f"{file}: its settings differ from those asked for: {'; '.join(differences)}; "
            f"repeat the run's settings, or choose another folder"
        )


def _lock(folder: Path) -> RunLock:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{folder}: cannot be made a folder ({error.strerror}); choose another one"
        ) from error
    return RunLock(folder)
