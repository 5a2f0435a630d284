"""Journal: takes in a search generation by generation, and stores it from checkpoint to checkpoint.

It works on one thread, the scribe's; see ``RunWriter`` for what the search sees of it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from foolery.errors import FooleryError, UsageError
from foolery.runs.database import leave_wal
from foolery.runs.errors import RecordError
from foolery.runs.reader import load
from foolery.runs.records import (
    CANVAS_HASH,
    NAMES,
    CanvasHash,
    Event,
    Individual,
    Moment,
    Reign,
    RunFile,
    Stages,
    Status,
)
from foolery.runs.schema import LARGEST_GENOME
from foolery.runs.validation import Generation, Ledger


@dataclass
class Pending:
    """Records since the last checkpoint; adding or storing the same ones again changes nothing.

    Attributes:
        reigns: by generation.
        champions: cell to the reign of its champion, for cells that changed hands.
        hashes: individual number to canvas hash, or to what computes it.
        faded: stored individuals that have to give up their genomes.
        stages: by generation.
        events: in order.
    """

    moments: dict[int, Moment] = field(default_factory=dict)
    individuals: dict[int, Individual] = field(default_factory=dict)
    reigns: dict[int, Sequence[Reign]] = field(default_factory=dict)
    champions: dict[int, Reign] = field(default_factory=dict)
    hashes: dict[int, CanvasHash] = field(default_factory=dict)
    faded: set[int] = field(default_factory=set)
    stages: dict[int, Stages] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def add(self, record: Generation, hashes: Mapping[int, CanvasHash]) -> None:
        """Take in one generation; ``hashes`` gives the canvas hash of every newcomer."""
        self.individuals.update({one.number: one for one in record.newcomers})
        self.reigns[record.moment.generation] = record.reigns
        self.champions.update({reign.cell: reign for reign in record.reigns})
        self.hashes.update(hashes)
        self.moments[record.moment.generation] = record.moment

    def dethrone(self, numbers: set[int]) -> None:
        """Let go of the canvas hashes of these individuals, which nobody will ask for."""
        for number in numbers:
            self.hashes.pop(number, None)

    def fade(self, numbers: set[int]) -> None:
        """Let go of the genomes of these individuals."""
        for number in numbers:
            waiting = self.individuals.get(number)
            if waiting is None:
                self.faded.add(number)
            else:
                self.individuals[number] = Individual(
                    waiting.number, waiting.generation, waiting.parent, waiting.mate, None
                )

    def store(self, connection: sqlite3.Connection, status: Status, generation: int) -> None:
        """Write everything in one transaction.

        Raises:
            sqlite3.Error: nothing of it is stored.
        """
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement, rows in self._statements():
                connection.executemany(statement, rows)
            connection.execute("UPDATE run SET status = ?, generation = ?", (status, generation))
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.rollback()
            raise

    def _statements(self) -> Iterator[tuple[str, Iterator[tuple[object, ...]]]]:
        # int() and float(): SQLite would take a numpy integer for a blob.
        yield (
            "INSERT OR REPLACE INTO individuals (number, generation, parent, mate, genome)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                (int(one.number), int(one.generation), _int(one.parent), _int(one.mate), one.genome)
                for one in self.individuals.values()
            ),
        )
        yield (
            "UPDATE individuals SET genome = NULL WHERE number = ?",
            ((int(number),) for number in self.faded),
        )
        yield (
            "INSERT OR REPLACE INTO reigns (cell, individual, generation, objective, score, confidence,"
            " previous) VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((*_reign(reign), _int(reign.previous)) for reigns in self.reigns.values() for reign in reigns),
        )
        yield (
            "INSERT OR REPLACE INTO champions (cell, individual, generation, objective, score, confidence,"
            " canvas_hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((*_reign(reign), self._hash(reign.individual)) for reign in self.champions.values()),
        )
        yield (
            "INSERT OR REPLACE INTO generations (generation, queries, jumps, median, mean, least, most,"
            " seconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    *(int(value) for value in (moment.generation, moment.queries, moment.jumps)),
                    *(float(value) for value in (moment.median, moment.mean, moment.least, moment.most)),
                    float(moment.seconds),
                )
                for moment in self.moments.values()
            ),
        )
        yield (
            "INSERT OR REPLACE INTO stages (generation, vary, render, classify, tell, write)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                (int(generation), *(float(getattr(stages, name)) for name in NAMES))
                for generation, stages in self.stages.items()
            ),
        )
        yield (
            "INSERT INTO events (generation, what) VALUES (?, ?)",
            ((int(event.generation), event.what) for event in self.events),
        )

    def _hash(self, number: int) -> str:
        found = self.hashes[number]
        if not isinstance(found, str):
            found = self.hashes[number] = found()
        return found


def _int(number: int | None) -> int | None:
    return None if number is None else int(number)


def _reign(reign: Reign) -> tuple[int, int, int, float, float, float]:
    return (
        int(reign.cell),
        int(reign.individual),
        int(reign.generation),
        float(reign.objective),
        float(reign.score),
        float(reign.confidence),
    )


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
