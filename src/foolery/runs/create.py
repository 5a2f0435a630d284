"""Opening: how a run's file is made, or found again, for writing."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from foolery.errors import UsageError
from foolery.runs.buffer import explain
from foolery.runs.database import RUN_DB, check_header, connect, connect_writer
from foolery.runs.empty import add_provenance, check_vacant, fill_empty, put_empty
from foolery.runs.lock import RunLock
from foolery.runs.reader import open_with_ledger
from foolery.runs.records import Provenance, RunSettings
from foolery.runs.reign import ChampionRow
from foolery.runs.schema import upgrade_tables
from foolery.runs.validation import Ledger


@dataclass(frozen=True)
class Opened:
    """A run that is open for writing.

    Attributes:
        folder: of the run, or None for a run held in memory.
        lock: held on the folder.
        champions: as they were stored; empty for a new run.
    """

    connection: sqlite3.Connection
    ledger: Ledger
    folder: Path | None
    lock: RunLock | None
    keep_genomes: bool
    champions: tuple[ChampionRow, ...] = ()


def open_new(
    folder: Path | None, settings: RunSettings, provenance: Provenance, *, overwrite: bool, keep_genomes: bool
) -> Opened:
    """Start a run; arguments and errors are those of ``RunWriter.create``."""
    if folder is None:
        connection = connect(":memory:")
        fill_empty(connection, settings, provenance, keep_genomes=keep_genomes)
        return Opened(connection, Ledger(settings), None, None, keep_genomes)
    folder = Path(folder)
    lock = _locked(folder)
    try:
        check_vacant(folder / RUN_DB, overwrite=overwrite)
        put_empty(folder / RUN_DB, settings, provenance, keep_genomes=keep_genomes)
        connection = connect_writer(folder / RUN_DB)
    except BaseException as error:
        lock.release()
        explain(error, folder / RUN_DB, -1)
        raise
    return Opened(connection, Ledger(settings), folder, lock, keep_genomes)


def open_again(folder: Path, settings: RunSettings, provenance: Provenance) -> Opened:
    """Go on with a run; arguments and errors are those of ``RunWriter.resume``."""
    file = Path(folder) / RUN_DB
    check_header(file)
    lock = _locked(file.parent)
    last = -1
    try:
        run, ledger = open_with_ledger(file)
        last = run.generation
        check_same(run.settings, settings, file)
        connection = connect_writer(file)
        try:
            _begin_again(connection, provenance)
        except BaseException:
            connection.close()
            raise
    except BaseException as error:
        lock.release()
        explain(error, file, last)
        raise
    return Opened(connection, ledger, file.parent, lock, run.keeps_genomes, run.champions)


def _begin_again(connection: sqlite3.Connection, provenance: Provenance) -> None:
    connection.execute("BEGIN IMMEDIATE")
    upgrade_tables(connection)
    add_provenance(connection, provenance)
    connection.execute("UPDATE run SET status = 'running'")
    connection.execute("COMMIT")


def check_same(stored: RunSettings, given: RunSettings, file: Path) -> None:
    """Raise UsageError, with all differences, unless a run has the settings that are asked for."""
    differences = stored.differences(given)
    if differences:
        raise UsageError(
            f"{file}: its settings differ from those asked for: {'; '.join(differences)}; "
            f"repeat the run's settings, or choose another folder"
        )


def _locked(folder: Path) -> RunLock:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{folder}: cannot be made a folder ({error.strerror}); choose another one"
        ) from error
    return RunLock(folder)
