"""Helps: what would make the classifier safer, measured on it, before and after.

The champions of the audit were made to pass, so they say little about a remedy. The classifier itself gets a
fresh attack, with another seed, and so do an ensemble and a hardened twin, each with its own yardstick: both
figures of a row come from the same attack. Temperature is judged on the champions, since no attack that
compares margins notices it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attacks import select_attacks
from foolery.audit.attacks.base import read_result
from foolery.audit.config import AuditConfig
from foolery.audit.reference import ReferenceScores, score_reference, target_classes, threshold_at_tpr
from foolery.audit.runner import Auditor
from foolery.audit.schema import FILE, Audit, Mitigation, read_audit
from foolery.audit.scoring import score
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence, log_softmax
from foolery.classifiers.wrappers.ensemble import ensemble
from foolery.classifiers.wrappers.metered import Budget
from foolery.data.class_matching import match_by_name
from foolery.errors import UsageError

REJECTION_TPRS = (0.99, 0.95, 0.9, 0.8)
HIGH_CONFIDENCE = 0.9
SEARCH = "cppn"
FRESH_ATTACKS = ("low-pass-noise", "tiles", SEARCH)
MAX_FRESH_QUERIES = 20_000
_SEED_OFFSET = 1000
_COLDEST, _HOTTEST = 0.05, 20.0


def measure_mitigations(auditor: Auditor, others: Mapping[str, Classifier]) -> tuple[Mitigation, ...]:
    """Every measure that can be tried with what there is.

    Args:
        auditor: whose audit is finished.
        others: under ``ensemble`` and ``hardened``, other classifiers of these classes.
    """
    audit, reference = auditor.audit, auditor.config.reference
    rows: list[Mitigation] = []
    if reference is None or audit.yardstick is None or not audit.champions:
        return ()
    reference_scores = auditor.reference_scores or score_reference(
        auditor.classifier, reference.data, reference.max_images
    )
    plain = fresh_audit(auditor, "plain", auditor.classifier)
    rows += rejection_thresholds(plain, _folder(auditor, "plain"), reference_scores)
    if audit.classifier.kind == "softmax":
        rows.append(temperature_scaling(auditor, reference_scores))
    for kind, other in others.items():
        defended = ensemble(auditor.classifier, other) if kind == "ensemble" else other
        cost = "every picture goes through both networks" if kind == "ensemble" else "another training"
        rows += _before_and_after(
            f"{kind} {other.description.name}", plain, fresh_audit(auditor, kind, defended), cost
        )
    return tuple(rows)


def check_mitigations(
    classifier: Classifier, others: Mapping[str, Classifier], exclude: Sequence[str] = ()
) -> None:
    """Raise UsageError for a remedy that cannot be tried on ``classifier``; called before anything is asked.

    Args:
        classifier: that is audited.
        others: see ``measure_mitigations``; a hardened network may have further classes, which are not
            fooled.
        exclude: classes that the audit does not fool.
    """
    description = classifier.description
    for kind, other in others.items():
        theirs = other.description
        if theirs.fingerprint == description.fingerprint:
            raise UsageError(f"--{kind}: {theirs.name} is the audited classifier; name another one")
        targets = [description.classes[place] for place in target_classes(description, exclude)]
        missing = (match_by_name(targets, theirs.classes) < 0).any()
        if missing or (kind == "ensemble" and len(theirs.classes) != len(description.classes)):
            raise UsageError(
                f"--{kind}: expected the {len(targets)} classes of {description.name}, {theirs.name} has "
                f"{len(theirs.classes)}: {', '.join(theirs.classes[:3])}, …"
            )
    if "ensemble" in others:
        ensemble(classifier, others["ensemble"])


def rejection_thresholds(plain: Audit, folder: Path, reference_scores: ReferenceScores) -> list[Mitigation]:
    """Rejecting what is below a threshold on the classifier's own measure, at four prices.

    Args:
        plain: a fresh audit of the classifier, in ``folder``, which knew no threshold when it searched.
        folder: of its evolution of CPPNs the fall of each class is read again, for every threshold.
        reference_scores: answers to real pictures.
    """
    correct = reference_scores.values[reference_scores.correct]
    evolution = next((one for one in plain.attacks if one.name == SEARCH and one.run is not None), None)
    if evolution is None or evolution.run is None:
        return []
    targets = np.array(plain.target_indices)
    none_rejected = 0.0 if plain.yardstick and plain.yardstick.measure == "margin" else float(correct.min())

    def score_at(threshold: float) -> float | None:
        result = read_result(folder / str(evolution.run), threshold)
        return None if result is None else score(result.queries_to_fool[None, targets], evolution.share)

    before = score_at(none_rejected)
    return [
        Mitigation(
            measure=f"reject below keep{100 * share:.0f}",
            what=f"score, fresh evolution of CPPNs, {evolution.queries:,} queries",
            before=before,
            after=score_at(threshold_at_tpr(correct, share)),
            cost=f"{100 * (1 - share):.0f} % of the photos that it is right about are rejected",
        )
        for share in REJECTION_TPRS
    ]


def temperature_scaling(auditor: Auditor, reference_scores: ReferenceScores) -> Mitigation:
    """The temperature that fits real pictures best, and what it does to the champions' confidence."""
    heat = fit_temperature(reference_scores.scores, reference_scores.labels)
    champions, canvases = auditor.audit.champions, _champion_images(auditor)
    scores = auditor.classifier.scores(canvases)
    own = np.array([champion.index for champion in champions])
    rows, kind = np.arange(len(own)), auditor.classifier.description.kind
    before, after = confidence(scores, kind), confidence(log_softmax(scores / heat), kind)
    classes = len(auditor.audit.targets)
    return Mitigation(
        measure=f"temperature {heat:.2f}",
        what=f"share of classes with a champion of confidence {HIGH_CONFIDENCE} or more",
        before=float((before[rows, own] >= HIGH_CONFIDENCE).sum() / classes),
        after=float((after[rows, own] >= HIGH_CONFIDENCE).sum() / classes),
        cost="none; it changes no answer, and the score not at all: photos lose confidence too",
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


def fresh_audit(auditor: Auditor, kind: str, classifier: Classifier) -> Audit:
    """A small audit of ``classifier`` with another seed; one that is there already is read."""
    config = auditor.config
    out = _folder(auditor, kind)
    queries = max(1000, min(MAX_FRESH_QUERIES, auditor.audit.budget.queries // 5))
    finished = _finished(out)
    if finished is not None and finished.classifier.fingerprint == classifier.description.fingerprint:
        return finished
    auditor.on_progress(f"what helps: {kind}, {queries:,} queries more")
    small = Auditor(
        classifier,
        AuditConfig(
            out=out,
            budget_text=str(queries),
            budget=Budget(queries),
            attacks=select_attacks(list(FRESH_ATTACKS)),
            seed=(config.seed + _SEED_OFFSET) % 2**64,
            reference=config.reference,
            exclude=_extra_classes(classifier, auditor),
            command=config.command,
        ),
    )
    small.begin(overwrite=True)
    small.run()
    return small.finish()


def _extra_classes(classifier: Classifier, auditor: Auditor) -> tuple[str, ...]:
    """Classes that the audit did not try to fool: a hardened network may have more of them."""
    places = match_by_name(auditor.audit.targets, classifier.description.classes)
    return tuple(name for at, name in enumerate(classifier.description.classes) if at not in places)


def _folder(auditor: Auditor, kind: str) -> Path:
    return auditor.config.out / "helps" / kind


def _finished(out: Path) -> Audit | None:
    audit = read_audit(out) if (out / FILE).is_file() else None
    return audit if audit is not None and audit.state == "finished" else None


def _before_and_after(measure: str, plain: Audit, defended: Audit, cost: str) -> list[Mitigation]:
    before, after = plain.verdict, defended.verdict
    if before is None or after is None or plain.yardstick is None or defended.yardstick is None:
        return []
    right = f"accuracy {plain.yardstick.accuracy:.1%} before, {defended.yardstick.accuracy:.1%} after"
    attack = f"fresh attack, {plain.budget.queries:,} queries"
    return [
        Mitigation(
            measure=measure,
            what=f"{what}, {attack}",
            before=None if first is None else first.value,
            after=None if second is None else second.value,
            cost=f"{cost}; {right}",
        )
        for what, first, second in (
            ("score", before.score, after.score),
            ("fooled@keep95", before.fooled_at_keep95, after.fooled_at_keep95),
        )
    ]


def _champion_images(auditor: Auditor) -> NDArray[np.uint8]:
    from foolery.canvas import from_png

    folder = auditor.config.out
    return np.stack([from_png((folder / one.image).read_bytes()) for one in auditor.audit.champions])
