"""Ascend: gradient ascent against a classifier, one picture for each class, written to a run file (3.9)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, canvas_hash
from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence
from foolery.classifiers.wrappers.metered import Budget
from foolery.engine.ascent_start import AscentStart, make_start
from foolery.engine.ascent_state import delete_states, read_state, write_state
from foolery.engine.progress import Progress
from foolery.engine.provenance import make_provenance
from foolery.engine.run import RunResult, make_run_result
from foolery.errors import UsageError
from foolery.rng import check_seed
from foolery.runs import GenerationStats, Individual, Replacement, RunSettings, RunWriter
from foolery.search.ascent_presets import AscentRule, make_rule
from foolery.search.objectives import OBJECTIVES, ObjectiveName, class_indices

PASSES = 3  # of a picture through the network for each step: forward, backward, and the score
SECONDS_BETWEEN_CHECKPOINTS = 10.0


@dataclass
class _Elites:
    """Champions: ``(cells,)`` values of the objective, scores and numbers of individuals."""

    objective: NDArray[np.float64]
    score: NDArray[np.float64]
    individual: NDArray[np.int64]
    improvements: int = 0


class AscentLoop:
    """The loop over steps of one run; ``run`` begins it or goes on with it."""

    def __init__(
        self,
        start: AscentStart,
        classifier: Classifier,
        settings: RunSettings,
        writer: RunWriter,
        steps: int,
        until: float | None,
        on_progress: Callable[[Progress], None] | None,
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
        """Whether a budget ended it, and rows were still moving."""
        return self.writer.generation < self.steps and len(self._active()) > 0

    def run(self, budget: Budget | None) -> None:
        """Step until ``steps``, until nothing moves, or until the budget does not hold another step."""
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
            queries = PASSES * len(rows)
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
        """Rows that are neither stuck nor certain enough."""
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
        self.states[generation] = self.ascent.load(read_state(self.writer.folder, generation))

    def _save(self, *, only_state: bool) -> None:
        """Put the rows' places beside the run file, then have the run file stored."""
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


NAME = "ascent"
_NEVER = 2**31


def ascend(
    classifier: Classifier | str,
    *,
    preset: str = "plain",
    rule: Mapping[str, int | float] | None = None,
    steps: int | None = None,
    start: str | Path = "mean",
    through: str | None = None,
    source: Path | str | None = None,
    seed: int = 0,
    classes: Sequence[str] | None = None,
    objective: ObjectiveName = "class-score",
    out: Path | str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    until: float | None = None,
    budget: Budget | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    command: str = "python",
) -> RunResult:
    """Follow, for every class, the gradient of its probability to an image with high confidence.

    Example:
        >>> import foolery
        >>> run = foolery.ascend("lenet", steps=5, classes=["3", "8"])
        >>> sorted(run.champions)
        ['3', '8']

    Args:
        classifier: what is fooled, with gradients (an ONNX file is converted), or a reference for
            ``load_classifier``.
        preset: the paper's setting: ``plain``, ``decay``, ``blur`` or ``sparse``.
        rule: numbers of ``Rule`` that replace the preset's.
        steps: the most steps; the preset's if None.
        start: ``mean`` (the mean pixel of the preprocessing plus noise), ``noise`` (uniform), or a picture
            file.
        through: ``cppn`` moves the weights of CPPNs in place of pixels.
        source: with ``through``: a run of that encoding, whose champions are the start.
        seed: of the start.
        classes: names of the classes; all if None.
        objective: what makes a picture a class's champion, ``class-score`` or ``margin``; gradients are those
            of the class's probability either way.
        out: folder for the run file; None keeps the run in memory.
        resume: continue an interrupted run in ``out``; it ends as it would have without the interruption.
        overwrite: replace the run in ``out``.
        until: stop a class at this confidence; the search ends when all have stopped.
        budget: the queries and the time that may be spent; time is that of this call.
        on_progress: called after every step.
        command: how the run was started, for its provenance.

    Raises:
        UsageError: for anything in the arguments that cannot be used, and for a classifier without gradients.
        FooleryError: where the run file cannot be written; its last checkpoint stays readable.
        KeyboardInterrupt: passed on after the run was saved.
    """
    if until is not None and not 0.0 < until <= 1.0:
        raise UsageError(f"until: expected a confidence above 0 and up to 1, got {until!r}")
    if resume and out is None:
        raise UsageError("resume: a run in memory cannot be resumed; give out=FOLDER")
    ascent_rule = make_rule(preset, rule, steps)
    classifier = load_classifier(classifier) if isinstance(classifier, str) else classifier
    cells = class_indices(classes, classifier.description.classes)
    ascent_start = make_start(
        classifier, cells, ascent_rule, kind=start, seed=check_seed(seed), through=through, source=source
    )
    folder = None if out is None else Path(out)
    settings = _settings(ascent_start, classifier, ascent_rule, preset, seed).model_copy(
        update={"objective": objective}
    )
    run_provenance = make_provenance(classifier.description, command)
    if resume and folder is not None:
        writer = RunWriter.resume(folder, settings, run_provenance, checkpoint_every=_NEVER)
    else:
        writer = RunWriter.create(
            folder,
            settings,
            run_provenance,
            overwrite=overwrite,
            keep_genomes=ascent_start.encoding.keeps_ancestors,
            checkpoint_every=_NEVER,
        )
        delete_states(folder)
    with writer:
        search = AscentLoop(ascent_start, classifier, settings, writer, ascent_rule.steps, until, on_progress)
        search.run(budget)
        writer.close("finished")
        if not search.can_continue:
            delete_states(folder)
        return make_run_result(writer.snapshot())


def _settings(
    start: AscentStart, classifier: Classifier, rule: AscentRule, preset: str, seed: int
) -> RunSettings:
    description, encoding = classifier.description, start.encoding
    return RunSettings(
        search=NAME,
        search_options={"preset": preset, **start.options, **rule.options},
        encoding=encoding.name,
        encoding_options=dict(encoding.options),
        renderer=encoding.renderer_version,
        canvas=encoding.canvas.axes,
        classifier=description.name,
        fingerprint=description.fingerprint,
        backend=description.backend,
        forward=dict(description.forward),
        kind=description.kind,
        classes=description.classes,
        cells=start.cells,
        seed=seed,
        batch=len(start.cells),
        initial=len(start.candidates),
    )
