"""Attacks beside each other: one champion of each class, and when each class was fooled."""

from __future__ import annotations

import numpy as np
import pytest

from foolery.audit.attackers import AttackRun
from foolery.audit.attacks.base import AttackResult
from foolery.audit.figures import make_verdict
from foolery.audit.previous_score import score
from foolery.audit.schema import ReferenceStatistics
from foolery.audit.scoring import AuditResults, curve, queries_to

NEVER = np.inf
NOBODY = -np.inf
REFERENCE = ReferenceStatistics(
    data="here", split="test", images=100, correct=90, accuracy=0.9, measure="margin", threshold=2.0,
    median=5.0, values=tuple(np.linspace(0.1, 10.0, 90)), class_medians=(5.0, None, 9.0),
    min_class_images=20, median_confidence=0.9, matched_by="name",
)  # fmt: skip


ALL = np.arange(3)


def result(values, passed, queries, *, mark=0, scores=None) -> AttackResult:
    """Of three classes; its images are all of level ``mark``."""

    def draw(indices):
        return np.full((len(indices), 1, 2, 2), mark, np.uint8)

    measures = np.array(values, np.float64)
    logs = np.where(np.isfinite(measures), -0.1, NOBODY) if scores is None else np.array(scores)
    return AttackResult(measures, logs, np.array(passed, np.float64), queries, 1.0, draw)


def all_results(*attack_runs, seeds=1, reference=REFERENCE, targets=ALL) -> AuditResults:
    return AuditResults(attack_runs, seeds, "softmax", reference, 10_000, targets)


def test_the_champion_has_the_largest_measure_of_all_attacks_and_seeds():
    results = all_results(
        AttackRun("noise", 0, result([1.0, 3.0, NOBODY], [NEVER, 50, NEVER], 100, mark=1)),
        AttackRun("cppn", 0, result([4.0, 3.0, NOBODY], [200, 400, NEVER], 900, mark=2)),
        AttackRun("noise", 1, result([9.0, 1.0, NOBODY], [10, NEVER, NEVER], 100, mark=3)),
        seeds=2,
    )
    assert results.winners.tolist() == [2, 0, -1]  # of equal ones the first
    assert {index: int(canvas.max()) for index, canvas in results.canvases().items()} == {0: 3, 1: 1}
    assert results.confidences.tolist() == pytest.approx([np.exp(-0.1), np.exp(-0.1), 0.0])


def test_a_class_falls_to_the_attack_that_is_quickest_from_its_own_start():
    results = all_results(
        AttackRun("noise", 0, result([1.0, 3.0, 3.0], [NEVER, 50, 80], 100)),
        AttackRun("cppn", 0, result([4.0, 3.0, 3.0], [200, 400, 20], 900)),
    )
    assert results.queries_to_fool.tolist() == [[200.0, 50.0, 20.0]]


def test_the_order_of_attacks_does_not_matter_and_another_one_never_makes_it_look_safer():
    rng = np.random.default_rng(0)
    entries = [
        AttackRun(f"attack {number}", 0, result(rng.random(3), rng.integers(1, 9000, 3), 9000))
        for number in range(5)
    ]
    verdicts = [make_verdict(all_results(*entries[: count + 1])) for count in range(5)]
    for scores in (
        [one.previous.score.value for one in verdicts],
        [one.score.value for one in verdicts],
        [one.attackers[1].score.value for one in verdicts],
    ):
        assert scores == sorted(scores, reverse=True)
    backwards = make_verdict(all_results(*entries[::-1]))
    assert backwards.previous.score == verdicts[-1].previous.score
    assert backwards.score == verdicts[-1].score
    assert backwards.attackers[1].score == verdicts[-1].attackers[1].score


def test_a_seed_that_has_not_begun_has_fooled_nothing():
    results = all_results(AttackRun("noise", 0, result([3.0] * 3, [50] * 3, 100)), seeds=2)
    assert results.queries_to_fool[1].tolist() == [NEVER] * 3
    verdict = make_verdict(results)
    assert verdict.fooled_by_any.value == verdict.fooled_at_tpr95.value == pytest.approx(0.5)
    assert verdict.previous.seed_scores == (0.0, 100.0)
    assert verdict.seed_scores[1] == 100.0


def test_the_verdict_is_the_mean_over_seeds():
    results = all_results(
        AttackRun("cppn", 0, result([6.0, 6.0, 6.0], [1000, 100, NEVER], 5000)),
        AttackRun("cppn", 1, result([6.0, 3.0, NOBODY], [100, NEVER, NEVER], 5000)),
        seeds=2,
    )
    verdict = make_verdict(results)
    assert verdict.previous.score.value == pytest.approx(score(results.queries_to_fool, 10_000))
    assert np.mean(verdict.previous.seed_scores) == pytest.approx(verdict.previous.score.value)
    assert np.mean(verdict.seed_scores) == pytest.approx(verdict.score.value)
    assert np.mean(verdict.class_scores) == pytest.approx(verdict.score.value, abs=1e-3)
    assert verdict.score.low <= verdict.score.value <= verdict.score.high
    # medians are 5, 5 (of all, for want of its own) and 9: two classes of seed 0, one of seed 1
    assert verdict.above_real_median.value == pytest.approx(3 / 6)
    assert verdict.queries_to_half is None  # seed 1 never fooled half of them


def test_what_the_panel_recognises_is_shown_apart():
    results = all_results(AttackRun("cppn", 0, result([6.0] * 3, [100, 1000, NEVER], 5000)))
    verdict = make_verdict(results, np.array([[1.0, 0.0, np.nan]]))
    assert verdict.recognized == pytest.approx(1 / 3)
    assert verdict.fooled_by_any.value == pytest.approx(2 / 3)
    assert verdict.fooled_unrecognizable == pytest.approx(1 / 3)
    assert verdict.previous.score.value == pytest.approx(100 * (1 - (1.0 + 0.5) / 3))
    assert verdict.previous.score_unrecognizable.value == pytest.approx(100 * (1 - 0.5 / 3))
    assert verdict.score_unrecognizable.value > verdict.score.value


