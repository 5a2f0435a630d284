"""Writer: records a search, generation by generation, into a run file, while the search continues."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from foolery.errors import FooleryError, UsageError
from foolery.runs.buffer import NewElites, WriteBuffer
from foolery.runs.create import OpenRun, open_new, reopen
from foolery.runs.database import RUN_DB
from foolery.runs.reader import open_run_file
from foolery.runs.records import (
    MAX_EVENT_LENGTH,
    CanvasHash,
    Event,
    GenerationStats,
    Individual,
    Replacement,
    RunFile,
    Timings,
)
from foolery.runs.settings import Provenance, RunSettings
from foolery.runs.writer_thread import WriterThread


class RunWriter:
    """The one writer of a run; made by ``create`` or ``resume``, and a context manager.

    Records are checked and stored by a thread of the writer's own. What goes wrong there is raised by the
    next call. Leaving the context without ``close`` closes the run as interrupted.

    Attributes:
        folder: of the run, or None for a run held in memory.
        champions: as they were stored when the run was resumed; empty for a new one.
    """

    def __init__(self, opened: OpenRun, checkpoint_every: int | None) -> None:
        self.folder, self.champions = opened.folder, opened.champions
        self._lock = opened.lock
        self._latest = opened.validator.latest
        self._buffer = WriteBuffer(
            opened.connection,
            opened.validator,
            self._file,
            keep_genomes=opened.keep_genomes,
            checkpoint_every=checkpoint_every,
        )
        self._thread = WriterThread()
        self._checkpoint_every, self._waited = checkpoint_every, self.generation
        self._closed = False
        self._raised = False
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
            checkpoint_every: generations between checkpoints, each of which is waited for, so that never more
                is lost; by default one is due every 3 seconds, and is not waited for.

        Raises:
            UsageError: the folder holds another run, is being written, or cannot be written.
            FooleryError: no space is left.
        """
        _check_interval(checkpoint_every)
        opened = open_new(folder, settings, provenance, overwrite=overwrite, keep_genomes=keep_genomes)
        return cls(opened, checkpoint_every)

    @classmethod
    def resume(
        cls,
        folder: Path,
        settings: RunSettings,
        provenance: Provenance,
        *,
        checkpoint_every: int | None = None,
    ) -> Self:
        """Continue the run in ``folder`` from its last checkpoint.

        Raises:
            UsageError: no readable run is there, its settings differ, or another process writes it.
            FooleryError: no space is left.
        """
        _check_interval(checkpoint_every)
        opened = reopen(folder, settings, provenance)
        writer = cls(opened, checkpoint_every)
        if opened.moved is not None:
            writer.add_event(opened.moved)
        return writer

    @property
    def generation(self) -> int:
        """The last recorded generation, or -1."""
        return -1 if self._latest is None else int(self._latest.generation)

    @property
    def queries(self) -> int:
        """Images classified until then."""
        return 0 if self._latest is None else int(self._latest.queries)

    @property
    def improvements(self) -> int:
        """Improvements of cells until then."""
        return 0 if self._latest is None else int(self._latest.improvements)

    @property
    def seconds(self) -> float:
        """Of search until then, summed over resumes."""
        return 0.0 if self._latest is None else float(self._latest.seconds)

    def record(
        self,
        stats: GenerationStats,
        individuals: Sequence[Individual],
        replacements: Sequence[Replacement],
        hashes: Mapping[int, CanvasHash],
    ) -> None:
        """Record one generation; see ``NewElites`` for what it consists of, and ``submit``."""
        new_elites = NewElites(individuals, replacements, hashes)
        self.submit(stats, lambda: new_elites, Timings())

    def submit(
        self, stats: GenerationStats, new_elites: Callable[[], NewElites], timings: Timings, weight: int = 0
    ) -> None:
        """Have one generation recorded, and return; a checkpoint is stored when it is due.

        Args:
            stats: of the generation that follows the last one.
            new_elites: gives the individuals that took a cell in it; called once, by the writer's thread.
            timings: where the generation's time went, without ``write``.
            weight: bytes that ``new_elites`` keeps alive; the search waits where too many wait.

        Raises:
            UsageError: an earlier generation's records break a rule of a run.
            FooleryError: the run is closed, or the disk did not take an earlier checkpoint.
        """
        self._check_open()
        buffer, thread = self._buffer, self._thread
        self._do(
            lambda: thread.submit(
                lambda: buffer.add(stats, new_elites, timings, lambda: thread.busy_seconds), weight
            )
        )
        self._latest = stats
        if self._checkpoint_every is not None and stats.generation - self._waited >= self._checkpoint_every:
            self.flush()
            self._waited = stats.generation

    def flush(self) -> None:
        """Wait until all records are checked, and stored where a checkpoint was due.

        Raises:
            UsageError, FooleryError: as ``submit``.
        """
        self._check_open()
        self._do(lambda: self._thread.submit_and_wait(lambda: None))

    def add_event(self, text: str) -> None:
        """Record one line about the generation that is being computed; see ``Event``.

        Raises:
            UsageError, FooleryError: as ``submit``.
        """
        self._check_open()
        line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
        event = Event(self.generation + 1, line[:MAX_EVENT_LENGTH])
        self._do(lambda: self._thread.submit(lambda: self._buffer.add_event(event)))

    def checkpoint(self) -> None:
        """Store all that was recorded, in one transaction.

        Raises:
            UsageError, FooleryError: as ``submit``, and for what is stored now.
        """
        self._check_open()
        self._do(lambda: self._thread.submit_and_wait(lambda: self._buffer.store("running")))

    def snapshot(self) -> RunFile:
        """The run as it is now; open runs are stored first."""
        if not self._closed:
            self.checkpoint()
            snapshots: list[RunFile] = []
            self._do(lambda: self._thread.submit_and_wait(lambda: snapshots.append(self._buffer.read())))
            return snapshots[0]
        if self._last is not None:
            return self._last
        if self._file is None:
            raise FooleryError("run: it was held in memory and is gone")
        return open_run_file(self._file)

    def close(self, status: Literal["interrupted", "finished"]) -> None:
        """Store all that was recorded, make the run one file, and close it; once is enough.

        Raises:
            UsageError, FooleryError: as ``checkpoint``, unless a call before has raised it already.
        """
        if self._closed:
            return
        self._thread.join()  # the buffer belongs to this thread from here on
        try:
            if self._buffer.consistent:
                self._finish(status if self._thread.fault is None else "interrupted")
            elif self._file is not None:
                with suppress(FooleryError, sqlite3.Error):
                    self._buffer.finalize()
        finally:
            self._closed = True
            with suppress(sqlite3.Error):
                self._buffer.close()
            if self._lock is not None:
                self._lock.release()
        if self._thread.fault is not None and not self._raised:
            raise self._thread.fault

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
        if self._closed or self._raised:
            raise FooleryError(f"{self._file or 'run'}: the run is closed; nothing more can be recorded")

    def _do(self, call: Callable[[], None]) -> None:
        try:
            call()
        except BaseException as error:
            self._raised = self._raised or error is self._thread.fault
            raise

    def _finish(self, status: Literal["interrupted", "finished"]) -> None:
        self._buffer.store(status)
        if self._file is None:
            self._last = self._buffer.read()
        else:
            self._buffer.finalize()


def _check_interval(checkpoint_every: int | None) -> None:
    if checkpoint_every is not None and checkpoint_every < 1:
        raise UsageError(
            f"checkpoint-every: expected a whole number of generations, at least 1, got {checkpoint_every}"
        )
