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
from foolery.engine.ascent_start import Start, start_of
from foolery.engine.ascent_state import forget, read_state, write_state
from foolery.engine.progress import Progress
from foolery.engine.provenance import provenance
from foolery.engine.run import Exhibit, exhibit_of
from foolery.errors import UsageError
from foolery.rng import check_seed
from foolery.runs import Individual, Moment, Reign, RunSettings, RunWriter
from foolery.search.ascent_presets import Rule, rule_of
from foolery.search.objectives import AIMS, Aim, cells_of

PASSES = 3  # of a picture through the network for each step: forward, backward, and the score
SECONDS_BETWEEN_CHECKPOINTS = 10.0


@dataclass
class _Best:
    """Champions: ``(cells,)`` values of the objective, scores and numbers of individuals."""

    value: NDArray[np.float64]
    score: NDArray[np.float64]
    individual: NDArray[np.int64]
    jumps: int = 0


class Climbing:
    """The loop over steps of one run; ``run`` begins it or goes on with it."""

    def __init__(
        self,
        begun: Start,
        classifier: Classifier,
        settings: RunSettings,
        writer: RunWriter,
        steps: int,
        until: float | None,
        watch: Callable[[Progress], None] | None,
    ) -> None:
        self.begun, self.climb, self.classifier = begun, begun.climb, classifier
        self.kind, self.writer, self.steps, self.until, self.watch = (
            settings.kind, writer, steps, until, watch,
        )  # fmt: skip
        self.cells = np.array(settings.cells)
        self.labels = tuple(settings.classes[cell] for cell in settings.cells)
        self.objective = AIMS[settings.objective](settings.cells)
        lowest = np.full(len(self.cells), -np.inf)
        self.best = _Best(lowest, lowest.copy(), np.full(len(self.cells), -1))
        self.places: dict[int, Any] = {}
        self.spent, self.clock = writer.seconds, time.perf_counter()
        self.started_at = max(writer.generation, 0)

    @property
    def could_go_on(self) -> bool:
        """Whether a budget ended it, and rows were still moving."""
        return self.writer.generation < self.steps and len(self._moving()) > 0

    def run(self, budget: Budget | None) -> None:
        """Step until ``steps``, until nothing moves, or until the budget does not hold another step."""
        try:
            if self.writer.generation < 0:
                self._begin()
            else:
                self._restore()
            self._climb(budget)
        except BaseException:
            self._save(only_state=True)
            raise
        self._save(only_state=False)

    def _climb(self, budget: Budget | None) -> None:
        saved, longest = time.monotonic(), 0.0
        while self.writer.generation < self.steps:
            generation, rows = self.writer.generation + 1, self._moving()
            asked = PASSES * len(rows)
            if not len(rows) or not _fits(budget, self.writer.queries + asked, self._elapsed + longest):
                return
            before = self._elapsed
            place = self.climb.step(self.places[generation - 1], rows, generation - 1)
            canvases = self.climb.canvases(place, rows)
            self.places[generation] = place
            self._challenge(generation, rows, canvases, place, asked)
            self.places.pop(generation - 1)
            longest = max(0.9 * longest, self._elapsed - before)
            if time.monotonic() - saved > SECONDS_BETWEEN_CHECKPOINTS:
                self._save(only_state=False)
                saved = time.monotonic()

    def _begin(self) -> None:
        """Generation 0: every class starts at the candidate that it scores highest."""
        canvases = self.begun.candidates
        said = _scored(self.classifier, canvases)
        values, scores = self.objective(said), said[:, self.cells]
        chosen = values.argmax(axis=0)
        self.places[0] = self.begun.place(chosen)
        first, numbers = np.unique(chosen, return_inverse=True)
        blobs = self.climb.genomes(self.places[0], np.array([int(np.argmax(chosen == one)) for one in first]))
        newcomers = [
            Individual(int(one), 0, None, None, blob) for one, blob in zip(first, blobs, strict=True)
        ]
        hashes = {int(one): canvas_hash(canvases[one]) for one in first}
        won = np.arange(len(self.cells))
        taken = values[chosen, won], scores[chosen, won]
        self._crown(0, won, taken, first[numbers], newcomers, hashes, len(canvases))

    def _challenge(
        self, generation: int, rows: NDArray[np.int64], canvases: Canvases, place: Any, asked: int
    ) -> None:
        said, places = _scored(self.classifier, canvases), np.arange(len(rows))
        values, own = self.objective(said)[places, rows], said[places, self.cells[rows]]
        better = np.flatnonzero(values > self.best.value[rows])
        won, number = rows[better], self.writer.queries + better
        blobs = self.climb.genomes(place, won) if len(won) else []
        newcomers = [
            Individual(int(one), generation, int(self.best.individual[row]), None, blob)
            for one, row, blob in zip(number, won, blobs, strict=True)
        ]
        hashes = {int(one): canvas_hash(canvases[at]) for one, at in zip(number, better, strict=True)}
        self._crown(generation, won, (values[better], own[better]), number, newcomers, hashes, asked)

    def _crown(
        self,
        generation: int,
        won: NDArray[np.int64],
        taken: tuple[NDArray[np.float64], NDArray[np.float64]],
        numbers: NDArray[np.int64],
        newcomers: list[Individual],
        hashes: dict[int, str],
        asked: int,
    ) -> None:
        before = self.best
        best = _Best(
            before.value.copy(), before.score.copy(), before.individual.copy(), before.jumps + len(won)
        )
        (best.value[won], best.score[won]), best.individual[won] = taken, numbers
        sure = confidence(best.score, self.kind)
        reigns = [
            Reign(int(cell), int(one), generation, float(value), float(score), float(sure[cell]), previous)
            for cell, one, value, score, previous in zip(
                won, numbers, *taken, (_some(before.individual[cell]) for cell in won), strict=True
            )
        ]
        moment = Moment(
            generation=generation,
            queries=self.writer.queries + asked,
            jumps=best.jumps,
            median=float(np.median(sure)),
            mean=float(sure.mean()),
            least=float(sure.min()),
            most=float(sure.max()),
            seconds=self.spent + self._elapsed,
        )
        self.writer.record(moment, newcomers, reigns, hashes)
        self.best = best
        if self.watch is not None:
            everyone = np.arange(len(self.cells))
            place = self.places[generation]
            self.watch(
                Progress(
                    generation, self.steps, self.started_at, moment, self.labels, sure,
                    lambda: self.climb.canvases(place, everyone),
                )
            )  # fmt: skip

    def _moving(self) -> NDArray[np.int64]:
        """Rows that are neither stuck nor certain enough."""
        place = self.places[self.writer.generation]
        rests = place.stuck if self.until is None else place.stuck | (
            confidence(self.best.score, self.kind) >= self.until
        )  # fmt: skip
        return np.flatnonzero(~rests)

    def _restore(self) -> None:
        for champion in self.writer.champions:
            self.best.value[champion.cell] = champion.objective
            self.best.score[champion.cell] = champion.score
            self.best.individual[champion.cell] = champion.individual
        self.best.jumps = self.writer.jumps
        generation = self.writer.generation
        if generation >= self.steps:
            self.places[generation] = self.begun.place(np.zeros(len(self.cells), np.int64))
            return
        self.places[generation] = self.climb.load(read_state(self.writer.folder, generation))

    def _save(self, *, only_state: bool) -> None:
        """Put the rows' places beside the run file, then have the run file stored."""
        place = self.places.get(self.writer.generation)
        if place is None or self.writer.folder is None:
            return
        write_state(self.writer.folder, self.writer.generation, self.climb.save(place))
        if not only_state:
            self.writer.checkpoint()
            forget(self.writer.folder, but=self.writer.generation)

    @property
    def _elapsed(self) -> float:
        return time.perf_counter() - self.clock


