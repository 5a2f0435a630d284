"""Attack: one way to look for nonsense, what it is given, and what it may spend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attacks.single_shot import Painter
from foolery.audit.attacks.trail import Trail
from foolery.audit.reference import measure_of
from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier

STARTER = "starter"
"""Name of the attack that asks about champions of other networks."""


@dataclass(frozen=True)
class Scene:
    """What an attack is given.

    Attributes:
        classifier: that is attacked.
        seed: of everything random.
        runs: folder of all runs.
        threshold: of the measure, for when a class falls; None without real pictures.
        photos: ``(N, C, H, W) uint8`` real ones, or None.
        starters: pictures of champions of other networks by number, and how many there are; or None.
        command: how the audit was started.
        targets: ``(T,) int64``, places of the classes to fool.
    """

    classifier: Classifier
    seed: int
    runs: Path
    threshold: float | None
    photos: Canvases | None
    starters: tuple[Painter, int] | None
    command: str
    targets: NDArray[np.int64]

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Names of the classes to fool; None for all."""
        known = self.classifier.description.classes
        return None if len(self.targets) == len(known) else tuple(known[place] for place in self.targets)

    @property
    def measure(self) -> Literal["class-score", "margin"]:
        """What searches maximise."""
        return "margin" if measure_of(self.classifier.description).name == "margin" else "class-score"

    def folder(self, attack: str) -> Path:
        """Of one attack's files."""
        return self.runs / f"{attack}-seed-{self.seed}"


@dataclass(frozen=True)
class Allowance:
    """What an attack may spend, and whom it tells after every batch how many queries it has spent."""

    queries: int
    seconds: float
    pulse: Callable[[int], None]


class Attack(Protocol):
    """One way to look for nonsense."""

    @property
    def name(self) -> str:
        """In reports and in ``--attacks``."""
        ...

    @property
    def about(self) -> str:
        """One line."""
        ...

    @property
    def weight(self) -> float:
        """Its share is its weight over the sum of its own and those of all attacks after it."""
        ...

    @property
    def most(self) -> int | None:
        """The most queries that it can use; None for any number."""
        ...

    def in_flight(self, scene: Scene) -> int:
        """Queries of one batch or step, which an interruption loses at most beside what it had told."""
        ...

    def hopeless(self, scene: Scene, queries: int) -> str | None:
        """Why it cannot be tried with so many queries, as far as is known before any other attack."""
        ...

    def obstacle(self, scene: Scene, queries: int) -> str | None:
        """Why it cannot be tried with so many queries now; None where it can."""
        ...

    def run(self, scene: Scene, allowance: Allowance) -> None:
        """Begin, or go on with what is in its folder."""
        ...

    def trail(self, scene: Scene) -> Trail | None:
        """What it has found so far."""
        ...
