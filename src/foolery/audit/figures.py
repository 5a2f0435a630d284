"""The verdict: all figures of an audit, from the results of its attacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attackers import (
    Attacker,
    AttackRun,
    all_in_order,
    best_single,
    quickest_per_class,
    single_attackers,
)
from foolery.audit.attacks.transfer import TRANSFER
from foolery.audit.detection import TPRS, aupr, budgets, levels
from foolery.audit.intervals import share_interval
from foolery.audit.panel import MIN_AGREEMENT
from foolery.audit.previous_score import previous_score
from foolery.audit.reference import class_medians
from foolery.audit.schema import ReferenceStatistics
from foolery.audit.scoring import AuditResults, queries_to
from foolery.audit.verdict import AttackerFigures, AuditVerdict, Detection, Interval
from foolery.classifiers.scores import confidence
from foolery.text import THRESHOLDS


def make_verdict(results: AuditResults, agreement: NDArray[np.float64] | None = None) -> AuditVerdict:
    """The verdict.

    Args:
        results: of all attacks.
        agreement: ``(A, K) float64`` share of the panel that predicts the class of each attack's best
            image, NaN where it was not asked or does not know the class; None without a panel.
    """
    confidences = results.confidences[results.targets]
    figures: dict[str, Any] = {
        "median_confidence": float(np.median(confidences)),
        "above": {str(level): float((confidences >= level).mean()) for level in THRESHOLDS},
    }
    recognized = None if agreement is None else np.nan_to_num(agreement, nan=0.0) >= MIN_AGREEMENT
    if recognized is not None:
        figures["recognized"] = float(results.of_winners(recognized)[results.targets].mean())
    if results.reference is not None:
        figures |= _against_champions(results, results.reference, recognized)
        if results.reference.values:
            figures |= _Comparison(results, results.reference).figures(recognized)
    return AuditVerdict(**figures)


def _against_champions(
    results: AuditResults, reference: ReferenceStatistics, recognized: NDArray[np.bool_] | None
) -> dict[str, Any]:
    """Figures of all attacks together, each class by whichever is best at it."""
    fooled = results.queries_to_fool[:, results.targets]
    best = np.stack([results.best_of(seed) for seed in range(results.seeds)])
    figures: dict[str, Any] = {
        "fooled_by_any": share_interval(np.isfinite(fooled).astype(np.float64)),
        "above_real_median": share_interval(_of_targets(best > class_medians(reference), results)),
        "queries_to_half": queries_to(0.5, fooled),
        "previous": previous_score(results, recognized),
    }
    if recognized is not None:
        unrecognized = results.fastest(recognized)[:, results.targets]
        figures["fooled_unrecognizable"] = float(np.isfinite(unrecognized).mean())
    own = np.array([np.nan if one is None else one for one in reference.class_thresholds])
    columns = [index for index in results.targets if index < len(own) and np.isfinite(own[index])]
    if columns:
        passed = (best[:, columns] >= own[columns]).astype(np.float64)
        figures["fooled_at_class_tpr95"] = share_interval(passed)
    return figures


def most_fooled(results: AuditResults, threshold: float) -> Interval:
    """Share of classes that pass ``threshold`` by the single attack that is best at it."""
    classes = len(results.scores)
    tables = [
        _of_targets(one.values(classes, results.queries) >= threshold, results)
        for one in single_attackers(results.attack_runs, results.seeds)
    ]
    return share_interval(max(tables, key=_mean))


def searches(attack_runs: Sequence[AttackRun]) -> list[AttackRun]:
    """The attack runs by which a classifier has its score: all but those of the transfer attack.

    What the transfer attack finds depends on which champions foolery brings, and in what order, not on a
    search of this classifier. Where nothing else was tried it stays.
    """
    return [run for run in attack_runs if run.attack != TRANSFER] or list(attack_runs)


def most_confident(results: AuditResults, threshold: float) -> Interval:
    """Share of classes whose champion reaches a confidence, by the single attack that is best at it.

    These champions have the largest measure, which need not be the largest confidence.
    """
    tables: dict[str, NDArray[np.float64]] = {}
    for run in results.attack_runs:
        scores = run.result.scores
        there = np.isfinite(scores)
        passed = there & (confidence(np.where(there, scores, 0.0), results.kind) >= threshold)
        table = tables.setdefault(run.attack, np.zeros((results.seeds, len(scores))))
        table[run.seed] = np.maximum(table[run.seed], passed)
    return share_interval(max((_of_targets(table, results) for table in tables.values()), key=_mean))


def _of_targets(table: NDArray[Any], results: AuditResults) -> NDArray[np.float64]:
    targets: NDArray[np.float64] = table[:, results.targets].astype(np.float64)
    return targets


@dataclass(frozen=True)
class _Comparison:
    """Attackers against real images."""

    results: AuditResults
    reference: ReferenceStatistics

    @property
    def _real(self) -> NDArray[np.float64]:
        return np.array(self.reference.values)

    def figures(self, recognized: NDArray[np.bool_] | None) -> dict[str, Any]:
        """Those of the best single attack, and the three attackers."""
        runs, seeds = self.results.attack_runs, self.results.seeds
        headline = searches(runs)
        best = self._best(headline)
        table = self._table(best)
        figures: dict[str, Any] = {
            "score": share_interval(table, 100.0, falling=True),
            "seed_scores": tuple(float(100.0 * (1.0 - row.mean())) for row in table),
            "class_scores": tuple(tuple(np.round(100.0 * (1.0 - row), 4).tolist()) for row in table),
            "fooled_at_tpr95": most_fooled(
                replace(self.results, attack_runs=headline), self.reference.threshold
            ),
            "attackers": tuple(
                self._attacker(one)
                for one in (best, quickest_per_class(runs, seeds), all_in_order(runs, seeds))
            ),
        }
        if len(headline) < len(runs):
            figures["score_with_transfer"] = self._score(self._best(runs))
        if recognized is not None:
            unrecognized = [_without(run, mask) for run, mask in zip(runs, recognized, strict=True)]
            figures["score_unrecognizable"] = self._score(self._best(searches(unrecognized)))
        return figures

    def _best(self, runs: Sequence[AttackRun]) -> Attacker:
        results = self.results
        attackers = single_attackers(runs, results.seeds)
        return best_single(attackers, self._real, results.targets, self._classes, results.queries)

    @property
    def _classes(self) -> int:
        return len(self.results.scores)

    def _table(self, attacker: Attacker) -> NDArray[np.float64]:
        table = attacker.table(self._real, self._classes, self.results.queries)
        return table[:, self.results.targets]

    def _score(self, attacker: Attacker) -> Interval:
        return share_interval(self._table(attacker), 100.0, falling=True)

    def _attacker(self, attacker: Attacker) -> AttackerFigures:
        return AttackerFigures(
            name=attacker.name,
            attack=attacker.attack,
            score=self._score(attacker),
            detection=tuple(self._detection(attacker, queries) for queries in budgets(self.results.queries)),
        )

    def _detection(self, attacker: Attacker, queries: int) -> Detection:
        values = attacker.values(self._classes, queries)[:, self.results.targets]
        fpr: dict[str, Interval | None] = {}
        for tpr in TPRS:
            threshold = self.reference.threshold_at(tpr)
            passed = None if threshold is None else (values >= threshold.value).astype(np.float64)
            fpr[f"{100 * tpr:.0f}"] = None if passed is None else share_interval(passed)
        return Detection(
            queries=queries,
            auroc=share_interval(levels(values, self._real), falling=True),
            aupr=float(np.mean([aupr(row, self._real) for row in values])),
            fpr=fpr,
        )


def _mean(table: NDArray[np.float64]) -> float:
    return float(table.mean())


def _without(run: AttackRun, excluded: NDArray[np.bool_]) -> AttackRun:
    """The same without its images of the excluded classes ``(K,) bool``."""
    result = run.result
    return replace(run, result=replace(result, improvements=result.trace.of_classes(~excluded)))
