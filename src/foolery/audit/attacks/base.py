"""Attack: one way to look for nonsense, what it is given, and what it may spend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.audit.reference import measure_of
from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.engine.run import run_encoding
from foolery.errors import UsageError
from foolery.runs import RunFile, open_run_file
from foolery.runs.database import RUN_DB

#: ``(first, count)`` to ``(count, C, H, W) uint8``: pictures by their numbers.
DrawImages: TypeAlias = Callable[[int, int], Canvases]


@dataclass(frozen=True)
class AttackResult:
    """The best picture of each of K classes, and when each class was first fooled.

    Attributes:
        values: ``(K,) float64`` the measure; -inf where there is no picture.
        scores: ``(K,) float64`` of the classifier, likewise.
        queries_to_fool: ``(K,) float64`` queries of this attack, and of what it starts from, when a
            picture of the class first passed the threshold; infinite for never. A picture counts when its
            whole batch was answered.
        queries: spent.
        seconds: that it took.
        draw: ``(M,)`` indices of classes that have a picture to ``(M, C, H, W) uint8``.
    """

    values: NDArray[np.float64]
    scores: NDArray[np.float64]
    queries_to_fool: NDArray[np.float64]
    queries: int
    seconds: float
    draw: Callable[[NDArray[np.int64]], Canvases]


def read_result(folder: Path, threshold: float | None) -> AttackResult | None:
    """The trail in a run file, as of its last checkpoint; None where there is none yet.

    Args:
        folder: of ``run.db``.
        threshold: of the measure, which is the run's objective; None where there is none.
    """
    if not (folder / RUN_DB).is_file():
        return None
    try:
        run = open_run_file(folder)
    except UsageError:
        return None  # not even its head is written yet
    return None if run.generation < 0 else _result_of_run(run, threshold)


def _result_of_run(run: RunFile, threshold: float | None) -> AttackResult:
    classes = np.array(run.settings.cells)
    count = len(run.settings.classes)
    values, scores, queries_to_fool = np.full(count, -np.inf), np.full(count, -np.inf), np.full(count, np.inf)
    for reign in run.replacements if threshold is not None else ():
        index = classes[reign.cell]
        if reign.objective >= (threshold or 0.0) and not np.isfinite(queries_to_fool[index]):
            queries_to_fool[index] = run.history.queries[reign.generation]
    for row in run.champions:
        values[classes[row.cell]], scores[classes[row.cell]] = row.objective, row.score
    genomes = {int(classes[row.cell]): row.genome for row in run.champions}

    def draw(indices: NDArray[np.int64]) -> Canvases:
        encoding = run_encoding(run.settings)
        return encoding.render(encoding.unpack([genomes[int(index)] for index in indices]))

    return AttackResult(values, scores, queries_to_fool, int(run.history.queries[-1]), run.seconds, draw)


TRANSFER = "starter"
"""Name of the attack that asks about champions of other networks."""


@dataclass(frozen=True)
class AttackContext:
    """What an attack is given.

    Attributes:
        classifier: that is attacked.
        seed: of everything random.
        runs: folder of all runs.
        threshold: of the measure, for when a class falls; None without real pictures.
        reference_images: ``(N, C, H, W) uint8`` real ones, or None.
        transfer_champions: pictures of champions of other networks by number, and how many there are; or
            None.
        command: how the audit was started.
        targets: ``(T,) int64``, places of the classes to fool.
    """

    classifier: Classifier
    seed: int
    runs: Path
    threshold: float | None
    reference_images: Canvases | None
    transfer_champions: tuple[DrawImages, int] | None
    command: str
    targets: NDArray[np.int64]

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """Names of the classes to fool; None for all."""
        classes = self.classifier.description.classes
        return None if len(self.targets) == len(classes) else tuple(classes[place] for place in self.targets)

    @property
    def objective(self) -> Literal["class-score", "margin"]:
        """What searches maximise."""
        return "margin" if measure_of(self.classifier.description).name == "margin" else "class-score"

    def folder(self, attack: str) -> Path:
        """Of one attack's files."""
        return self.runs / f"{attack}-seed-{self.seed}"


@dataclass(frozen=True)
class AttackBudget:
    """What an attack may spend, and whom it tells after every batch how many queries it has spent."""

    queries: int
    seconds: float
    on_progress: Callable[[int], None]


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
    def max_queries(self) -> int | None:
        """The most queries that it can use; None for any number."""
        ...

    def in_flight(self, context: AttackContext) -> int:
        """Queries of one batch or step, which an interruption loses at most beside what it had told."""
        ...

    def unavailable_at_start(self, context: AttackContext, queries: int) -> str | None:
        """Why it cannot be tried with so many queries, as far as is known before any other attack."""
        ...

    def unavailable(self, context: AttackContext, queries: int) -> str | None:
        """Why it cannot be tried with so many queries now; None where it can."""
        ...

    def run(self, context: AttackContext, budget: AttackBudget) -> None:
        """Begin, or go on with what is in its folder."""
        ...

    def result(self, context: AttackContext) -> AttackResult | None:
        """What it has found so far."""
        ...
