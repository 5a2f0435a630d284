"""Evolve: MAP-Elites against a classifier, written to a run file as it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.fitting import fitted, note_shrinks
from foolery.classifiers.wrappers.metered import Budget, BudgetSpent, Metered
from foolery.encodings import make_encoding
from foolery.engine.evaluation import Scored, Scoring
from foolery.engine.progress import Progress
from foolery.engine.provenance import provenance
from foolery.engine.recording import Standing, births_of
from foolery.engine.restoring import restore
from foolery.engine.run import Exhibit, exhibit_of
from foolery.errors import UsageError
from foolery.runs import RunSettings, RunWriter
from foolery.runs.state import read_state
from foolery.search.archive import Takeover
from foolery.search.map_elites import MapElites
from foolery.search.margin import AIMS, Aim
from foolery.search.memetic import check_refine, cost, let_climb
from foolery.search.objectives import cells_of

Keep = Literal["auto", "all", "champions"]
Watch = Callable[[Progress], None]
MOST_GENERATIONS = 10_000_000


def evolve(
    classifier: Classifier | str,
    *,
    encoding: str = "cppn",
    options: Mapping[str, bool | int | float | str] | None = None,
    generations: int = 200,
    batch: int = 200,
    initial: int | None = None,
    seed: int = 0,
    classes: Sequence[str] | None = None,
    refine: int = 0,
    objective: Aim = "class-score",
    out: Path | str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    checkpoint_every: int | None = None,
    keep: Keep = "auto",
    until: float | None = None,
    budget: Budget | None = None,
    watch: Watch | None = None,
    command: str = "python",
) -> Exhibit:
    """Search, for every class, for the picture that ``classifier`` is most certain about.

    Args:
        classifier: what is fooled, or a reference for ``load_classifier``.
        encoding: ``cppn`` or ``direct``.
        options: of the encoding, for instance ``{"coordinates": "centered"}``.
        generations: bred after the initial population; more than a finished run has extends it.
        batch: children per generation.
        initial: size of the initial population; ``batch`` if None.
        seed: 0 to 2^64 - 1; the same seed on the same machine gives the same run.
        classes: names of the classes to search for; all if None.
        refine: gradient steps that every child takes before it is scored (``foolery.search.memetic``); each
            counts as two queries, forward and backward. Needs a classifier with gradients.
        objective: what selection maximises, ``class-score`` or ``margin`` (``foolery.search.margin``).
        out: folder for the run file; None keeps the run in memory.
        resume: continue the run in ``out``.
        overwrite: replace the run in ``out``.
        checkpoint_every: generations between checkpoints; every few seconds if None.
        keep: whose genomes a new run file keeps; ``auto`` is all that ever held a cell for small genomes,
            only the champions' for large ones.
        until: stop as soon as every champion has at least this confidence.
        budget: the queries and the time that may be spent; the search ends before a generation that does
            not fit, with what it has. Queries are those of the whole run, time is that of this call.
        watch: called after every generation.
        command: how the run was started, for its provenance.

    Raises:
        UsageError: for anything in the arguments that cannot be used.
        FooleryError: where the run file cannot be written; its last checkpoint stays readable.
        KeyboardInterrupt: passed on after the run was saved.
    """
    check_goal(generations, until)
    if resume and out is None:
        raise UsageError("resume: a run in memory cannot be resumed; give out=FOLDER")
    folder = None if out is None else Path(out)
    classifier = load_classifier(classifier) if isinstance(classifier, str) else classifier
    state = read_state(folder) if resume and folder is not None else None
    given, classifier = classifier, fitted(classifier, state.settings if state is not None else None)
    description = classifier.description
    drawn = make_encoding(encoding, description.canvas, options)
    search = MapElites(
        drawn,
        AIMS[objective](cells_of(classes, description.classes)),
        seeds=seed,
        batch=batch,
        initial=initial,
        cost=cost(check_refine(refine)),
    )
    settings = settings_of(search, classifier)
    if refine:
        settings = settings.model_copy(update={"search_options": {"refine": refine}})
        let_climb(search, given, refine)
    made = provenance(description, command)
    if resume and folder is not None:
        writer = RunWriter.resume(folder, settings, made, checkpoint_every=checkpoint_every)
    else:
        writer = RunWriter.create(
            folder,
            settings,
            made,
            overwrite=overwrite,
            keep_genomes=drawn.keeps_ancestors if keep == "auto" else keep == "all",
            checkpoint_every=checkpoint_every,
        )
    with writer:
        if writer.generation >= 0:
            restore(search, [writer])
        note_shrinks(classifier, [writer])
        meter = _meter(classifier, budget, writer)
        with suppress(BudgetSpent):
            _run(search, meter, writer, generations=generations, until=until, watch=watch)
        writer.close("finished")
        return exhibit_of(writer.snapshot())


def _meter(classifier: Classifier, budget: Budget | None, writer: RunWriter) -> Metered:
    """``classifier`` with what is left of the budget."""
    limit = budget or Budget()
    return Metered(classifier, limit.queries, limit.seconds, images=writer.queries)


def settings_of(search: MapElites[Any], classifier: Classifier) -> RunSettings:
    """Everything that decides the genomes of a run of ``search`` against ``classifier``."""
    description, encoding = classifier.description, search.encoding
    return RunSettings(
        encoding=encoding.name,
        encoding_options=dict(encoding.options),
        renderer=encoding.renderer,
        canvas=encoding.canvas.axes,
        classifier=description.name,
        fingerprint=description.fingerprint,
        backend=description.backend,
        forward=dict(description.forward),
        kind=description.kind,
        classes=description.classes,
        cells=search.objective.cells,
        objective=search.objective.name,
        seed=search.seeds[0],
        batch=search.batch,
        initial=search.initial,
    )


def _run(
    search: MapElites[Any],
    meter: Metered,
    writer: RunWriter,
    *,
    generations: int,
    until: float | None,
    watch: Watch | None,
) -> None:
    """Breed until ``generations``, or until every champion is certain enough."""
    description, encoding = meter.description, search.encoding
    labels = tuple(description.classes[cell] for cell in search.objective.cells)
    started_at, spent, start = max(search.generation, 0), writer.seconds, perf_counter()
    score, standing = Scoring(encoding, meter.classifier), Standing(search.archive, 0, description.kind)
    while search.generation < generations:
        begun = perf_counter()
        litter = search.expect()
        asked = perf_counter()
        with meter.batch(len(litter) * (search.cost if litter.generation else 1)):
            scored = score(litter)
        answered = perf_counter()
        takeover = told(search, description.name, scored)
        if len(takeover):
            standing.update()
        now = perf_counter()
        stages = replace(scored.stages, tell=asked - begun + now - answered)
        moment = standing.moment(search.generation, search.queries, spent + now - start)
        births, weight = births_of(encoding, litter, scored, takeover, search.archive, standing.confidences)
        writer.hand_over(moment, births, stages, weight)
        if watch is not None:
            elites = search.elites
            watch(
                Progress(
                    search.generation,
                    generations,
                    started_at,
                    moment,
                    labels,
                    standing.confidences,
                    lambda elites=elites: encoding.render(elites),  # type: ignore[misc]
                )
            )
        if until is not None and moment.least >= until:
            return


def told(search: MapElites[Any], name: str, scored: Scored) -> Takeover:
    """Tell the search its scores; an answer that cannot be used names the classifier."""
    try:
        return search.tell(scored.scores, scored.canvases)
    except UsageError as error:
        raise UsageError(f"classifier {name}: {error}") from error


def check_goal(generations: int, until: float | None) -> None:
    """Raise UsageError unless a search can have this goal."""
    whole = isinstance(generations, int) and not isinstance(generations, bool)
    if not whole or not 0 <= generations <= MOST_GENERATIONS:
        raise UsageError(
            f"generations: expected a whole number from 0 to {MOST_GENERATIONS}, got {generations!r}"
        )
    if until is not None and not 0.0 < until <= 1.0:
        raise UsageError(f"until: expected a confidence above 0 and up to 1, got {until!r}")
