"""Local: worker processes of this machine, without any engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

from foolery.processors import processor_count
from foolery.sweep.outcome import Job, PieceOutcome

GRACE = 30.0  # seconds that a worker may take to save what it has
LAST_WORDS = 400  # characters of a dead worker's log


class LocalProcesses:
    """An engine of ``count`` processes, each of which does one job after the other.

    Args:
        count: of processes; each has its share of the processors, unless ``FOOLERY_THREADS`` says more.
        logs: folder for what the workers print.
    """

    def __init__(self, count: int, logs: Path) -> None:
        self._count, self._logs = count, logs
        self._answers: SimpleQueue[tuple[_Worker, dict[str, Any] | None]] = SimpleQueue()
        self._workers: list[_Worker] = []
        self._ended: deque[tuple[int, PieceOutcome]] = deque()
        logs.mkdir(parents=True, exist_ok=True)

    @property
    def slots(self) -> int:
        """One for each process."""
        return self._count

    def start(self, number: int, job: Job) -> None:
        """Hand a job to a process that has none; one is started where all have died or none has begun."""
        idle = next((one for one in self._workers if one.job is None), None)
        if idle is None:
            place = next(at for at in range(self._count) if all(one.place != at for one in self._workers))
            idle = _Worker(place, self._logs / f"worker-{place + 1}.log", self._environment(), self._answers)
            self._workers.append(idle)
        idle.job = number
        if not idle.send(job.task):
            self._bury(idle)

    def wait(self, seconds: float) -> list[tuple[int, PieceOutcome]]:
        """The jobs that ended; after so many seconds at the latest, with none."""
        deadline = time.monotonic() + seconds
        while not self._ended:
            try:
                worker, answer = self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                break
            if worker not in self._workers:
                continue
            if answer is None:
                self._bury(worker)
            elif "ending" in answer and worker.job is not None:
                self._ended.append((worker.job, PieceOutcome(**answer)))
                worker.job = None
                if answer["ending"] == "interrupted":  # somebody stopped the worker, and it saved
                    self._ended[-1] = (self._ended[-1][0], PieceOutcome("died", "it was stopped"))
                    self._workers.remove(worker)
                    worker.end()
        ended = list(self._ended)
        self._ended.clear()
        return ended

    def stop(self) -> None:
        """End all processes; those that work save what they have."""
        for worker in self._workers:
            worker.ask_to_end()
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def _bury(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        reason = worker.end()
        if worker.job is not None:
            self._ended.append((worker.job, PieceOutcome("died", reason)))

    def _environment(self) -> dict[str, str]:
        """Of a worker: its share of the processors, where nothing else is said."""
        share = str(max(1, processor_count() // self._count))
        return {"FOOLERY_THREADS": share, "OMP_NUM_THREADS": share, **os.environ}


class _Worker:
    """One process; ``job`` is what it works on, or None."""

    def __init__(
        self,
        place: int,
        log: Path,
        environment: dict[str, str],
        answers: SimpleQueue[tuple[_Worker, dict[str, Any] | None]],
    ) -> None:
        self.place, self.log = place, log
        self.job: int | None = None
        self._beginning = log.stat().st_size if log.exists() else 0
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "foolery.sweep.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment,
                start_new_session=True,  # Ctrl-C in a terminal is for the driver
            )
        self._thread = threading.Thread(target=self._read, args=(answers,), daemon=True)
        self._thread.start()

    def _read(self, answers: SimpleQueue[tuple[_Worker, dict[str, Any] | None]]) -> None:
        for line in self._pipe(self._process.stdout):
            with suppress(ValueError):
                answers.put((self, json.loads(line)))
        answers.put((self, None))

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        if pipe is None:
            raise RuntimeError("the worker has no pipe")
        return pipe

    def send(self, task: Any) -> bool:
        """Send a task; False where the process is no more."""
        pipe = self._pipe(self._process.stdin)
        try:
            pipe.write(json.dumps(task) + "\n")
            pipe.flush()
        except (BrokenPipeError, OSError):
            return False
        return True

    def ask_to_end(self) -> None:
        """Close its standard input: it saves, and ends."""
        with suppress(OSError):
            self._pipe(self._process.stdin).close()

    def end(self) -> str:
        """Wait until it has ended, or end it; returns how it did, in words."""
        self.ask_to_end()
        try:
            code = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._thread.join(GRACE)
        self._pipe(self._process.stdout).close()
        how = f"its process was killed by signal {-code}" if code < 0 else f"its process ended with {code}"
        return f"{how}{self._last_words()}"

    def _last_words(self) -> str:
        """The end of what it printed."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(self._beginning, self.log.stat().st_size - LAST_WORDS))
                text = file.read().decode(errors="replace")
        except OSError:
            return ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return f": {lines[-1]}" if lines else ""
