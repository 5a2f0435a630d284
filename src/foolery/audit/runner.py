"""An audit from its configuration to its verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

from foolery.audit.attack_loop import run_attacks
from foolery.audit.compare import check_comparable, compare_with
from foolery.audit.config import AuditConfig
from foolery.audit.mitigations import check_mitigations, measure_mitigations
from foolery.audit.pipelines import write_pipeline_files
from foolery.audit.rescore import rescore_champions
from foolery.audit.schema import Audit
from foolery.audit.session import AuditSession
from foolery.audit.storage import keep_light, locked, open_audit
from foolery.classifiers import as_classifier
from foolery.classifiers.base import Classifier
from foolery.errors import GateError, UsageError, did_you_mean


def _ignore(line: str) -> None:
    pass


def run_audit(
    classifier: Classifier | str,
    config: AuditConfig | None = None,
    *,
    on_progress: Callable[[str], None] = _ignore,
    resume: bool = False,
    overwrite: bool = False,
    begun: float | None = None,
) -> Audit:
    """Audit ``classifier``: search for unrecognizable images that it accepts, and score it.

    It does what ``foolery audit`` does and gives the same numbers: attacks, panel, verdict, gates, comparison
    with an earlier audit, and mitigations. Everything is in the folder of the audit as it goes.

    Args:
        classifier: loaded, or by reference.
        config: what to do; see ``AuditConfig`` for the defaults.
        on_progress: called with lines of progress.
        resume: go on with the audit in the folder.
        overwrite: replace the audit in the folder.
        begun: when a limit of time begins to count, on the clock ``time.monotonic``; now if None.

    Returns:
        The audit, as ``audit.json`` has it.

    Raises:
        UsageError: for what cannot be used; before anything is scored where that can be known.
        KeyboardInterrupt: passed on after everything was saved.
    """
    config, begun = AuditConfig() if config is None else config, monotonic() if begun is None else begun
    if resume and overwrite:
        raise UsageError("--resume: goes on with what --overwrite would replace; give one of them")
    if resume and config.champions is not None:
        raise UsageError("--champions: attacks nothing; leave out --resume")
    name = classifier if isinstance(classifier, str) else None
    loaded = as_classifier(classifier)
    if resume and config.seeds is None and config.out is not None:
        config = replace(config, seeds=open_audit(config.out).budget.seeds)
    plan = config.resolve(loaded, name)
    earlier = config.earlier()
    if earlier is not None:
        with locked(plan.out):
            return _delivered(rescore_champions(plan, earlier, overwrite=overwrite), config)
    check_mitigations(loaded, plan.others, plan.exclude)
    if plan.baseline is not None:
        check_comparable(plan.baseline[0], plan.new_audit(), plan.reference)
    if resume and not plan.out.is_dir():
        open_audit(plan.out)  # says that there is none, and makes no folder
    with locked(plan.out):
        if resume:
            session = AuditSession.resume(plan, on_progress, begun=begun)
        else:
            session = AuditSession.begin(plan, on_progress, overwrite=overwrite, begun=begun)
        run_attacks(session)
        session.finish()
        _compare(session)
        if plan.mitigations:
            mitigations, notes = measure_mitigations(session)
            session.document.write_with(mitigations=mitigations, notes=(*session.audit.notes, *notes))
        session.document.write_with(budget=session.document.budget)
        if plan.keep == "light":
            without = tuple(attack.model_copy(update={"run": None}) for attack in session.audit.attacks)
            session.document.write_with(attacks=without)
            keep_light(plan.out)
        return _delivered(session.audit, config)


def _delivered(audit: Audit, config: AuditConfig) -> Audit:
    """The audit, with the files for pipelines that were asked for."""
    junit, sarif = (None if path is None else Path(path) for path in (config.junit, config.sarif))
    write_pipeline_files(audit, junit, sarif)
    return audit


def _compare(session: AuditSession) -> None:
    """Compare with the earlier audit, if there is one."""
    if session.plan.baseline is None:
        return
    earlier, file = session.plan.baseline
    if session.audit.verdict is None or not session.audit.verdict.class_scores:
        reason = "--baseline: undecided, the time was up before there was a score to compare"
        if not session.plan.allow_unfinished:
            raise GateError(f"{reason}; give it more")
        session.document.write_with(notes=(*session.audit.notes, f"{reason}."))
        return
    session.document.write_with(comparison=compare_with(earlier, session.audit, file))


def audit(
    classifier: Classifier | str,
    config: AuditConfig | None = None,
    *,
    on_progress: Callable[[str], None] = _ignore,
    resume: bool = False,
    overwrite: bool = False,
    **fields: Any,
) -> Audit:
    """``run_audit`` in one call: the fields of ``AuditConfig`` are arguments.

    Args:
        classifier: loaded, or by reference.
        config: to begin with; the defaults if None.
        on_progress: called with lines of progress.
        resume: go on with the audit in the folder.
        overwrite: replace the audit in the folder.
        fields: of ``AuditConfig``, in the place of those of ``config``.

    Returns:
        The audit; ``report(FOLDER)`` writes its page.

    Raises:
        UsageError: as ``run_audit`` does, and for a field that ``AuditConfig`` does not have.

    Example:
        >>> import foolery
        >>> lenet = foolery.load_classifier("lenet")
        >>> audit = foolery.audit(lenet, budget=1000, attacks=["tiles"], panel=(), out="audit")
        >>> audit.state, len(audit.champions)
        ('finished', 10)
    """
    return run_audit(
        classifier,
        _with_fields(config, fields),
        on_progress=on_progress,
        resume=resume,
        overwrite=overwrite,
    )


def _with_fields(config: AuditConfig | None, fields: dict[str, Any]) -> AuditConfig:
    try:
        return AuditConfig(**fields) if config is None else replace(config, **fields)
    except TypeError:
        names = [field.name for field in dataclass_fields(AuditConfig)]
        unknown = next(name for name in fields if name not in names)
        raise UsageError(f"audit: {unknown!r} is no option; {did_you_mean(unknown, names)}") from None