def test_nonsense_counts_although_the_champion_of_its_class_is_recognised():
    results = all_results(
        AttackRun("noise", 0, result([3.0, 1.0, 1.0], [100, NEVER, NEVER], 100)),
        AttackRun("cppn", 0, result([6.0, 1.0, 1.0], [100, NEVER, NEVER], 900)),
    )
    verdict = make_verdict(results, np.array([[0.0, np.nan, np.nan], [1.0, 0.0, 0.0]]))
    assert verdict.recognized == pytest.approx(1 / 3)
    assert verdict.fooled_unrecognizable == verdict.fooled_by_any.value == pytest.approx(1 / 3)
    previous = verdict.previous
    assert previous.score_unrecognizable.value == pytest.approx(previous.score.value)


def test_the_panel_is_asked_about_champions_and_about_all_that_pass():
    asked = []

    class Panel:
        members = ("one",)

        def agreement(self, canvases, classes):
            asked.append((int(canvases.max()), classes.tolist()))
            return np.full(len(classes), 0.5)

        def calibrated(self, data):
            return self

    results = all_results(
        AttackRun("noise", 0, result([3.0, 1.0, NOBODY], [100, NEVER, NEVER], 100, mark=1)),
        AttackRun("cppn", 0, result([6.0, 0.5, NOBODY], [100, NEVER, NEVER], 900, mark=2)),
    )
    agreement = results.panel_agreement(Panel())
    assert asked == [(1, [0, 1]), (2, [0])]
    assert np.isfinite(agreement).tolist() == [[True, True, False], [True, False, False]]


def test_the_score_is_that_of_searches_and_one_with_stored_champions_stands_beside_it():
    results = all_results(
        AttackRun("transfer", 0, result([6.0] * 3, [50, 50, NEVER], 100)),
        AttackRun("cppn", 0, result([3.0, 1.0, NOBODY], [1000, NEVER, NEVER], 5000)),
    )
    verdict = make_verdict(results)
    assert verdict.best_attack == "cppn"
    assert verdict.fooled_at_tpr95.value == pytest.approx(1 / 3)
    assert verdict.fooled_by_any.value == pytest.approx(2 / 3)
    assert verdict.score_with_transfer.value < verdict.score.value
    assert np.mean(verdict.class_scores) == pytest.approx(verdict.score.value)
    assert verdict.previous.score.value == pytest.approx(100 * (1 - 2 / 3))
    assert verdict.previous.score_without_transfer.value == pytest.approx(100 * (1 - 0.5 / 3))


def test_stored_champions_decide_where_nothing_else_was_tried():
    alone = make_verdict(all_results(AttackRun("transfer", 0, result([6.0] * 3, [50] * 3, 100))))
    assert alone.best_attack == "transfer"
    assert alone.score_with_transfer is None
    assert alone.previous.score_without_transfer is None


def test_without_a_reference_there_are_confidences_alone():
    scores = np.log([0.95, 0.6, 0.99995])
    results = all_results(
        AttackRun("cppn", 0, result([1.0] * 3, [NEVER] * 3, 10, scores=scores)), reference=None
    )
    verdict = make_verdict(results)
    assert verdict.score is None
    assert verdict.previous is None
    assert verdict.fooled_at_tpr95 is None
    assert verdict.median_confidence == pytest.approx(0.95)
    assert list(verdict.above) == ["0.5", "0.9", "0.99", "0.9999"]
    assert list(verdict.above.values()) == pytest.approx([1.0, 2 / 3, 1 / 3, 1 / 3])


def test_one_curve_for_each_seed():
    results = all_results(
        AttackRun("cppn", 0, result([6.0] * 3, [100, 1000, NEVER], 5000)),
        AttackRun("cppn", 1, result([6.0] * 3, [NEVER, 300, NEVER], 5000)),
        seeds=2,
    )
    assert [(one.seed, one.queries) for one in results.curves(7)] == [(7, (100, 1000)), (8, (300,))]


def test_classes_that_are_no_targets_count_nowhere():
    entries = (
        AttackRun("noise", 0, result([3.0, 1.0, 9.0], [100, NEVER, 100], 100)),
        AttackRun("cppn", 0, result([6.0, 1.0, 9.0], [100, NEVER, 100], 900)),
    )
    some = all_results(*entries, targets=np.array([0, 1]))
    assert some.winners.tolist() == [1, 0, -1]
    assert sorted(some.canvases()) == [0, 1]
    verdict = make_verdict(some)
    assert verdict.fooled_at_tpr95.value == verdict.fooled_by_any.value == pytest.approx(0.5)
    assert verdict.previous.score.value == pytest.approx(50.0)
    assert some.curves(0)[0].fooled == (0.5,)
    assert make_verdict(all_results(*entries)).fooled_by_any.value == pytest.approx(2 / 3)


def test_the_curve_is_a_staircase():
    results = curve(np.array([300.0, 200.0, np.inf, 300.0]), 3)
    assert (results.seed, results.queries, results.fooled) == (3, (200, 300), (0.25, 0.75))


def test_queries_until_half():
    assert queries_to(0.5, np.array([[100.0, 300.0, 900.0, np.inf]])) == 300
    assert queries_to(0.5, np.array([[100.0, np.inf, np.inf]])) is None
    assert queries_to(0.5, np.array([[100.0], [300.0], [500.0]])) == 300
