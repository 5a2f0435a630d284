"""Evolve: MAP-Elites against a classifier, written to a run file as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import numpy as np

from foolery.canvas import Canvases, canvas_hash
from foolery.classifiers import load_classifier
from foolery.classifiers.contract import Classifier
from foolery.classifiers.metered import Budget, BudgetSpent, Metered
from foolery.classifiers.scores import confidence
from foolery.encodings import make_encoding
from foolery.errors import UsageError
from foolery.experiments.exhibit import Exhibit, exhibit_of
from foolery.experiments.progress import Progress
from foolery.experiments.provenance import provenance
from foolery.runs import Individual, Moment, Reign, RunSettings, RunWriter
from foolery.search.archive import Archive, Takeover
from foolery.search.map_elites import Brood, MapElites
from foolery.search.objective import ClassScore, cells_of

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
    _check_goal(generations, until)
    if resume and out is None:
        raise UsageError("resume: a run in memory cannot be resumed; give out=FOLDER")
    classifier = load_classifier(classifier) if isinstance(classifier, str) else classifier
    description = classifier.description
    drawn = make_encoding(encoding, description.canvas, options)
    search = MapElites(
        drawn, ClassScore(cells_of(classes, description.classes)), seeds=seed, batch=batch, initial=initial
    )
    settings = settings_of(search, classifier)
    folder = None if out is None else Path(out)
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
            _restore(search, writer)
        metered = _metered(classifier, budget, writer)
        with suppress(BudgetSpent):
            _run(search, metered, writer, generations=generations, until=until, watch=watch)
        writer.close("finished")
        return exhibit_of(writer.snapshot())


def _metered(classifier: Classifier, budget: Budget | None, writer: RunWriter) -> Classifier:
    """``classifier`` with what is left of the budget; itself where there is none."""
    if budget is None:
        return classifier
    return Metered(classifier, budget.queries, budget.seconds, images=writer.queries)


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
    classifier: Classifier,
    writer: RunWriter,
    *,
    generations: int,
    until: float | None,
    watch: Watch | None,
) -> None:
    """Breed until ``generations``, or until every champion is certain enough."""
    description, encoding = classifier.description, search.encoding
    labels = tuple(description.classes[cell] for cell in search.objective.cells)
    started_at, spent, start = max(search.generation, 0), writer.seconds, time.perf_counter()
    while search.generation < generations:
        brood = search.ask()
        canvases = encoding.render(brood.genomes)
        takeover = _told(search, classifier, canvases)
        confidences = confidence(search.archive.score[0], description.kind)
        moment = Moment(
            generation=search.generation,
            queries=search.queries,
            jumps=int(search.archive.jumps[0]),
            median=float(np.median(confidences)),
            mean=float(confidences.mean()),
            least=float(confidences.min()),
            most=float(confidences.max()),
            seconds=spent + time.perf_counter() - start,
        )
        _record(writer, moment, search, brood, canvases, takeover, confidences)
        if watch is not None:
            elites = search.elites
            watch(
                Progress(
                    search.generation,
                    generations,
                    started_at,
                    moment,
                    labels,
                    confidences,
                    lambda elites=elites: encoding.render(elites),  # type: ignore[misc]
                )
            )
        if until is not None and moment.least >= until:
            return


def _told(search: MapElites[Any], classifier: Classifier, canvases: Canvases) -> Takeover:
    """Score ``canvases`` and tell the search; an answer that cannot be used names the classifier."""
    scores = classifier.scores(canvases)
    try:
        return search.tell(scores, canvases)
    except UsageError as error:
        raise UsageError(f"classifier {classifier.description.name}: {error}") from error


def _record(
    writer: RunWriter,
    moment: Moment,
    search: MapElites[Any],
    brood: Brood[Any],
    canvases: Canvases,
    takeover: Takeover,
    confidences: np.ndarray[Any, np.dtype[np.float64]],
) -> None:
    """Hand one generation's newcomers and their reigns to the run file."""
    rows = np.unique(takeover.children)
    blobs = search.encoding.pack(search.encoding.take(brood.genomes, rows)) if len(rows) else []
    newcomers = [
        Individual(
            brood.first + row, brood.generation, _some(brood.parents[row]), _some(brood.mates[row]), blob
        )
        for row, blob in zip(rows.tolist(), blobs, strict=True)
    ]
    archive = search.archive
    reigns = [
        Reign(
            cell,
            brood.first + child,
            brood.generation,
            float(archive.objective[0, cell]),
            float(archive.score[0, cell]),
            float(confidences[cell]),
            _some(previous),
        )
        for cell, child, previous in zip(
            takeover.cells.tolist(), takeover.children.tolist(), takeover.previous.tolist(), strict=True
        )
    ]
    hashes = {brood.first + row: canvas_hash(canvases[row]) for row in rows.tolist()}
    writer.record(moment, newcomers, reigns, hashes)


def _some(number: int) -> int | None:
    return None if number < 0 else int(number)


def _restore(search: MapElites[Any], writer: RunWriter) -> None:
    """Put the search where the run file stands."""
    champions = sorted(writer.champions, key=lambda champion: champion.cell)
    archive = Archive(1, len(champions))
    archive.objective[0] = [champion.objective for champion in champions]
    archive.score[0] = [champion.score for champion in champions]
    archive.individual[0] = [champion.individual for champion in champions]
    archive.born[0] = [champion.generation for champion in champions]
    archive.jumps[0] = writer.jumps
    elites = search.encoding.unpack([champion.genome for champion in champions])
    search.restore(writer.generation, elites, archive)


def _check_goal(generations: int, until: float | None) -> None:
    whole = isinstance(generations, int) and not isinstance(generations, bool)
    if not whole or not 0 <= generations <= MOST_GENERATIONS:
        raise UsageError(
            f"generations: expected a whole number from 0 to {MOST_GENERATIONS}, got {generations!r}"
        )
    if until is not None and not 0.0 < until <= 1.0:
        raise UsageError(f"until: expected a confidence above 0 and up to 1, got {until!r}")
