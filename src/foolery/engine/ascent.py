"""Ascend: gradient ascent against a classifier, one image for each class, written to a run file (3.9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from foolery.classifiers import as_classifier
from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.metered import Budget
from foolery.engine.ascent_loop import AscentLoop, delete_states
from foolery.engine.ascent_start import AscentStart, make_start
from foolery.engine.progress import OnProgress
from foolery.engine.provenance import make_provenance
from foolery.engine.run import RunResult, make_run_result, settings_against
from foolery.errors import UsageError
from foolery.rng import check_seed
from foolery.runs import RunSettings, RunWriter
from foolery.search.ascent_presets import AscentRule, make_rule
from foolery.search.objectives import ObjectiveName, class_indices

NAME = "ascent"
_NEVER = 2**31  # generations: the loop makes its checkpoints itself


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
    on_progress: OnProgress | None = None,
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
        rule: numbers of ``AscentRule`` that replace the preset's.
        steps: the most steps; the preset's if None.
        start: ``mean`` (the mean pixel of the preprocessing plus noise), ``noise`` (uniform), or an image
            file.
        through: ``cppn`` moves the weights of CPPNs in place of pixels.
        source: with ``through``: a run of that encoding, whose champions are the start.
        seed: of the start.
        classes: names of the classes; all if None.
        objective: what makes an image a class's champion, ``class-score`` or ``margin``; gradients are those
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
    classifier = as_classifier(classifier)
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
    return settings_against(
        description,
        encoding,
        search=NAME,
        search_options={"preset": preset, **start.options, **rule.options},
        cells=start.cells,
        seed=seed,
        batch=len(start.cells),
        initial=len(start.candidates),
    )
