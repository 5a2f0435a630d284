"""How the work on a piece ended, and what an engine is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

Ending: TypeAlias = Literal["finished", "failed", "refused", "busy", "died", "interrupted"]


@dataclass(frozen=True)
class PieceOutcome:
    """How it ended.

    Attributes:
        ending: ``refused`` for input that cannot be used, ``busy`` where another process works on it,
            ``died`` where the process that worked on it is no more.
        reason: one line; empty where it is finished.
    """

    ending: Ending
    reason: str = ""


@dataclass(frozen=True)
class Job:
    """A piece of work as an engine hands it on: JSON values alone.

    Attributes:
        name: for people.
        task: what a worker needs, see ``foolery.sweep.tasks``.
        weight: how much work it is, in any unit.
    """

    name: str
    task: Mapping[str, object]
    weight: float = 1.0


class Engine(Protocol):
    """Who works: processes of this machine, or a cluster."""

    @property
    def slots(self) -> int:
        """How many jobs it can hold now."""
        ...

    def start(self, number: int, job: Job) -> None:
        """Begin a job; its number comes back from ``wait``."""
        ...

    def wait(self, seconds: float) -> Sequence[tuple[int, PieceOutcome]]:
        """The jobs that ended; after so many seconds at the latest, with none."""
        ...

    def stop(self) -> None:
        """End whatever still works, with what there is saved; nothing of it is left afterwards."""
        ...
