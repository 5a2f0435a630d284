"""Buffer: collects a search generation by generation, and stores it from checkpoint to checkpoint.

It works on one thread, that of the writer; see ``RunWriter`` for what the search sees of it.
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
from foolery.runs.pending_records import PendingRecords
from foolery.runs.reader import load
from foolery.runs.records import (
    CANVAS_HASH,
    CanvasHash,
    Event,
    GenerationStats,
    Individual,
    Replacement,
    RunFile,
    Status,
    Timings,
)
from foolery.runs.schema import LARGEST_GENOME
from foolery.runs.validation import GenerationRecord, RunValidator

SECONDS_BETWEEN_CHECKPOINTS = 3.0
_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


class NewElites(NamedTuple):
    """The individuals that took a cell in one generation.

    Attributes:
        individuals: with their genomes.
        replacements: which cells they took, at most one replacement per cell.
        hashes: individual number to canvas hash, or to what computes it, for all individuals.
    """

    individuals: Sequence[Individual]
    replacements: Sequence[Replacement]
    hashes: Mapping[int, CanvasHash]


class WriteBuffer:
    """Records that are not yet stored, the rules that they keep, and the connection that stores them.

    Attributes:
        consistent: whether what is recorded can be stored; not after the disk refused it.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        validator: RunValidator,
        file: Path | None,
        *,
        keep_genomes: bool,
        checkpoint_every: int | None,
    ) -> None:
        self._connection, self._validator, self._file = connection, validator, file
        self._keep_genomes, self._checkpoint_every = keep_genomes, checkpoint_every
        self._pending = PendingRecords()
        self._stored_generation = validator.generation
        self._stored_at = time.monotonic()
        self._written = 0.0
        self.consistent = True

    def add(
        self,
        stats: GenerationStats,
        new_elites: Callable[[], NewElites],
        timings: Timings,
        busy: Callable[[], float],
    ) -> None:
        """Add one generation, and store all that is pending when a checkpoint is due.

        Args:
            stats: of the generation that follows the last one.
            new_elites: gives the individuals that took a cell in it.
            timings: of the generation, without ``write``.
            busy: gives the seconds that have gone into writing so far.

        Raises:
            UsageError: the records break a rule of a run, for instance with a score that is not finite.
            FooleryError: the disk did not take the checkpoint.
        """
        start = time.perf_counter()
        individuals, replacements, hashes = new_elites()
        record = GenerationRecord(stats, tuple(individuals), tuple(replacements))
        try:
            self._validator.check(record)
            _check_individuals(record.individuals, hashes)
        except RecordError as fault:
            raise UsageError(f"generation {stats.generation} cannot be recorded: {fault}") from fault
        self.consistent = False
        self._pending.add(record, hashes)
        replaced = self._validator.apply(record)
        self._pending.drop_hashes(replaced)
        if not self._keep_genomes:
            self._pending.drop_genomes(replaced)
        self.consistent = True
        written = busy() + time.perf_counter() - start
        self._pending.timings[stats.generation] = replace(timings, write=written - self._written)
        self._written = written
        if self._is_due():
            self.store("running")

    def add_event(self, event: Event) -> None:
        """Add an event, which is stored with the next checkpoint."""
        self._pending.events.append(event)

    def store(self, status: Status) -> None:
        """Store all that is pending, in one transaction.

        Raises:
            FooleryError: the disk did not take it; the checkpoint before it stays readable.
        """
        self.consistent = False
        try:
            self._pending.store(self._connection, status, self._validator.generation)
        except sqlite3.Error as error:
            raise_disk_error(error, self._file, self._stored_generation)
            raise
        self._pending, self.consistent = PendingRecords(), True
        self._stored_generation = self._validator.generation
        self._stored_at = time.monotonic()

    def read(self) -> RunFile:
        """The run as it is stored."""
        return load(self._connection, self._file)[0]

    def finalize(self) -> None:
        """Make a run on disk one file.

        Raises:
            FooleryError: the disk did not allow it.
        """
        try:
            leave_wal(self._connection)
        except sqlite3.Error as error:
            raise_disk_error(error, self._file, self._stored_generation)
            raise

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _is_due(self) -> bool:
        if self._checkpoint_every is not None:
            return len(self._pending.stats) >= self._checkpoint_every
        return time.monotonic() - self._stored_at >= SECONDS_BETWEEN_CHECKPOINTS


def raise_disk_error(error: BaseException, file: Path | None, stored: int) -> None:
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


def _check_individuals(individuals: Sequence[Individual], hashes: Mapping[int, CanvasHash]) -> None:
    for one in individuals:
        if not isinstance(one.genome, bytes) or len(one.genome) > LARGEST_GENOME:
            raise RecordError(f"individual {one.number}: expected a genome of at most {LARGEST_GENOME} bytes")
        canvas_hash = hashes.get(one.number, "")
        if isinstance(canvas_hash, str) and not CANVAS_HASH.fullmatch(canvas_hash):
            raise RecordError(f"individual {one.number}: expected the SHA-256 of its canvas")
