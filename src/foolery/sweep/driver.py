"""The driver: hands jobs to an engine until all are done, tries again what died, and says how far it is."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from foolery.sweep.outcome import Engine, Job, PieceOutcome
from foolery.text import format_duration

MAX_RETRIES = 3
"""Times that a job is tried again whose process died."""
BUSY_PAUSE, BUSY_PATIENCE = 2.0, 90.0
"""Seconds until a job that another process works on is tried again, and for how long it is."""
LINE_EVERY = 10.0


@dataclass(frozen=True)
class JobFailure:
    """A job that is not done, and why."""

    name: str
    reason: str


@dataclass
class _Job:
    """A job under way."""

    job: Job
    deaths: int = 0
    waits_until: float = 0.0
    busy_since: float | None = None


@dataclass
class JobQueue:
    """All jobs of one call.

    Attributes:
        engine: that does them.
        on_note: called with each line about the work.
    """

    engine: Engine
    on_note: Callable[[str], None]
    failures: list[JobFailure] = field(default_factory=list)

    def run(self, jobs: Sequence[Job]) -> list[JobFailure]:
        """Do all ``jobs``; returns those that are not done.

        Raises:
            KeyboardInterrupt: passed on, once nothing works any more.
        """
        begun = time.monotonic()
        under_way = [_Job(job) for job in jobs]
        waiting, running, total = deque(range(len(jobs))), set[int](), sum(job.weight for job in jobs)
        done, line_at, finished = 0.0, begun + LINE_EVERY, 0
        try:
            while waiting or running:
                self._fill(waiting, running, under_way)
                for number, outcome in self.engine.wait(min(1.0, LINE_EVERY)):
                    running.discard(number)
                    if self._again(under_way[number], outcome):
                        # What died goes on at once: the longest jobs come first, and are not to end last.
                        (waiting.append if outcome.ending == "busy" else waiting.appendleft)(number)
                        continue
                    finished += 1
                    done += under_way[number].job.weight
                if time.monotonic() >= line_at or not (waiting or running):
                    line_at = time.monotonic() + LINE_EVERY
                    self.on_note(self._line(finished, len(jobs), done, total, time.monotonic() - begun))
        finally:
            self.engine.stop()
        return self.failures

    def _fill(self, waiting: deque[int], running: set[int], jobs: Sequence[_Job]) -> None:
        """Start what may start now."""
        now = time.monotonic()
        for _ in range(len(waiting)):
            if len(running) >= self.engine.slots:
                return
            number = waiting.popleft()
            if jobs[number].waits_until > now:
                waiting.append(number)
                continue
            running.add(number)
            self.engine.start(number, jobs[number].job)

    def _again(self, entry: _Job, outcome: PieceOutcome) -> bool:
        """Whether a job that ended so is to be tried again."""
        now = time.monotonic()
        if outcome.ending == "finished":
            return False
        if outcome.ending == "died" and entry.deaths < MAX_RETRIES:
            entry.deaths += 1
            self.on_note(f"{entry.job.name}: {outcome.reason}; try {entry.deaths + 1} of {MAX_RETRIES + 1}")
            return True
        if outcome.ending == "busy":
            entry.busy_since = entry.busy_since or now
            if now - entry.busy_since < BUSY_PATIENCE:
                entry.waits_until = now + BUSY_PAUSE
                return True
        reason = outcome.reason or outcome.ending
        if outcome.ending == "died":
            reason = f"{reason}, {entry.deaths + 1} times"
        self.failures.append(JobFailure(entry.job.name, reason))
        self.on_note(f"{entry.job.name}: {reason}")
        return False

    def _line(self, finished: int, count: int, done: float, total: float, seconds: float) -> str:
        line = f"{finished} of {count} done, {len(self.failures)} failed, {format_duration(seconds)}"
        if 0 < done < total:
            line += f"; about {format_duration(seconds * (total - done) / done)} left"
        return line
