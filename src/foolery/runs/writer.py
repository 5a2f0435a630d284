"""Writer: records a search, generation by generation, into a run file."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from foolery.errors import FooleryError, UsageError
from foolery.runs.database import RUN_DB, check_header, connect, connect_writer, leave_wal
from foolery.runs.empty import add_provenance, check_vacant, fill_empty, put_empty
from foolery.runs.fault import RecordError
from foolery.runs.history import Moment
from foolery.runs.individual import Individual
from foolery.runs.ledger import Generation, Ledger
from foolery.runs.lock import RunLock
from foolery.runs.pending import Pending
from foolery.runs.reader import load, open_run_file, open_with_ledger
from foolery.runs.reign import CANVAS_HASH, ChampionRow, Reign
from foolery.runs.runfile import RunFile, Status
from foolery.runs.schema import LARGEST_GENOME
from foolery.runs.settings import Provenance, RunSettings

SECONDS_BETWEEN_CHECKPOINTS = 3.0
_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


class RunWriter:
    """The one writer of a run; made by ``create`` or ``resume``, and a context manager.

    Leaving the context without ``close`` closes the run as interrupted.

    Attributes:
        folder: of the run, or None for a run held in memory.
        champions: as they were stored when the run was resumed; empty for a new one.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        ledger: Ledger,
        *,
        folder: Path | None,
        lock: RunLock | None,
        keep_genomes: bool,
        checkpoint_every: int | None,
        champions: tuple[ChampionRow, ...] = (),
    ) -> None:
        self.folder = folder
        self.champions = champions
        self._connection = connection
        self._ledger = ledger
        self._lock = lock
        self._keep_genomes = keep_genomes
        self._checkpoint_every = checkpoint_every
        self._pending = Pending()
        self._incoming: tuple[Generation, Mapping[int, str]] | None = None
        self._stored_generation = ledger.generation
        self._stored_at = time.monotonic()
        self._closed = False
        self._failed = False
        self._last: RunFile | None = None

    @classmethod
    def create(
        cls,
        folder: Path | None,
        settings: RunSettings,
        provenance: Provenance,
        *,
        overwrite: bool = False,
        keep_genomes: bool,
        checkpoint_every: int | None = None,
    ) -> Self:
        """Start a run in ``folder``, which is made if need be, or in memory where it is None.

        Args:
            folder: where ``run.db`` is put.
            settings: decide what the run computes.
            provenance: where and with what it is computed.
            overwrite: whether a run that is there already is replaced; other files stay in any case.
            keep_genomes: whether former champions keep their genomes too.
            checkpoint_every: generations between checkpoints; by default one is due every 3 seconds.

        Raises:
            UsageError: the folder holds another run, is being written, or cannot be written.
            FooleryError: no space is left.
        """
        _check_interval(checkpoint_every)
        if folder is None:
            connection, lock = connect(":memory:"), None
            fill_empty(connection, settings, provenance, keep_genomes=keep_genomes)
        else:
            folder = Path(folder)
            lock = _locked(folder)
            try:
                check_vacant(folder / RUN_DB, overwrite=overwrite)
                put_empty(folder / RUN_DB, settings, provenance, keep_genomes=keep_genomes)
                connection = connect_writer(folder / RUN_DB)
            except BaseException as error:
                lock.release()
                _explain(error, folder / RUN_DB, -1)
                raise
        return cls(
            connection,
            Ledger(settings),
            folder=folder,
            lock=lock,
            keep_genomes=keep_genomes,
            checkpoint_every=checkpoint_every,
        )

    @classmethod
    def resume(
        cls,
        folder: Path,
        settings: RunSettings,
        provenance: Provenance,
        *,
        checkpoint_every: int | None = None,
    ) -> Self:
        """Go on with the run in ``folder`` from its last checkpoint.

        Raises:
            UsageError: no readable run is there, its settings differ, or another process writes it.
            FooleryError: no space is left.
        """
        _check_interval(checkpoint_every)
        file = Path(folder) / RUN_DB
        check_header(file)
        lock = _locked(file.parent)
        last = -1
        try:
            run, ledger = open_with_ledger(file)
            last = run.generation
            _check_same(run.settings, settings, file)
            connection = connect_writer(file)
            try:
                connection.execute("BEGIN IMMEDIATE")
                add_provenance(connection, provenance)
                connection.execute("UPDATE run SET status = 'running'")
                connection.execute("COMMIT")
            except BaseException:
                connection.close()
                raise
        except BaseException as error:
            lock.release()
            _explain(error, file, last)
            raise
        return cls(
            connection,
            ledger,
            folder=file.parent,
            lock=lock,
            keep_genomes=run.keeps_genomes,
            checkpoint_every=checkpoint_every,
            champions=run.champions,
        )

    @property
    def generation(self) -> int:
        """The last recorded generation, or -1."""
        return self._ledger.generation

    @property
    def queries(self) -> int:
        """Images classified until then."""
        return 0 if self._ledger.latest is None else int(self._ledger.latest.queries)

    @property
    def jumps(self) -> int:
        """Cell replacements until then."""
        return 0 if self._ledger.latest is None else int(self._ledger.latest.jumps)

    @property
    def seconds(self) -> float:
        """Of search until then, summed over resumes."""
        return 0.0 if self._ledger.latest is None else float(self._ledger.latest.seconds)

    def record(
        self,
        moment: Moment,
        newcomers: Sequence[Individual],
        reigns: Sequence[Reign],
        hashes: Mapping[int, str],
    ) -> None:
        """Take in one generation, and store all that is pending when a checkpoint is due.

        Args:
            moment: of the generation that follows the last one.
            newcomers: the individuals of this generation that took a cell in it, with their genomes.
            reigns: which cells they took, at most one reign per cell.
            hashes: individual number to canvas hash, for all newcomers.

        Raises:
            UsageError: the records break a rule of a run, for instance with a score that is not finite.
            FooleryError: the run is closed, or the disk did not take the checkpoint.
        """
        self._check_open()
        record = Generation(moment, tuple(newcomers), tuple(reigns))
        try:
            self._ledger.check(record)
            _check_newcomers(record.newcomers, hashes)
        except RecordError as fault:
            raise UsageError(f"generation {moment.generation} cannot be recorded: {fault}") from fault
        self._incoming = (record, hashes)
        self._take_in()
        if self._is_due():
            self.checkpoint()

    def checkpoint(self) -> None:
        """Store all that is pending, in one transaction.

        Raises:
            FooleryError: the disk did not take it; the checkpoint before it stays readable.
        """
        self._check_open()
        self._store("running")

    def snapshot(self) -> RunFile:
        """The run as it is now; open runs are stored first."""
        if not self._closed:
            self.checkpoint()
            return load(self._connection, self._file)[0]
        if self._last is not None:
            return self._last
        if self._file is None:
            raise FooleryError("run: it was held in memory and is gone")
        return open_run_file(self._file)

    def close(self, status: Literal["interrupted", "finished"]) -> None:
        """Store all that is pending, make the run one file, and let go of it; once is enough.

        Raises:
            FooleryError: the disk did not take it; the checkpoint before it stays readable.
        """
        if self._closed:
            return
        try:
            if self._failed:
                with suppress(sqlite3.Error):
                    leave_wal(self._connection)
            else:
                self._take_in()
                self._store(status)
                self._settle()
        finally:
            self._closed = True
            with suppress(sqlite3.Error):
                self._connection.close()
            if self._lock is not None:
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close("interrupted")
        else:
            with suppress(FooleryError):
                self.close("interrupted")

    @property
    def _file(self) -> Path | None:
        return None if self.folder is None else self.folder / RUN_DB

    def _check_open(self) -> None:
        if self._closed or self._failed:
            raise FooleryError(f"{self._file or 'run'}: the run is closed; nothing more can be recorded")

    def _is_due(self) -> bool:
        if self._checkpoint_every is not None:
            return len(self._pending.moments) >= self._checkpoint_every
        return time.monotonic() - self._stored_at >= SECONDS_BETWEEN_CHECKPOINTS

    def _take_in(self) -> None:
        # An interrupt may strike anywhere in here; close() then does it again, to the same effect.
        if self._incoming is None:
            return
        record, hashes = self._incoming
        self._pending.add(record, hashes)
        gone = self._ledger.enter(record)
        if not self._keep_genomes:
            self._pending.fade(gone)
        self._incoming = None

    def _store(self, status: Status) -> None:
        try:
            self._pending.store(self._connection, status, self.generation)
        except sqlite3.Error as error:
            self._failed = True
            _explain(error, self._file, self._stored_generation)
            raise
        self._pending = Pending()
        self._stored_generation = self.generation
        self._stored_at = time.monotonic()

    def _settle(self) -> None:
        if self._file is None:
            self._last = load(self._connection, None)[0]
            return
        try:
            leave_wal(self._connection)
        except sqlite3.Error as error:
            _explain(error, self._file, self._stored_generation)
            raise


