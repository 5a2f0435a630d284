"""Ascend: gradient ascent against a classifier, one picture for each class, written to a run file (3.9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.metered import Budget
from foolery.engine.ascent_start import Start, start_of
from foolery.engine.ascent_state import forget
from foolery.engine.climbing import Climbing
from foolery.engine.progress import Progress
from foolery.engine.provenance import provenance
from foolery.engine.run import Exhibit, exhibit_of
from foolery.errors import UsageError
from foolery.rng import check_seed
from foolery.runs import RunSettings, RunWriter
from foolery.search.ascent_presets import Rule, rule_of
from foolery.search.margin import Aim
from foolery.search.objectives import cells_of

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
