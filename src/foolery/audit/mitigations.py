"""Mitigations: what would make the classifier safer, without and with it, on the scale of the audit itself.

Rejecting below a threshold needs no further attack: every attack raises the very measure that is rejected
by, and the share of classes fooled at each threshold is the audit's own. An ensemble and a hardened network
are audited by the audit's own attacks, with its budget and its seeds, each against its own thresholds.
Temperature changes no comparison; it is judged on the champions' confidence. What does not help is not
listed, and a note says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import exp, inf, log, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attack_loop import run_attacks
from foolery.audit.forecast import MITIGATION
from foolery.audit.intervals import difference_spread
from foolery.audit.plan import AuditPlan
from foolery.audit.reference import TPR, ReferenceScores, score_reference, target_classes
from foolery.audit.rescore import champion_images
from foolery.audit.schema import FILE, Audit
from foolery.audit.session import AuditSession
from foolery.audit.storage import MITIGATIONS, open_audit
from foolery.audit.thresholds import FOOLED, MAX_SOFTMAX, rejecting_code, rejection_thresholds
from foolery.audit.verdict import Mitigation
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence, log_softmax
from foolery.classifiers.wrappers.ensemble import ensemble
from foolery.classifiers.wrappers.metered import Budget
from foolery.data.class_matching import match_by_name
from foolery.errors import FooleryError, UsageError
from foolery.stages import drop_stage
from foolery.text import format_confidence, format_percent

HIGH_CONFIDENCE = 0.9
GUARD = "guard"
"""Start of the name of a mitigation that is a detector."""
_COLDEST, _HOTTEST = 0.05, 20.0


class TimeIsUpError(FooleryError):
    """A limit of time does not do for the next mitigation."""


def measure_mitigations(session: AuditSession) -> tuple[tuple[Mitigation, ...], tuple[str, ...]]:
    """Every mitigation that helps, and notes about those that do not, or could not be measured.

    Args:
        session: of an audit that is finished. Classifiers in the ``others`` of its plan are mitigations too.
    """
    audit, plan, results = session.audit, session.plan, session.all_results()
    if plan.reference is None or audit.reference is None or results is None or not audit.champions:
        return (), ()
    rows, notes = rejection_thresholds(results, audit.reference), []
    try:
        if audit.classifier.kind == "softmax":
            if session.document.remaining <= 0:
                raise TimeIsUpError("mitigations: the time is up")
            rows += temperature_scaling(
                session, session.scored or score_reference(plan.classifier, plan.reference)
            )
        for number, (kind, other) in enumerate(plan.others.items()):
            defended = ensemble(plan.classifier, other) if kind == "ensemble" else other
            fresh = fresh_audit(session, kind, defended, len(plan.others) - number)
            measured, note = _before_and_after(kind, other.description.name, audit, fresh)
            rows += measured
            notes += note
        notes += best_guard(rows)
    except TimeIsUpError:
        notes.append("The time was up before all mitigations were measured.")
    return tuple(rows), tuple(notes)


def best_guard(rows: Sequence[Mitigation]) -> list[str]:
    """The detector that stands best against attacks that know it, with its price; nothing without any."""
    scores = [row for row in rows if row.mitigation.startswith(GUARD) and row.figure == "score"]
    if not scores:
        return []
    best = max(scores, key=lambda row: -inf if row.after is None else row.after)
    name = best.mitigation.partition(" ")[2]
    return [
        f"Of the detectors, {name} stands best against attacks that know it: score {best.before:.1f} without "
        f"it, {best.after:.1f} with it; {best.cost}."
    ]


def _cost_of(kind: str) -> str:
    if kind.startswith(GUARD):
        return "a detector that looks at every image, and refuses real ones too"
    return COSTS[kind]


def check_mitigations(
    classifier: Classifier, others: Mapping[str, Classifier], exclude: Sequence[str] = ()
) -> None:
    """Raise UsageError for a mitigation that cannot be tried; called before anything is scored.

    Args:
        classifier: that is audited.
        others: see ``AuditPlan``; a hardened network may have further classes, which are not attacked.
        exclude: classes that the audit does not attack.
    """
    description = classifier.description
    for kind, other in others.items():
        theirs = other.description
        if theirs.fingerprint == description.fingerprint:
            raise UsageError(f"--{kind}: {theirs.name} is the audited classifier; name another one")
        targets = [description.classes[index] for index in target_classes(description, exclude)]
        missing = (match_by_name(targets, theirs.classes) < 0).any()
        if missing or (kind == "ensemble" and len(theirs.classes) != len(description.classes)):
            raise UsageError(
                f"--{kind}: expected the {len(targets)} classes of {description.name}, {theirs.name} has "
                f"{len(theirs.classes)}: {', '.join(theirs.classes[:3])}, …"
            )
    if "ensemble" in others:
        ensemble(classifier, others["ensemble"])


def temperature_scaling(session: AuditSession, scored: ReferenceScores) -> list[Mitigation]:
    """The temperature that fits the reference data best, where champions lose confidence by it."""
    temperature = fit_temperature(scored.scores, scored.labels)
    classifier, champions = session.plan.classifier, session.audit.champions
    scores = classifier.scores(champion_images(session.audit))
    own = np.array([champion.index for champion in champions])
    kind, classes = classifier.description.kind, len(session.audit.targets)

    def at(temperature: float, table: NDArray[np.float64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        return confidence(log_softmax(table / temperature), kind)[np.arange(len(table)), columns]

    before, after = (
        float((at(one, scores, own) >= HIGH_CONFIDENCE).sum() / classes) for one in (1.0, temperature)
    )
    if temperature <= 1.0 or after >= before:
        return []
    real = scored.scores[scored.correct], scored.labels[scored.correct]
    loses = " to ".join(format_confidence(float(np.median(at(one, *real)))) for one in (1.0, temperature))
    return [
        Mitigation(
            mitigation=f"temperature {temperature:.2f}",
            figure=f"share of classes with a champion of confidence {HIGH_CONFIDENCE} or more",
            before=before,
            after=after,
            cost="no prediction changes, nor the score: real images lose confidence too, from a median of "
            f"{loses}",
            code=(f"logits = logits / {temperature:.4g}", MAX_SOFTMAX),
        )
    ]


def fit_temperature(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """What log-probabilities are to be divided by so that real labels are likeliest (Guo et al., ICML 2017).

    Args:
        scores: ``(N, K) float64`` log-probabilities.
        labels: ``(N,) int64``.
    """
    rows = np.arange(len(labels))

    def loss(temperature: float) -> float:
        return -float(log_softmax(scores / temperature)[rows, labels].mean())

    low, high, golden = log(_COLDEST), log(_HOTTEST), (5**0.5 - 1) / 2
    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(exp(left)) < loss(exp(right)):
            high = right
        else:
            low = left
    return exp((low + high) / 2)


def fresh_audit(session: AuditSession, kind: str, classifier: Classifier, networks: int = 1) -> Audit:
    """An audit of ``classifier`` by the attacks of ``session``; a finished one that is there already is read.

    Args:
        session: of the audit.
        kind: of the mitigation.
        classifier: with it.
        networks: how many are to share the time that is left.

    Raises:
        TimeIsUpError: where the time does not do.
    """
    plan = _fresh_plan(session, kind, classifier, networks)
    finished = _finished(plan.out)
    if finished is not None and finished.classifier.fingerprint == classifier.description.fingerprint:
        return finished
    if session.document.remaining <= 0:
        raise TimeIsUpError("mitigations: the time is up")
    session.on_progress(f"mitigations: {kind}, {(plan.budget.queries or 0) * plan.seeds:,} queries more")
    drop_stage(f"{MITIGATION} {kind}")
    fresh = AuditSession.begin(plan, session.on_progress, overwrite=True, label=f"{MITIGATION} {kind}: ")
    run_attacks(fresh)
    audit = fresh.finish()
    if audit.unfinished:
        raise TimeIsUpError("mitigations: the time is up")
    return audit


def _fresh_plan(session: AuditSession, kind: str, classifier: Classifier, networks: int) -> AuditPlan:
    remaining, queries = session.document.remaining, session.audit.budget.queries
    return replace(
        session.plan,
        classifier=classifier,
        out=session.plan.out / MITIGATIONS / kind,
        requested=str(queries),
        budget=Budget(queries, None if remaining == inf else remaining / networks),
        panel=None,
        exclude=_extra_classes(session.audit, classifier),
        gates=(),
        baseline=None,
        mitigations=False,
        protocol=None,
        others={},
    )


def _extra_classes(audit: Audit, classifier: Classifier) -> tuple[str, ...]:
    """Classes that the audit did not try to fool: a hardened network may have more of them."""
    classes = classifier.description.classes
    indices = match_by_name(audit.targets, classes)
    return tuple(name for index, name in enumerate(classes) if index not in indices)


def _finished(folder: Path) -> Audit | None:
    audit = open_audit(folder) if (folder / FILE).is_file() else None
    return audit if audit is not None and audit.state == "finished" and not audit.unfinished else None


COSTS = {"ensemble": "every image goes through both networks", "hardened": "another training"}


def _before_and_after(
    kind: str, other: str, plain: Audit, defended: Audit
) -> tuple[list[Mitigation], list[str]]:
    """Rows where the score rises by more than chance; a note otherwise."""
    before, after, name = plain.verdict, defended.verdict, f"{kind} {other}"
    if before is None or after is None or plain.reference is None or defended.reference is None:
        return [], []
    first, second = before.score, after.score
    if first is None or second is None:
        return [], []
    rise, chance = _rise(plain, defended)
    if rise - chance <= 0.0:
        return [], [
            f"{name} does not help beyond chance: score {first.value:.1f} without it, {second.value:.1f} "
            f"with it, difference {rise:+.1f} ({rise - chance:+.1f} to {rise + chance:+.1f})."
        ]
    accuracy = f"accuracy {format_percent(plain.reference.accuracy)} before, "
    accuracy += f"{format_percent(defended.reference.accuracy)} after"
    cost = _cost_of(kind)
    rows = [
        Mitigation(
            mitigation=name,
            figure="score",
            before=first.value,
            after=second.value,
            cost=f"{cost}; {accuracy}",
        )
    ]
    one, two = before.fooled_at_tpr95, after.fooled_at_tpr95
    own = defended.reference.threshold_at(TPR)
    if one is not None and two is not None and own is not None and two.value < one.value:
        # An ensemble has no logits; its log-probabilities have the same margin.
        code = rejecting_code(defended.reference, own, "scores" if kind == "ensemble" else "logits")
        rows.append(
            Mitigation(
                mitigation=f"{name}, reject below TPR95",
                figure=FOOLED,
                before=one.value,
                after=two.value,
                cost=f"{cost}, and 5 % of the real images are rejected, as before; {accuracy}",
                threshold=own.value,
                confidence_threshold=own.confidence,
                code=code,
            )
        )
    return rows, []


def _rise(plain: Audit, defended: Audit) -> tuple[float, float]:
    """By how much the score rises, and half of its 95 % interval, classes being paired."""
    before, after = (
        np.array(audit.verdict.class_scores) if audit.verdict is not None else np.empty((0, 0))
        for audit in (plain, defended)
    )
    estimate = difference_spread(before, after[:, match_by_name(plain.targets, defended.targets)])
    return estimate.mean, estimate.quantile * sqrt(estimate.variance)
