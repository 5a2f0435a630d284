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

from foolery.audit.attacks import chosen_attacks
from foolery.audit.attacks.base import trail_of
from foolery.audit.config import Order
from foolery.audit.reference import Real, ask_real, keeping, targets_of
from foolery.audit.runner import Auditor
from foolery.audit.schema import FILE, Audit, Help, read_audit
from foolery.audit.scoring import score
from foolery.classifiers.base import Classifier
from foolery.classifiers.scores import confidence, log_softmax
from foolery.classifiers.wrappers.ensemble import ensemble
from foolery.classifiers.wrappers.metered import Budget
from foolery.data.class_matching import match_known
from foolery.errors import UsageError

KEPT = (0.99, 0.95, 0.9, 0.8)
SURE = 0.9
SEARCH = "cppn"
FRESH = ("low-pass-noise", "tiles", SEARCH)
MOST_FRESH = 20_000
_OTHER_SEED = 1000
_COLDEST, _HOTTEST = 0.05, 20.0


def what_helps(auditor: Auditor, others: Mapping[str, Classifier]) -> tuple[Help, ...]:
    """Every measure that can be tried with what there is.

    Args:
        auditor: whose audit is finished.
        others: under ``ensemble`` and ``hardened``, other classifiers of these classes.
    """
    found, pictures = auditor.found, auditor.order.pictures
    rows: list[Help] = []
    if pictures is None or found.yardstick is None or not found.champions:
        return ()
    real = auditor.real or ask_real(auditor.classifier, pictures.data, pictures.most)
    plain = fresh(auditor, "plain", auditor.classifier)
    rows += thresholds(plain, _folder(auditor, "plain"), real)
    if found.classifier.kind == "softmax":
        rows.append(cooled(auditor, real))
    for kind, other in others.items():
        defended = ensemble(auditor.classifier, other) if kind == "ensemble" else other
        cost = "every picture goes through both networks" if kind == "ensemble" else "another training"
        rows += _beside(f"{kind} {other.description.name}", plain, fresh(auditor, kind, defended), cost)
    return tuple(rows)


def check_others(
    classifier: Classifier, others: Mapping[str, Classifier], left_out: Sequence[str] = ()
) -> None:
    """Raise UsageError for a remedy that cannot be tried on ``classifier``; called before anything is asked.

    Args:
        classifier: that is audited.
        others: see ``what_helps``; a hardened network may have further classes, which are not fooled.
        left_out: classes that the audit does not fool.
    """
    known = classifier.description
    for kind, other in others.items():
        there = other.description
        if there.fingerprint == known.fingerprint:
            raise UsageError(f"--{kind}: {there.name} is the audited classifier; name another one")
        wanted = [known.classes[place] for place in targets_of(known, left_out)]
        missing = (match_known(wanted, there.classes) < 0).any()
        if missing or (kind == "ensemble" and len(there.classes) != len(known.classes)):
            raise UsageError(
                f"--{kind}: expected the {len(wanted)} classes of {known.name}, {there.name} has "
                f"{len(there.classes)}: {', '.join(there.classes[:3])}, …"
            )
    if "ensemble" in others:
        ensemble(classifier, others["ensemble"])


def thresholds(plain: Audit, folder: Path, real: Real) -> list[Help]:
    """Rejecting what is below a threshold on the classifier's own measure, at four prices.

    Args:
        plain: a fresh audit of the classifier, in ``folder``, which knew no threshold when it searched.
        folder: of its evolution of CPPNs the fall of each class is read again, for every threshold.
        real: answers to real pictures.
    """
    right = real.values[real.right]
    evolution = next((one for one in plain.attacks if one.name == SEARCH and one.run is not None), None)
    if evolution is None or evolution.run is None:
        return []
    targets = np.array(plain.places)
    none_rejected = 0.0 if plain.yardstick and plain.yardstick.measure == "margin" else float(right.min())

    def score_at(threshold: float) -> float | None:
        trail = trail_of(folder / str(evolution.run), threshold)
        return None if trail is None else score(trail.passed[None, targets], evolution.share)

    before = score_at(none_rejected)
    return [
        Help(
            measure=f"reject below keep{100 * share:.0f}",
            what=f"score, fresh evolution of CPPNs, {evolution.queries:,} queries",
            before=before,
            after=score_at(keeping(right, share)),
            cost=f"{100 * (1 - share):.0f} % of the photos that it is right about are rejected",
        )
        for share in KEPT
    ]


