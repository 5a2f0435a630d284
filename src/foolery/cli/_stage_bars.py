"""Stage bars: how far long work is, one bar for the stage and one for all, with the time that is left.

They are drawn on standard error, and only on a terminal. With ``--json --events`` the same is written to
standard output, one JSON object a line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from foolery.cli._output import console, events_wanted, is_live, print_event
from foolery.cli._streams import plain_streams
from foolery.schedule import Schedule
from foolery.stages import Stage, StageWatcher, current_watcher, inside_stage, watched_by
from foolery.text import format_count

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

REDRAWS = 8  # a second
SECONDS_BETWEEN_EVENTS = 1.0


@contextmanager
def stage_bars(title: str) -> Iterator[None]:
    """Within it the stages of this thread are shown; nothing is where nobody looks.

    Args:
        title: of the bar for all.
    """
    if events_wanted():
        with watched_by(StageEvents(title)):
            yield
        return
    screen = console(stderr=True)
    if not is_live(screen):
        yield
        return
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}", table_column=_one_line()),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[state]}", table_column=_one_line()),
    )
    with (
        Progress(
            *columns,
            console=screen,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
            refresh_per_second=REDRAWS,
        ) as bars,
        plain_streams(),
        watched_by(StageBars(title, bars)),
    ):
        yield


def _one_line() -> Any:
    from rich.table import Column

    return Column(no_wrap=True, overflow="ellipsis")


@dataclass
class StageBars:
    """Draws stages.

    Attributes:
        title: of the bar for all.
        bars: of rich.
        schedule: of all stages.
    """

    title: str
    bars: Progress
    schedule: Schedule = field(default_factory=Schedule)

    def __post_init__(self) -> None:
        self._stage: TaskID = self.bars.add_task("starting", total=None, state="")
        self._all: TaskID = self.bars.add_task(self.title, total=None, state="")

    def plan(self, stages: Sequence[Stage]) -> None:
        """More will come."""
        self.schedule.plan(stages)
        self._draw_all()

    def drop(self, name: str) -> None:
        """A planned stage will not come."""
        self.schedule.drop(name)

    def begin(self, stage: Stage) -> None:
        """Its bar begins at nothing."""
        self.schedule.begin(stage)
        total = stage.steps or None
        self.bars.reset(self._stage, description=stage.name, total=total, completed=0, state="")
        self._draw_all()

    def advance(self, done: int) -> None:
        """Both bars move."""
        self.schedule.advance(done)
        current = self.schedule.current
        if current is None:
            return
        steps, unit = current.stage.steps, current.stage.unit
        left = self.schedule.current_left()
        state = f"{format_count(done)} of {format_count(steps)} {unit}" if steps else ""
        state += "" if left is None else f"  {clock_time(left)} left"
        self.bars.update(self._stage, completed=min(done, steps) if steps else done, state=state)
        self._draw_all()

    def enter(self, part: str, done: int, total: int) -> None:
        """The bar of the stage shows its part."""
        self.schedule.enter(part, done, total)
        current = self.schedule.current
        name = part if current is None else f"{current.stage.name}: {part}"
        self.bars.update(self._stage, description=name, total=total or None, completed=done, state="")
        self._draw_all()

    def end(self) -> None:
        """The stage is over."""
        self.schedule.end()
        self.bars.reset(self._stage, description="…", total=None, completed=0, state="")
        self._draw_all()

    def _draw_all(self) -> None:
        left = self.schedule.left()
        total = 1.0 if left.whole and left.share else None
        self.bars.update(self._all, total=total, completed=left.share, state=time_left(self.schedule))


def time_left(schedule: Schedule) -> str:
    """What is left of everything, in words."""
    left = schedule.left()
    if not left.whole:
        return f"more than {clock_time(left.seconds)} left" if left.seconds >= 1 else ""
    return f"about {clock_time(left.seconds)} left"


def clock_time(seconds: float) -> str:
    """``0:07``, ``12:34``, ``1:02:03``."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


@dataclass
class StageEvents:
    """Writes stages as JSON objects, one a line."""

    title: str
    schedule: Schedule = field(default_factory=Schedule)
    written: float = field(default=-SECONDS_BETWEEN_EVENTS)

    def plan(self, stages: Sequence[Stage]) -> None:
        """More will come."""
        self.schedule.plan(stages)

    def drop(self, name: str) -> None:
        """A planned stage will not come."""
        self.schedule.drop(name)

    def begin(self, stage: Stage) -> None:
        """Write that it begins."""
        self.schedule.begin(stage)
        self._write("begin")

    def advance(self, done: int) -> None:
        """Write how far it is, once a second."""
        self.schedule.advance(done)
        if monotonic() - self.written >= SECONDS_BETWEEN_EVENTS:
            self._write("progress")

    def enter(self, part: str, done: int, total: int) -> None:
        """Write what is under way within it, once a second."""
        self.schedule.enter(part, done, total)
        if monotonic() - self.written >= SECONDS_BETWEEN_EVENTS:
            self._write("progress", part=part)

    def end(self) -> None:
        """Write that it is over."""
        current = self.schedule.current
        if current is not None:
            self._write("end")
        self.schedule.end()

    def _write(self, event: str, **more: str) -> None:
        self.written = monotonic()
        current, left = self.schedule.current, self.schedule.left()
        if current is None:
            return
        print_event(
            {
                "event": event,
                "command": self.title,
                "stage": current.stage.name,
                "done": current.done,
                "steps": current.stage.steps or None,
                "unit": current.stage.unit,
                "seconds_left": round(left.seconds, 1),
                "seconds_left_is_whole": left.whole,
                **more,
            }
        )


@contextmanager
def labelled_stages(
    title: str, planned: Sequence[Stage] = (), unit: str = "steps"
) -> Iterator[Callable[[str, int, int], None]]:
    """A function of a label, how much is done and of how much: a stage, or a part of the one under way.

    Args:
        title: of the bar for all.
        planned: what will come, as far as that can be said.
        unit: of the steps.
    """
    with stage_bars(title):
        watcher = current_watcher()
        if watcher is None:
            yield lambda label, done, total: None
            return
        watcher.plan(planned)
        labels = _Labels(watcher, unit)
        yield labels.show
        labels.end()


@dataclass
class _Labels:
    """Makes stages of labels, where no stage is under way."""

    watcher: StageWatcher
    unit: str
    label: str = ""

    def show(self, label: str, done: int, total: int) -> None:
        """``done`` of ``total`` of what the label names."""
        if inside_stage():
            self.watcher.enter(label, done, total)
            return
        if label != self.label:
            self.watcher.begin(Stage(label, total, self.unit))
            self.label = label
        self.watcher.advance(done)

    def end(self) -> None:
        """The last stage is over."""
        if self.label:
            self.watcher.end()