def _check_interval(checkpoint_every: int | None) -> None:
    if checkpoint_every is not None and checkpoint_every < 1:
        raise UsageError(
            f"checkpoint-every: expected a whole number of generations, at least 1, got {checkpoint_every}"
        )


def _check_newcomers(newcomers: Sequence[Individual], hashes: Mapping[int, str]) -> None:
    for one in newcomers:
        if not isinstance(one.genome, bytes) or len(one.genome) > LARGEST_GENOME:
            raise RecordError(f"individual {one.number}: expected a genome of at most {LARGEST_GENOME} bytes")
        if not CANVAS_HASH.fullmatch(hashes.get(one.number, "")):
            raise RecordError(f"individual {one.number}: expected the SHA-256 of its canvas")


def _check_same(stored: RunSettings, given: RunSettings, file: Path) -> None:
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


def _explain(error: BaseException, file: Path | None, stored: int) -> None:
    """Raise the FooleryError for a failure of the disk; do nothing for other errors."""
    if not isinstance(error, sqlite3.Error | OSError):
        return
    reason = error.strerror if isinstance(error, OSError) else str(error)
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR) & 0xFF
    remedy = "make room and" if code in _DISK else "then"
    state = (
        f"the last checkpoint, at generation {stored}, is readable; {remedy} continue with --resume"
        if stored >= 0
        else f"no generation is stored yet; {remedy} start again"
    )
    hint = ", is the disk full?" if code == sqlite3.SQLITE_IOERR else ""
    raise FooleryError(f"{file or 'run'}: could not be written ({reason}{hint}); {state}") from error
