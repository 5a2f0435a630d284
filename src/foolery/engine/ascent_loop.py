"""The loop over the steps of gradient ascent, and the state from which an interrupted ascent continues.

A run file has the champions, rounded to 8 bits; the rows themselves are real numbers. Their state is a file
beside the run file, named by its generation and written before the checkpoint that it belongs to, so at any
moment one fits the run file.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.arrays import read_arrays
from foolery.canvas import Canvases, canvas_hash
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence
from foolery.classifiers.wrappers.metered import Budget
from foolery.engine.ascent_start import AscentStart
from foolery.engine.progress import OnProgress, Progress
from foolery.errors import FooleryError, UsageError
from foolery.files import atomic
from foolery.runs import GenerationStats, Individual, Replacement, RunSettings, RunWriter
from foolery.search.ascent_presets import QUERIES_PER_STEP
from foolery.search.objectives import OBJECTIVES
from foolery.untrusted import UnreadableError

SECONDS_BETWEEN_CHECKPOINTS = 10.0
MAX_STATE_BYTES = 2**28
"""Of a state, besides 16 for each value of a canvas of each class."""


@dataclass
class _Elites:
    """Champions: ``(cells,)`` values of the objective, scores and numbers of individuals."""

    objective: NDArray[np.float64]
    score: NDArray[np.float64]
    individual: NDArray[np.int64]
    improvements: int = 0


class AscentLoop:
    """The loop over the steps of one run; ``run`` starts or continues it."""

    def __init__(
        self,
        start: AscentStart,
        classifier: Classifier,
        settings: RunSettings,
        writer: RunWriter,
        steps: int,
        until: float | None,
        on_progress: OnProgress | None,
    ) -> None:
        self.start, self.ascent, self.classifier = start, start.ascent, classifier
        self.kind, self.writer, self.steps, self.until, self.on_progress = (
            settings.kind, writer, steps, until, on_progress,
        )  # fmt: skip
        self.cells = np.array(settings.cells)
        self.labels = tuple(settings.classes[cell] for cell in settings.cells)
        self.objective = OBJECTIVES[settings.objective](settings.cells)
        lowest = np.full(len(self.cells), -np.inf)
        self.best = _Elites(lowest, lowest.copy(), np.full(len(self.cells), -1))
        self.states: dict[int, Any] = {}
        self.seconds_before, self.clock = writer.seconds, time.perf_counter()
        self.resumed_from = max(writer.generation, 0)

    @property
    def can_continue(self) -> bool:
        """Whether a budget ended it while rows could still move."""
        return self.writer.generation < self.steps and len(self._active()) > 0

    def run(self, budget: Budget | None) -> None:
        """Step until ``steps``, until nothing moves, or until another step does not fit into the budget."""
        try:
            if self.writer.generation < 0:
                self._start()
            else:
                self._restore()
            self._ascend(budget)
        except BaseException:
            self._save(only_state=True)
            raise
        self._save(only_state=False)

    def _ascend(self, budget: Budget | None) -> None:
        saved, longest = time.monotonic(), 0.0
        while self.writer.generation < self.steps:
            generation, rows = self.writer.generation + 1, self._active()
            queries = QUERIES_PER_STEP * len(rows)
            if not len(rows) or not _fits(budget, self.writer.queries + queries, self._elapsed + longest):
                return
            before = self._elapsed
            state = self.ascent.step(self.states[generation - 1], rows, generation - 1)
            canvases = self.ascent.canvases(state, rows)
            self.states[generation] = state
            self._update(generation, rows, canvases, state, queries)
            self.states.pop(generation - 1)
            longest = max(0.9 * longest, self._elapsed - before)
            if time.monotonic() - saved > SECONDS_BETWEEN_CHECKPOINTS:
                self._save(only_state=False)
                saved = time.monotonic()

    def _start(self) -> None:
        """Generation 0: every class starts at the candidate that it scores highest."""
        canvases = self.start.candidates
        scores = _checked_scores(self.classifier, canvases)
        values, class_scores = self.objective(scores), scores[:, self.cells]
        chosen = values.argmax(axis=0)
        self.states[0] = self.start.initial_state(chosen)
        first, numbers = np.unique(chosen, return_inverse=True)
        blobs = self.ascent.genomes(
            self.states[0], np.array([int(np.argmax(chosen == one)) for one in first])
        )
        individuals = [
            Individual(int(one), 0, None, None, blob) for one, blob in zip(first, blobs, strict=True)
        ]
        hashes = {int(one): canvas_hash(canvases[one]) for one in first}
        cells = np.arange(len(self.cells))
        taken = values[chosen, cells], class_scores[chosen, cells]
        self._replace(0, cells, taken, first[numbers], individuals, hashes, len(canvases))

    def _update(
        self, generation: int, rows: NDArray[np.int64], canvases: Canvases, state: Any, queries: int
    ) -> None:
        scores, index = _checked_scores(self.classifier, canvases), np.arange(len(rows))
        values, own = self.objective(scores)[index, rows], scores[index, self.cells[rows]]
        better = np.flatnonzero(values > self.best.objective[rows])
        improved, number = rows[better], self.writer.queries + better
        blobs = self.ascent.genomes(state, improved) if len(improved) else []
        individuals = [
            Individual(int(one), generation, int(self.best.individual[row]), None, blob)
            for one, row, blob in zip(number, improved, blobs, strict=True)
        ]
        hashes = {int(one): canvas_hash(canvases[at]) for one, at in zip(number, better, strict=True)}
        self._replace(
            generation, improved, (values[better], own[better]), number, individuals, hashes, queries
        )

    def _replace(
        self,
        generation: int,
        cells: NDArray[np.int64],
        values: tuple[NDArray[np.float64], NDArray[np.float64]],
        numbers: NDArray[np.int64],
        individuals: list[Individual],
        hashes: dict[int, str],
        queries: int,
    ) -> None:
        before = self.best
        best = _Elites(
            before.objective.copy(),
            before.score.copy(),
            before.individual.copy(),
            before.improvements + len(cells),
        )
        (best.objective[cells], best.score[cells]), best.individual[cells] = values, numbers
        confidences = confidence(best.score, self.kind)
        replacements = [
            Replacement(
                int(cell),
                int(one),
                generation,
                float(value),
                float(score),
                float(confidences[cell]),
                previous,
            )
            for cell, one, value, score, previous in zip(
                cells,
                numbers,
                *values,
                (_number_or_none(before.individual[cell]) for cell in cells),
                strict=True,
            )
        ]
        stats = GenerationStats(
            generation=generation,
            queries=self.writer.queries + queries,
            improvements=best.improvements,
            median=float(np.median(confidences)),
            mean=float(confidences.mean()),
            min=float(confidences.min()),
            max=float(confidences.max()),
            seconds=self.seconds_before + self._elapsed,
        )
        self.writer.record(stats, individuals, replacements, hashes)
        self.best = best
        if self.on_progress is not None:
            all_rows = np.arange(len(self.cells))
            state = self.states[generation]
            self.on_progress(
                Progress(
                    generation, self.steps, self.resumed_from, stats, self.labels, confidences,
                    lambda: self.ascent.canvases(state, all_rows),
                )
            )  # fmt: skip

    def _active(self) -> NDArray[np.int64]:
        """Rows with a gradient whose confidence is below ``until``."""
        state = self.states[self.writer.generation]
        finished = state.zero_gradient if self.until is None else state.zero_gradient | (
            confidence(self.best.score, self.kind) >= self.until
        )  # fmt: skip
        return np.flatnonzero(~finished)

    def _restore(self) -> None:
        for champion in self.writer.champions:
            self.best.objective[champion.cell] = champion.objective
            self.best.score[champion.cell] = champion.score
            self.best.individual[champion.cell] = champion.individual
        self.best.improvements = self.writer.improvements
        generation = self.writer.generation
        if generation >= self.steps:
            self.states[generation] = self.start.initial_state(np.zeros(len(self.cells), np.int64))
            return
        most = MAX_STATE_BYTES + 16 * len(self.cells) * self.classifier.description.canvas.size
        arrays = read_state(self.writer.folder, generation, most)
        try:
            state = self.ascent.load(arrays)
            fits = self.ascent.canvases(state, np.arange(len(self.cells))).shape == (
                len(self.cells), *self.classifier.description.canvas.axes,
            )  # fmt: skip
            fits = fits and state.zero_gradient.shape == (len(self.cells),)
        except (KeyError, ValueError, TypeError, IndexError, RuntimeError):
            fits = False
        if not fits:
            raise _unfit(state_file(self.writer.folder or Path(), generation), "it is not of this run")
        self.states[generation] = state

    def _save(self, *, only_state: bool) -> None:
        """Write the state of all rows beside the run file, then have the run file stored."""
        state = self.states.get(self.writer.generation)
        if state is None or self.writer.folder is None:
            return
        write_state(self.writer.folder, self.writer.generation, self.ascent.save(state))
        if not only_state:
            self.writer.checkpoint()
            delete_states(self.writer.folder, keep=self.writer.generation)

    @property
    def _elapsed(self) -> float:
        return time.perf_counter() - self.clock


def _checked_scores(classifier: Classifier, canvases: Canvases) -> NDArray[np.float64]:
    scores = classifier.scores(canvases)
    if not np.isfinite(scores).all():
        raise UsageError(f"classifier {classifier.description.name}: gave scores that are not finite")
    return scores


def _fits(budget: Budget | None, queries: int, seconds: float) -> bool:
    if budget is None:
        return True
    return (budget.queries is None or queries <= budget.queries) and (
        budget.seconds is None or seconds <= budget.seconds
    )


def _number_or_none(number: np.int64) -> int | None:
    return None if number < 0 else int(number)


def state_file(folder: Path, generation: int) -> Path:
    """``ascent-G.npz``."""
    return folder / f"ascent-{generation}.npz"


def write_state(folder: Path, generation: int, arrays: dict[str, NDArray[Any]]) -> None:
    """Write the state after ``generation``; the file is never half written.

    Raises:
        FooleryError: no space is left, or the folder cannot be written.
    """
    file = state_file(folder, generation)
    try:
        with atomic(file) as part, part.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
    except OSError as error:
        raise FooleryError(f"{file}: could not be written ({error.strerror})") from error


def read_state(folder: Path | None, generation: int, limit: int) -> dict[str, NDArray[Any]]:
    """The state after ``generation``, of at most ``limit`` bytes.

    Raises:
        UsageError: where there is none that fits.
    """
    file = state_file(folder or Path(), generation)
    try:
        return read_arrays(file, limit)
    except UnreadableError as error:
        raise _unfit(file, error.reason) from None


def _unfit(file: Path, reason: str) -> UsageError:
    return UsageError(
        f"resume: {file} is missing or damaged ({reason}); without it the ascent cannot continue exactly "
        f"where it was (a run that reached its last step keeps none): start again with --overwrite"
    )


def delete_states(folder: Path | None, *, keep: int | None = None) -> None:
    """Remove every state file of ``folder``, except that of generation ``keep``."""
    if folder is None:
        return
    for file in folder.glob("ascent-*.npz"):
        if keep is None or file != state_file(folder, keep):
            file.unlink(missing_ok=True)