def cooled(auditor: Auditor, real: Real) -> Help:
    """The temperature that fits real pictures best, and what it does to the champions' confidence."""
    heat = temperature(real.scores, real.labels)
    champions, canvases = auditor.found.champions, _pictures(auditor)
    scores = auditor.classifier.scores(canvases)
    own = np.array([champion.index for champion in champions])
    rows, kind = np.arange(len(own)), auditor.classifier.description.kind
    before, after = confidence(scores, kind), confidence(log_softmax(scores / heat), kind)
    classes = len(auditor.found.targets)
    return Help(
        measure=f"temperature {heat:.2f}",
        what=f"share of classes with a champion of confidence {SURE} or more",
        before=float((before[rows, own] >= SURE).sum() / classes),
        after=float((after[rows, own] >= SURE).sum() / classes),
        cost="none; it changes no answer, and the score not at all: photos lose confidence too",
    )


def temperature(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """What log-probabilities are to be divided by so that real labels are likeliest (Guo et al., ICML 2017).

    Args:
        scores: ``(N, K) float64`` log-probabilities.
        labels: ``(N,) int64``.
    """
    rows = np.arange(len(labels))

    def loss(heat: float) -> float:
        return -float(log_softmax(scores / heat)[rows, labels].mean())

    low, high, golden = log(_COLDEST), log(_HOTTEST), (5**0.5 - 1) / 2
    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(exp(left)) < loss(exp(right)):
            high = right
        else:
            low = left
    return exp((low + high) / 2)


def fresh(auditor: Auditor, kind: str, classifier: Classifier) -> Audit:
    """A small audit of ``classifier`` with another seed; one that is there already is read."""
    order = auditor.order
    out = _folder(auditor, kind)
    queries = max(1000, min(MOST_FRESH, auditor.found.budget.queries // 5))
    known = _finished(out)
    if known is not None and known.classifier.fingerprint == classifier.description.fingerprint:
        return known
    auditor.say(f"what helps: {kind}, {queries:,} queries more")
    small = Auditor(
        classifier,
        Order(
            out=out,
            asked=str(queries),
            limit=Budget(queries),
            attacks=chosen_attacks(list(FRESH)),
            seed=(order.seed + _OTHER_SEED) % 2**64,
            pictures=order.pictures,
            left_out=_unknown(classifier, auditor),
            command=order.command,
        ),
    )
    small.begin(overwrite=True)
    small.run()
    return small.finish()


def _unknown(classifier: Classifier, auditor: Auditor) -> tuple[str, ...]:
    """Classes that the audit did not try to fool: a hardened network may have more of them."""
    places = match_known(auditor.found.targets, classifier.description.classes)
    return tuple(name for at, name in enumerate(classifier.description.classes) if at not in places)


def _folder(auditor: Auditor, kind: str) -> Path:
    return auditor.order.out / "helps" / kind


def _finished(out: Path) -> Audit | None:
    found = read_audit(out) if (out / FILE).is_file() else None
    return found if found is not None and found.state == "finished" else None


def _beside(measure: str, plain: Audit, defended: Audit, cost: str) -> list[Help]:
    before, after = plain.verdict, defended.verdict
    if before is None or after is None or plain.yardstick is None or defended.yardstick is None:
        return []
    right = f"accuracy {plain.yardstick.accuracy:.1%} before, {defended.yardstick.accuracy:.1%} after"
    attack = f"fresh attack, {plain.budget.queries:,} queries"
    return [
        Help(
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


def _pictures(auditor: Auditor) -> NDArray[np.uint8]:
    from foolery.canvas import from_png

    folder = auditor.order.out
    return np.stack([from_png((folder / one.image).read_bytes()) for one in auditor.found.champions])
