"""Mitigations: what would make the classifier safer, measured on it, without and with.

The champions of the audit were made to fool it, so they say little about a mitigation. The classifier itself
gets a fresh attack, with another seed, and so do an ensemble and a hardened twin, each with its own TPR95
threshold: both figures of a row come from the same attack. Temperature is judged on the champions, since no
attack that compares margins notices it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import exp, inf, log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attack_loop import run_attacks
from foolery.audit.attacks import select_attacks
from foolery.audit.attacks.base import read_result
from foolery.audit.plan import AuditPlan
from foolery.audit.previous_score import score
from foolery.audit.reference import ReferenceScores, score_reference, target_classes, threshold_at_tpr
from foolery.audit.rescore import champion_images
from foolery.audit.schema import FILE, Audit
from foolery.audit.session import AuditSession
from foolery.audit.storage import MITIGATIONS, open_audit
from foolery.audit.verdict import Mitigation
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence, log_softmax
from foolery.classifiers.wrappers.ensemble import ensemble
from foolery.classifiers.wrappers.metered import Budget
from foolery.data.class_matching import match_by_name
from foolery.errors import FooleryError, UsageError
from foolery.text import format_percent

REJECTION_TPRS = (0.99, 0.95, 0.9, 0.8)
HIGH_CONFIDENCE = 0.9
SEARCH = "cppn"
FRESH_ATTACKS = ("low-pass-noise", "tiles", SEARCH)
MAX_FRESH_QUERIES = 20_000
_SEED_OFFSET = 1000
_COLDEST, _HOTTEST = 0.05, 20.0


class TimeIsUpError(FooleryError):
    """A limit of time does not do for the next mitigation."""


def measure_mitigations(session: AuditSession) -> tuple[tuple[Mitigation, ...], tuple[str, ...]]:
    """Every mitigation that can be tried with what there is, and notes about what could not.

    Args:
        session: of an audit that is finished. Classifiers in the ``others`` of its plan are mitigations too.
    """
    audit, plan = session.audit, session.plan
    if plan.reference is None or audit.reference is None or not audit.champions:
        return (), ()
    scored = session.scored or score_reference(plan.classifier, plan.reference)
    rows: list[Mitigation] = []
    try:
        plain = fresh_audit(session, "plain", plan.classifier, 1 + len(plan.others))
        rows += rejection_thresholds(plain, scored)
        if audit.classifier.kind == "softmax":
            rows.append(temperature_scaling(session, scored))
        for number, (kind, other) in enumerate(plan.others.items()):
            defended = ensemble(plan.classifier, other) if kind == "ensemble" else other
            cost = "every image goes through both networks" if kind == "ensemble" else "another training"
            name, left = f"{kind} {other.description.name}", len(plan.others) - number
            rows += _before_and_after(name, plain, fresh_audit(session, kind, defended, left), cost)
    except TimeIsUpError:
        return tuple(rows), ("The time was up before all mitigations were measured.",)
    return tuple(rows), ()


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


def rejection_thresholds(plain: Audit, scored: ReferenceScores) -> list[Mitigation]:
    """Rejecting what is below a threshold on the classifier's own measure, at four prices.

    Args:
        plain: a fresh audit of the classifier, which knew no threshold when it searched. In the run file of
            its evolution of CPPNs it is read again when each class was fooled, for every threshold.
        scored: scores of the reference data.
    """
    correct = scored.values[scored.correct]
    evolution = next((one for one in plain.attacks if one.name == SEARCH and one.run is not None), None)
    if evolution is None or evolution.run is None:
        return []
    run, share = plain.folder / evolution.run, evolution.share
    targets, classes = np.array(plain.target_indices), len(plain.classifier.classes)

    def score_at(threshold: float) -> float | None:
        result = read_result(run, threshold, classes)
        return score(result.queries_to_fool[None, targets], share) if result.queries else None

    margin = plain.reference is not None and plain.reference.measure == "margin"
    before = score_at(0.0 if margin else float(correct.min()))  # nothing is rejected
    return [
        Mitigation(
            mitigation=f"reject below TPR{100 * tpr:.0f}",
            figure=f"score, fresh evolution of CPPNs, {evolution.queries:,} queries",
            before=before,
            after=score_at(threshold_at_tpr(correct, tpr)),
            cost=f"{format_percent(1 - tpr, 0)} of the real images that it classifies rightly are rejected",
        )
        for tpr in REJECTION_TPRS
    ]


def temperature_scaling(session: AuditSession, scored: ReferenceScores) -> Mitigation:
    """The temperature that fits the reference data best, and what it does to the champions' confidence."""
    temperature = fit_temperature(scored.scores, scored.labels)
    classifier, champions = session.plan.classifier, session.audit.champions
    scores = classifier.scores(champion_images(session.audit))
    rows, own = np.arange(len(champions)), np.array([champion.index for champion in champions])
    kind, classes = classifier.description.kind, len(session.audit.targets)
    before = confidence(scores, kind)[rows, own]
    after = confidence(log_softmax(scores / temperature), kind)[rows, own]
    return Mitigation(
        mitigation=f"temperature {temperature:.2f}",
        figure=f"share of classes with a champion of confidence {HIGH_CONFIDENCE} or more",
        before=float((before >= HIGH_CONFIDENCE).sum() / classes),
        after=float((after >= HIGH_CONFIDENCE).sum() / classes),
        cost="none; it changes no prediction, and not the score: real images lose confidence too",
    )


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
    """A small audit of ``classifier`` with another seed; a finished one that is there already is read.

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
    session.on_progress(f"mitigations: {kind}, {plan.budget.queries:,} queries more")
    fresh = AuditSession.begin(plan, session.on_progress, overwrite=True)
    run_attacks(fresh)
    audit = fresh.finish()
    if audit.unfinished:
        raise TimeIsUpError("mitigations: the time is up")
    return audit


def _fresh_plan(session: AuditSession, kind: str, classifier: Classifier, networks: int) -> AuditPlan:
    remaining = session.document.remaining
    queries = max(1000, min(MAX_FRESH_QUERIES, session.audit.budget.queries // 5))
    return replace(
        session.plan,
        classifier=classifier,
        out=session.plan.out / MITIGATIONS / kind,
        requested=str(queries),
        budget=Budget(queries, None if remaining == inf else remaining / networks),
        attacks=select_attacks(FRESH_ATTACKS),
        seeds=1,
        seed=(session.plan.seed + _SEED_OFFSET) % 2**64,
        panel=None,
        exclude=_extra_classes(session.audit, classifier),
        gates=(),
        baseline=None,
        mitigations=False,
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


def _before_and_after(name: str, plain: Audit, defended: Audit, cost: str) -> list[Mitigation]:
    before, after = plain.verdict, defended.verdict
    if before is None or after is None or plain.reference is None or defended.reference is None:
        return []
    accuracy = f"accuracy {format_percent(plain.reference.accuracy)} before, "
    accuracy += f"{format_percent(defended.reference.accuracy)} after"
    return [
        Mitigation(
            mitigation=name,
            figure=f"{figure}, fresh attack, {plain.budget.queries:,} queries",
            before=None if first is None else first.value,
            after=None if second is None else second.value,
            cost=f"{cost}; {accuracy}",
        )
        for figure, first, second in (
            ("score", before.score, after.score),
            ("fooled@tpr95", before.fooled_at_tpr95, after.fooled_at_tpr95),
        )
    ]
