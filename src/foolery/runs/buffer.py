"""Journal: takes in a search generation by generation, and stores it from checkpoint to checkpoint.

It works on one thread, the scribe's; see ``RunWriter`` for what the search sees of it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from foolery.errors import FooleryError, UsageError
from foolery.runs.database import leave_wal
from foolery.runs.errors import RecordError
from foolery.runs.event import Event
from foolery.runs.history import Moment
from foolery.runs.individual import Individual
from foolery.runs.pending import Pending
from foolery.runs.reader import load
from foolery.runs.reign import CANVAS_HASH, CanvasHash, Reign
from foolery.runs.runfile import RunFile, Status
from foolery.runs.schema import LARGEST_GENOME
from foolery.runs.stages import Stages
from foolery.runs.validation import Generation, Ledger

SECONDS_BETWEEN_CHECKPOINTS = 3.0
_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


class Births(NamedTuple):
    """Who took a cell in one generation.

    Attributes:
        newcomers: the individuals of this generation that took a cell in it, with their genomes.
        reigns: which cells they took, at most one reign per cell.
        hashes: individual number to canvas hash, or to what computes it, for all newcomers.
    """

    newcomers: Sequence[Individual]
    reigns: Sequence[Reign]
    hashes: Mapping[int, CanvasHash]


class Journal:
    """What is recorded and not yet stored, the rules that it keeps, and the connection that stores it.

    Attributes:
        whole: whether what is recorded can be stored; not after the disk refused it.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        ledger: Ledger,
        file: Path | None,
        *,
        keep_genomes: bool,
        checkpoint_every: int | None,
    ) -> None:
        self._connection, self._ledger, self._file = connection, ledger, file
        self._keep_genomes, self._checkpoint_every = keep_genomes, checkpoint_every
        self._pending = Pending()
        self._stored_generation = ledger.generation
        self._stored_at = time.monotonic()
        self._written = 0.0
        self.whole = True

    def take_in(
        self, moment: Moment, births: Callable[[], Births], stages: Stages, busy: Callable[[], float]
    ) -> None:
        """Take in one generation, and store all that is pending when a checkpoint is due.

        Args:
            moment: of the generation that follows the last one.
            births: gives who took a cell in it.
            stages: of the generation, without ``write``.
            busy: gives the seconds that have gone into writing so far.

        Raises:
            UsageError: the records break a rule of a run, for instance with a score that is not finite.
            FooleryError: the disk did not take the checkpoint.
        """
        start = time.perf_counter()
        newcomers, reigns, hashes = births()
        record = Generation(moment, tuple(newcomers), tuple(reigns))
        try:
            self._ledger.check(record)
            _check_newcomers(record.newcomers, hashes)
        except RecordError as fault:
            raise UsageError(f"generation {moment.generation} cannot be recorded: {fault}") from fault
        self.whole = False
        self._pending.add(record, hashes)
        gone = self._ledger.enter(record)
        self._pending.dethrone(gone)
        if not self._keep_genomes:
            self._pending.fade(gone)
        self.whole = True
        written = busy() + time.perf_counter() - start
        self._pending.stages[moment.generation] = replace(stages, write=written - self._written)
        self._written = written
        if self._is_due():
            self.store("running")

    def note(self, event: Event) -> None:
        """Take in an event, which is stored with the next checkpoint."""
        self._pending.events.append(event)

    def store(self, status: Status) -> None:
        """Store all that is pending, in one transaction.

        Raises:
            FooleryError: the disk did not take it; the checkpoint before it stays readable.
        """
        self.whole = False
        try:
            self._pending.store(self._connection, status, self._ledger.generation)
        except sqlite3.Error as error:
            explain(error, self._file, self._stored_generation)
            raise
        self._pending, self.whole = Pending(), True
        self._stored_generation = self._ledger.generation
        self._stored_at = time.monotonic()

    def read(self) -> RunFile:
        """The run as it is stored."""
        return load(self._connection, self._file)[0]

    def settle(self) -> None:
        """Make a run on disk one file.

        Raises:
            FooleryError: the disk did not allow it.
        """
        try:
            leave_wal(self._connection)
        except sqlite3.Error as error:
            explain(error, self._file, self._stored_generation)
            raise

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _is_due(self) -> bool:
        if self._checkpoint_every is not None:
            return len(self._pending.moments) >= self._checkpoint_every
        return time.monotonic() - self._stored_at >= SECONDS_BETWEEN_CHECKPOINTS


def explain(error: BaseException, file: Path | None, stored: int) -> None:
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


def _check_newcomers(newcomers: Sequence[Individual], hashes: Mapping[int, CanvasHash]) -> None:
    for one in newcomers:
        if not isinstance(one.genome, bytes) or len(one.genome) > LARGEST_GENOME:
            raise RecordError(f"individual {one.number}: expected a genome of at most {LARGEST_GENOME} bytes")
        found = hashes.get(one.number, "")
        if isinstance(found, str) and not CANVAS_HASH.fullmatch(found):
            raise RecordError(f"individual {one.number}: expected the SHA-256 of its canvas")
