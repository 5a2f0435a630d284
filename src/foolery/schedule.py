"""Schedule: how long the rest of planned work will take, from what its steps took so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from time import monotonic

from foolery.stages import Stage

TRUST = 0.1  # the share of a stage after which its own pace counts as much as what was expected of it
SLOWEST, FASTEST = 4.0, 0.25  # how far a measurement of one kind can change what is expected of others


@dataclass
class PlannedWork:
    """A stage of a schedule.

    Attributes:
        stage: what it is.
        done: steps that are done.
        part: what is under way within it, and the share of that which is done; empty where that is not said.
        part_started: when that began.
        started: on the schedule's clock; None where it has not begun.
        seconds: that it took; None until it is over.
    """

    stage: Stage
    done: int = 0
    part: tuple[str, float] = ("", 0.0)
    part_started: float = 0.0
    started: float | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class TimeLeft:
    """How long the rest takes.

    Attributes:
        seconds: of everything about which anything was measured.
        whole: whether that is everything; else it takes longer.
        share: of the whole work that is done, 0 to 1, as far as can be said.
    """

    seconds: float
    whole: bool
    share: float


@dataclass
class Schedule:
    """What was planned, what is under way, and how long steps took; a watcher of stages.

    Attributes:
        clock: seconds.
        work: all stages, in order.
        current: the one that is under way.
    """

    clock: Callable[[], float] = monotonic
    work: list[PlannedWork] = field(default_factory=list)
    current: PlannedWork | None = None

    def plan(self, stages: Sequence[Stage]) -> None:
        """Add stages that will come."""
        self.work += [PlannedWork(each) for each in stages]

    def drop(self, name: str) -> None:
        """Take out the first planned stage of that name that has not begun."""
        waiting = (at for at, one in enumerate(self.work) if one.started is None and one.stage.name == name)
        place = next(waiting, None)
        if place is not None:
            del self.work[place]

    def begin(self, stage: Stage) -> None:
        """A stage begins: the first planned one of its name, or a new one before all that wait."""
        self.end()
        over = [one for one in self.work if one.started is not None]
        waiting = self.work[len(over) :]
        place = next((at for at, one in enumerate(waiting) if one.stage.name == stage.name), None)
        work = PlannedWork(stage) if place is None else waiting[place]
        # What was planned before it did not come.
        self.work = [*over, work, *(waiting if place is None else waiting[place + 1 :])]
        expected = work.stage
        work.stage = replace(
            stage, kind=stage.kind or expected.kind, step_seconds=stage.step_seconds or expected.step_seconds
        )
        work.started, self.current = self.clock(), work

    def advance(self, done: int) -> None:
        """So many steps of the current stage are done."""
        if self.current is not None:
            self.current.done = done

    def enter(self, part: str, done: int, total: int) -> None:
        """Within the current stage ``part`` is under way; for stages whose steps nobody can count."""
        work = self.current
        if work is not None:
            if work.part[0] != part:
                work.part_started = self.clock()
            work.part = part, done / total if total else 0.0

    def end(self) -> None:
        """The current stage is over."""
        work, self.current = self.current, None
        if work is not None and work.started is not None:
            work.seconds = self.clock() - work.started

    def left(self) -> TimeLeft:
        """What the rest takes, as far as can be said."""
        rest, spent, whole = 0.0, 0.0, True
        for work in self.work:
            if work.seconds is not None:
                spent += work.seconds
                continue
            if work is self.current:
                seconds = self.current_left()
                spent += self._elapsed(work)
            else:
                seconds = self._expected(work.stage)
            whole = whole and seconds is not None
            rest += seconds or 0.0
        total = spent + rest
        return TimeLeft(rest, whole and bool(self.work), spent / total if total and whole else 0.0)

    def current_left(self) -> float | None:
        """Seconds that the current stage will still take; None where nobody can say."""
        work = self.current
        if work is None:
            return 0.0
        elapsed, steps = self._elapsed(work), work.stage.steps
        share = min(1.0, work.done / steps) if steps else 0.0
        own = elapsed * (1 - share) / share if share else None
        expected = self._expected(work.stage)
        if expected is not None:
            before = max(0.0, expected * (1 - share) if share else expected - elapsed)
            weight = share / (share + TRUST)
            own = before if own is None else weight * own + (1 - weight) * before
        limit = work.stage.limit - elapsed
        if work.part[1]:
            within = self.clock() - work.part_started
            own = max(own or 0.0, within * (1 - work.part[1]) / work.part[1])
        if own is None:
            return None if limit == inf else max(0.0, limit)
        return max(0.0, min(own, limit))

    def _elapsed(self, work: PlannedWork) -> float:
        return 0.0 if work.started is None else self.clock() - work.started

    def _expected(self, stage: Stage) -> float | None:
        """By earlier stages of its kind; else by what was measured ahead, as far as that was right so far."""
        over = [one for one in self.work if one.stage.group == stage.group and one.seconds is not None]
        seconds, steps = sum(one.seconds or 0.0 for one in over), sum(one.done for one in over)
        if steps and stage.steps:
            expected = seconds / steps * stage.steps
        elif over and not stage.steps:
            expected = seconds / len(over)
        elif stage.step_seconds is not None:
            expected = stage.step_seconds * stage.steps * self._correction()
        else:
            return None if stage.limit == inf else stage.limit
        return min(expected, stage.limit)

    def _correction(self) -> float:
        """How many times as long as expected the steps took that are done."""
        taken = expected = 0.0
        for work in self.work:
            if work.stage.step_seconds and work.done and work.started is not None:
                taken += self._elapsed(work) if work.seconds is None else work.seconds
                expected += work.stage.step_seconds * work.done
        return min(SLOWEST, max(FASTEST, taken / expected)) if expected else 1.0
