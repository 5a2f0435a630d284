"""``Attack``: one way to search for unrecognizable images that a classifier accepts.

An attack is an object with a name and two calls. ``unavailable`` answers why it cannot be tried, ``run``
tries it within a budget, and goes on with what it keeps in its folder where it was interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.audit.reference import measure_of
from foolery.audit.trace import Trace
from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.engine.run import run_encoding
from foolery.errors import UsageError
from foolery.runs import RunFile, open_run_file
from foolery.runs.database import RUN_DB
from foolery.search.objectives import ObjectiveName

#: ``(first, count)`` to ``(count, C, H, W) uint8``: images by their numbers.
DrawImages: TypeAlias = Callable[[int, int], Canvases]


def _no_images(indices: NDArray[np.int64]) -> Canvases:
    raise ValueError("the attack has no image")


@dataclass(frozen=True)
class AttackResult:
    """The best image of each of K classes, and when each class was first fooled.

    Attributes:
        values: ``(K,) float64``, the measure of the best image of each class; -inf where there is none.
        scores: ``(K,) float64``, its score for the class, likewise.
        queries_to_fool: ``(K,) float64``, queries of this attack, and of the search that it starts from,
            until an image of the class first passed the threshold; infinite for never. An image counts when
            its whole batch was scored.
        queries: queries spent.
        seconds: time that it took.
        draw: ``(M,)`` indices of classes that have an image to ``(M, C, H, W) uint8``.
        exhausted: whether the attack has nothing left to try, however much budget it has. Where a time limit
            ends the attack and this is false, the audit is unfinished.
        improvements: when it had a better image of a class; None where only the last ones are known.
        start_queries: that the search had made which this one starts from; ``queries_to_fool`` and
            ``improvements`` count them, ``queries`` does not.
    """

    values: NDArray[np.float64]
    scores: NDArray[np.float64]
    queries_to_fool: NDArray[np.float64]
    queries: int
    seconds: float
    draw: Callable[[NDArray[np.int64]], Canvases]
    exhausted: bool = False
    improvements: Trace | None = None
    start_queries: int = 0

    @property
    def trace(self) -> Trace:
        """When it had which image; the last ones come with the last query where no more is known."""
        if self.improvements is not None:
            return self.improvements
        return Trace.final(self.values, np.full(len(self.values), float(self.start_queries + self.queries)))

    def starting_after(self, queries: int) -> AttackResult:
        """The same, of an attack that starts from a search of so many queries."""
        return replace(
            self,
            queries_to_fool=self.queries_to_fool + queries,
            improvements=self.trace.later(queries),
            start_queries=queries,
        )

    @classmethod
    def empty(cls, classes: int) -> AttackResult:
        """No query was made yet."""
        nothing = np.full(classes, -np.inf)
        return cls(nothing, nothing, np.full(classes, np.inf), 0, 0.0, _no_images)


@dataclass(frozen=True)
class AttackContext:
    """What is attacked, and with what.

    Attributes:
        classifier: the classifier that is attacked.
        targets: ``(T,) int64``, indices of the classes to fool.
        seed: of everything random.
        runs: folder of the folders of all attacks.
        queries: queries that the attack would get.
        earlier: names of the attacks that are tried with the same seed before it, and can be.
        threshold: the TPR95 threshold, above which a class counts as fooled; None without reference data.
        median: the median measure of the rightly classified real images, likewise.
        reference_images: ``(N, C, H, W) uint8`` real images; None without reference data.
        command: how the audit was started.
    """

    classifier: Classifier
    targets: NDArray[np.int64]
    seed: int
    runs: Path
    queries: int = 0
    earlier: Collection[str] = ()
    threshold: float | None = None
    median: float | None = None
    reference_images: Canvases | None = None
    command: str = "python"

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """Names of the classes to fool; None for all."""
        classes = self.classifier.description.classes
        return None if len(self.targets) == len(classes) else tuple(classes[index] for index in self.targets)

    @property
    def objective(self) -> ObjectiveName:
        """What searches maximise."""
        return "margin" if measure_of(self.classifier.description).name == "margin" else "class-score"

    def folder(self, attack: str) -> Path:
        """Folder of the files of one attack."""
        return self.runs / f"{attack}-seed-{self.seed}"


def _ignore(queries: int, batch: int) -> None:
    pass


@dataclass(frozen=True)
class AttackBudget:
    """What an attack may spend, earlier parts of it included.

    Attributes:
        queries: limit of its queries; with 0 it returns what it keeps, and asks the classifier nothing.
        seconds: limit of the time from now on.
        report: to be called with the queries spent so far and the size of the next batch: before the first
            batch, and after each. An interruption loses no more than that batch.
    """

    queries: int
    seconds: float = inf
    report: Callable[[int, int], None] = _ignore


#: With which an attack returns what it keeps.
NOTHING_MORE = AttackBudget(0, 0.0)


class Attack(Protocol):
    """One way to search for unrecognizable images."""

    @property
    def name(self) -> str:
        """The name in reports, and in ``--attacks``."""
        ...

    def unavailable(self, context: AttackContext) -> str | None:
        """Why the attack cannot be tried, in words that follow "skipped: "; None where it can."""
        ...

    def run(self, context: AttackContext, budget: AttackBudget) -> AttackResult:
        """Begin, or go on with what ``context.folder(name)`` keeps, until the budget is spent."""
        ...


def read_result(folder: Path, threshold: float | None, classes: int) -> AttackResult:
    """What the run file in ``folder`` holds as of its last checkpoint.

    Args:
        folder: of ``run.db``.
        threshold: of the measure, which is the objective of the run; None without reference data.
        classes: number of classes, for an empty result where there is no checkpoint yet.
    """
    if not (folder / RUN_DB).is_file():
        return AttackResult.empty(classes)
    try:
        run = open_run_file(folder)
    except UsageError:
        return AttackResult.empty(classes)  # not even its header is written yet
    return AttackResult.empty(classes) if run.generation < 0 else _result_of_run(run, threshold)


def _result_of_run(run: RunFile, threshold: float | None) -> AttackResult:
    classes = np.array(run.settings.cells)
    count = len(run.settings.classes)
    values, scores, queries_to_fool = np.full(count, -np.inf), np.full(count, -np.inf), np.full(count, np.inf)
    improvements = Trace(
        classes[[replacement.cell for replacement in run.replacements]].astype(np.int64),
        run.history.queries[[replacement.generation for replacement in run.replacements]].astype(np.int64),
        np.array([replacement.objective for replacement in run.replacements], np.float64),
    )
    if threshold is not None:
        fooling = improvements.values >= threshold
        np.minimum.at(queries_to_fool, improvements.classes[fooling], improvements.queries[fooling])
    for row in run.champions:
        values[classes[row.cell]], scores[classes[row.cell]] = row.objective, row.score
    genomes = {int(classes[row.cell]): row.genome for row in run.champions}

    def draw(indices: NDArray[np.int64]) -> Canvases:
        encoding = run_encoding(run.settings)
        return encoding.render(encoding.unpack([genomes[int(index)] for index in indices]))

    return AttackResult(
        values,
        scores,
        queries_to_fool,
        int(run.history.queries[-1]),
        run.seconds,
        draw,
        improvements=improvements,
    )