def _scored(classifier: Classifier, canvases: Canvases) -> NDArray[np.float64]:
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


def _some(number: np.int64) -> int | None:
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
    objective: Aim = "class-score",
    out: Path | str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    until: float | None = None,
    budget: Budget | None = None,
    watch: Callable[[Progress], None] | None = None,
    command: str = "python",
) -> Exhibit:
    """Follow, for every class, the gradient of its probability to a picture that ``classifier`` is sure of.

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
        until: a class rests as soon as it is as certain; the search ends when all do.
        budget: the queries and the time that may be spent; time is that of this call.
        watch: called after every step.
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
    chosen = rule_of(preset, rule, steps)
    classifier = load_classifier(classifier) if isinstance(classifier, str) else classifier
    cells = cells_of(classes, classifier.description.classes)
    begun = start_of(
        classifier, cells, chosen, kind=start, seed=check_seed(seed), through=through, source=source
    )
    folder = None if out is None else Path(out)
    settings = _settings(begun, classifier, chosen, preset, seed).model_copy(update={"objective": objective})
    made = provenance(classifier.description, command)
    if resume and folder is not None:
        writer = RunWriter.resume(folder, settings, made, checkpoint_every=_NEVER)
    else:
        writer = RunWriter.create(
            folder,
            settings,
            made,
            overwrite=overwrite,
            keep_genomes=begun.encoding.keeps_ancestors,
            checkpoint_every=_NEVER,
        )
        forget(folder)
    with writer:
        search = Climbing(begun, classifier, settings, writer, chosen.steps, until, watch)
        search.run(budget)
        writer.close("finished")
        if not search.could_go_on:
            forget(folder)
        return exhibit_of(writer.snapshot())


def _settings(begun: Start, classifier: Classifier, rule: Rule, preset: str, seed: int) -> RunSettings:
    known, encoding = classifier.description, begun.encoding
    return RunSettings(
        search=NAME,
        search_options={"preset": preset, **begun.options, **rule.options},
        encoding=encoding.name,
        encoding_options=dict(encoding.options),
        renderer=encoding.renderer,
        canvas=encoding.canvas.axes,
        classifier=known.name,
        fingerprint=known.fingerprint,
        backend=known.backend,
        forward=dict(known.forward),
        kind=known.kind,
        classes=known.classes,
        cells=begun.cells,
        seed=seed,
        batch=len(begun.cells),
        initial=len(begun.candidates),
    )
