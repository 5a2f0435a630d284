"""Rejecting what is below a threshold: what it buys at four prices in real images, and the code for it."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from foolery.audit.figures import most_confident, most_fooled, searches
from foolery.audit.schema import ReferenceStatistics, Threshold
from foolery.audit.scoring import AuditResults
from foolery.audit.verdict import Mitigation
from foolery.text import format_percent

FOOLED = "share of classes fooled by the best single attack"
NOT_SEARCHED = "the attacks raised the margin, so one that raises the confidence may fool more"
MAX_SOFTMAX = "confidence = 1 / np.exp(logits - np.max(logits)).sum()"


def rejection_thresholds(results: AuditResults, reference: ReferenceStatistics) -> list[Mitigation]:
    """Rejecting what is below a threshold on the classifier's own measure, at four prices.

    Args:
        results: of all attacks of the audit.
        reference: of the audit.
    """
    # Those by which the audit has its headline figures.
    results = replace(results, attack_runs=searches(results.attack_runs))
    margin = reference.measure == "margin"
    lowest = 0.0 if margin else min(reference.values, default=-inf)
    before = most_fooled(results, lowest).value  # the class is predicted, and nothing is rejected
    rows = []
    for threshold in sorted(reference.thresholds, key=lambda one: -one.tpr):
        name = f"reject below TPR{100 * threshold.tpr:.0f}"
        share = format_percent(1 - threshold.tpr, 0)
        price = f"{share} of the real images that it classifies rightly are rejected"
        both = {"threshold": threshold.value, "confidence_threshold": threshold.confidence}
        ways = [
            (name, most_fooled(results, threshold.value).value, price, rejecting_code(reference, threshold))
        ]
        if margin:
            ways[0] = (f"{name}, margin", *ways[0][1:])
            after = most_confident(results, threshold.confidence).value
            ways.append(
                (f"{name}, max-softmax", after, f"{price}; {NOT_SEARCHED}", max_softmax_code(threshold))
            )
        rows += [
            Mitigation(
                mitigation=way, figure=FOOLED, before=before, after=after, cost=cost, code=code, **both
            )
            for way, after, cost, code in ways
            if after < before
        ]
    return rows


def rejecting_code(
    reference: ReferenceStatistics, threshold: Threshold, logits: str = "logits"
) -> tuple[str, str]:
    """Two lines of Python that reject an image, given its ``logits``, or else its ``scores``, and ``np``."""
    if reference.measure == "margin":
        return f"second, first = np.sort({logits})[-2:]", f"rejected = first - second < {threshold.value:.6g}"
    return "first = np.max(scores)", f"rejected = first < {threshold.value:.6g}"


def max_softmax_code(threshold: Threshold) -> tuple[str, str]:
    """The same by the largest probability of a softmax."""
    return MAX_SOFTMAX, f"rejected = confidence < {threshold.confidence!r}"
