"""Empty run: a run file that holds settings, a first provenance and no generation."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from foolery.errors import UsageError
from foolery.runs.database import check_header, companions, connect
from foolery.runs.errors import RunFileError
from foolery.runs.lock import RunLock
from foolery.runs.records import Provenance, RunSettings
from foolery.runs.schema import create_tables


def fill_empty(
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
    """Say where and with what the run goes on from here."""
    connection.execute("INSERT INTO provenances (provenance) VALUES (?)", (provenance.model_dump_json(),))


def put_empty(file: Path, settings: RunSettings, provenance: Provenance, *, keep_genomes: bool) -> None:
    """Write an empty run to ``file``, in the place of what is there; it is never half written.

    Raises:
        sqlite3.Error, OSError: nothing was replaced.
    """
    part = file.with_name(f"{file.name}.part")
    try:
        for stale in (part, *companions(part)):
            stale.unlink(missing_ok=True)
        connection = connect(str(part))
        try:
            fill_empty(connection, settings, provenance, keep_genomes=keep_genomes)
        finally:
            connection.close()
        for stale in companions(file):  # a log of another database must not be replayed into this one
            stale.unlink(missing_ok=True)
        os.replace(part, file)
    finally:
        part.unlink(missing_ok=True)


def vacate(file: Path) -> None:
    """Remove the run in ``file`` and what SQLite keeps beside it; ``check_vacant`` has allowed it.

    Raises:
        UsageError: another process is writing it, or it cannot be removed.
    """
    if not file.exists():
        return
    lock = RunLock(file.parent)
    try:
        for stale in (file, *companions(file)):
            stale.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{file}: cannot be removed ({error.strerror})") from error
    finally:
        lock.release()


def check_vacant(file: Path, *, overwrite: bool) -> None:
    """Raise UsageError where an empty run may not be put: another run is there, or a stranger's file."""
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
