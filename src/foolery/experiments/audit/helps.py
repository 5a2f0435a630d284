"""Helps: what would make the classifier safer, measured on it, before and after.

Thresholds and temperature are judged on the champions of the audit, which were made to pass just that. An
ensemble and a hardened twin get a fresh attack of their own, with their own yardstick, and so does the
classifier itself, so that both figures come from the same attack.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.contract import Classifier
from foolery.classifiers.ensemble import ensemble
from foolery.classifiers.metered import Budget
from foolery.classifiers.scores import confidence, log_softmax
from foolery.experiments.audit.attacks import chosen_attacks
from foolery.experiments.audit.audit import Auditor
from foolery.experiments.audit.document import FILE, Audit, Help, read_audit
from foolery.experiments.audit.order import Order
from foolery.experiments.audit.yardstick import Real, ask_real, keeping

KEPT = (0.99, 0.95, 0.9, 0.8)
SURE = 0.9
FRESH = ("low-pass-noise", "tiles", "cppn")
MOST_FRESH = 20_000
_OTHER_SEED = 1000
_COLDEST, _HOTTEST = 0.05, 20.0


def what_helps(auditor: Auditor, others: Mapping[str, Classifier]) -> tuple[Help, ...]:
    """Every measure that can be tried with what there is.

    Args:
        auditor: whose audit is finished.
        others: under ``ensemble`` and ``hardened``, other classifiers of the same classes.
    """
    found, pictures = auditor.found, auditor.order.pictures
    rows: list[Help] = []
    if pictures is None or found.yardstick is None or not found.champions:
        return ()
    real = auditor.real or ask_real(auditor.classifier, pictures.data, pictures.most)
    rows += thresholds(found, real)
    if found.classifier.kind == "softmax":
        rows.append(cooled(auditor, real))
    if others:
        plain = fresh(auditor, "plain", auditor.classifier)
        for kind, other in others.items():
            defended = ensemble(auditor.classifier, other) if kind == "ensemble" else other
            cost = "every picture goes through both networks" if kind == "ensemble" else "another training"
            rows += _beside(f"{kind} {other.description.name}", plain, fresh(auditor, kind, defended), cost)
    return tuple(rows)


def thresholds(found: Audit, real: Real) -> list[Help]:
    """Rejecting what is below a threshold on the classifier's own measure, at four prices."""
    right, best = real.values[real.right], np.array([champion.value for champion in found.champions])
    classes = len(found.classifier.classes)
    lowest = (
        0.0 if found.yardstick is not None and found.yardstick.measure == "margin" else float(right.min())
    )
    before = float((best > lowest).sum() / classes)
    return [
        Help(
            measure=f"reject below keep{100 * share:.0f}",
            what="share of classes with a champion that is let through",
            before=before,
            after=float((best >= keeping(right, share)).sum() / classes),
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
    classes = len(auditor.found.classifier.classes)
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
    out = order.out / "helps" / kind
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
            command=order.command,
        ),
    )
    small.begin(overwrite=True)
    small.run()
    return small.finish()


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
