"""Stages: what long work says of itself, so that whoever watches knows how far it is and how long it takes.

Work says ``with stage("real images", 2000) as advance`` and calls ``advance(done)``; it need not know whether
anybody watches. What will come is said ahead by ``plan_stages``, with the seconds of a step where they were
measured. Nothing is kept where nobody watches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import inf
from typing import Protocol, TypeVar


@dataclass(frozen=True)
class Stage:
    """A part of long work.

    Attributes:
        name: as people read it.
        steps: how many there are; 0 where nobody can say.
        unit: of a step: ``images``, ``queries`` …
        kind: stages of one kind take about the same time for a step; the name where it is empty.
        step_seconds: that a step is expected to take, by a measurement; None where nothing was measured.
        limit: seconds after which it is broken off.
    """

    name: str
    steps: int
    unit: str = "images"
    kind: str = ""
    step_seconds: float | None = None
    limit: float = inf

    @property
    def group(self) -> str:
        """The kind, or the name."""
        return self.kind or self.name


class StageWatcher(Protocol):
    """Who is told of stages."""

    def plan(self, stages: Sequence[Stage]) -> None:
        """These come after what was planned before."""
        ...

    def drop(self, name: str) -> None:
        """The next planned stage of that name will not come."""
        ...

    def begin(self, stage: Stage) -> None:
        """It begins; a planned stage of its name that has not begun is this one."""
        ...

    def advance(self, done: int) -> None:
        """So many of its steps are done."""
        ...

    def enter(self, part: str, done: int, total: int) -> None:
        """Within it ``part`` is under way, for stages whose steps nobody can count."""
        ...

    def end(self) -> None:
        """It is over."""
        ...


_watcher: ContextVar[StageWatcher | None] = ContextVar("watcher", default=None)
_inside: ContextVar[bool] = ContextVar("inside", default=False)


@contextmanager
def watched_by(watcher: StageWatcher | None) -> Iterator[None]:
    """Within it ``watcher`` is told of every stage of this thread."""
    tokens = _watcher.set(watcher), _inside.set(False)
    try:
        yield
    finally:
        _watcher.reset(tokens[0])
        _inside.reset(tokens[1])


def current_watcher() -> StageWatcher | None:
    """Who is told; None for nobody."""
    return _watcher.get()


def inside_stage() -> bool:
    """Whether a stage is under way."""
    return _inside.get()


def is_watched() -> bool:
    """Whether anybody is told."""
    return _watcher.get() is not None


def plan_stages(stages: Sequence[Stage]) -> None:
    """Say what will come, after what was said before."""
    watcher = _watcher.get()
    if watcher is not None:
        watcher.plan(stages)


def drop_stage(name: str) -> None:
    """Say that a planned stage will not come."""
    watcher = _watcher.get()
    if watcher is not None:
        watcher.drop(name)


@contextmanager
def stage(
    name: str, steps: int, *, unit: str = "images", kind: str = "", limit: float = inf
) -> Iterator[Callable[[int], None]]:
    """One stage; gives a function to be called with the number of steps that are done.

    A stage within a stage is not told of: its steps are part of the outer one's.
    """
    watcher = _watcher.get()
    if watcher is None or _inside.get():
        yield lambda done: None
        return
    watcher.begin(Stage(name, steps, unit, kind, limit=limit))
    token = _inside.set(True)
    try:
        yield watcher.advance
    finally:
        _inside.reset(token)
        watcher.end()


Part = TypeVar("Part")


def counted(parts: Iterable[Part], name: str, steps: int, *, kind: str = "") -> Iterator[Part]:
    """``parts`` as one stage, whose steps are what ``len`` of each batch says; or one, for what is none."""
    with stage(name, steps, kind=kind) as advance:
        done = 0
        for part in parts:
            yield part
            done += len(part) if hasattr(part, "__len__") and not isinstance(part, str) else 1
            advance(done)
