"""An earlier audit beside a new one: what compares, and when it is a regression."""

from dataclasses import replace

import numpy as np
import pytest

from audit.conftest import small_config
from foolery.audit import run_audit
from foolery.audit.compare import check_comparable, compare_with
from foolery.classifiers import load_classifier
from foolery.errors import UsageError


@pytest.fixture(scope="module")
def audit(mnist, tmp_path_factory):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    config = small_config(mnist, tmp_path_factory.mktemp("a") / "audit", seeds=2)
    return run_audit(load_classifier("lenet"), config)


@pytest.fixture
def config(mnist, tmp_path):
    return small_config(mnist, tmp_path / "audit", seeds=2)


def with_scores(audit, scores):
    """The same audit with other scores ``(S, T)``."""
    verdict = audit.verdict.model_copy(update={"class_scores": tuple(map(tuple, scores))})
    return audit.model_copy(update={"verdict": verdict})


def fallen_at(audit, score):
    """The same audit with about one score for every class and seed."""
    return with_scores(audit, score + np.random.default_rng(0).normal(0, 1, (2, 10)))


def test_the_same_audit_is_no_regression(audit):
    comparison = compare_with(audit, audit, "audit.json")
    assert comparison.difference.value == pytest.approx(0.0)
    assert not comparison.regression
    assert comparison.before == pytest.approx(comparison.after)
    assert comparison.before == pytest.approx(audit.verdict.score.value, abs=1e-3)


def test_every_class_earlier_is_a_regression_and_later_is_none(audit):
    early, late = fallen_at(audit, 30.0), fallen_at(audit, 60.0)
    assert compare_with(late, early, "audit.json").regression
    assert not compare_with(early, late, "audit.json").regression


def test_one_class_of_ten_is_within_the_interval(audit):
    late = fallen_at(audit, 60.0)
    fewer = [(row[0] - 30.0, *row[1:]) for row in late.verdict.class_scores]
    comparison = compare_with(late, with_scores(late, fewer), "audit.json")
    assert comparison.after < comparison.before
    assert not comparison.regression


def test_classes_are_compared_by_name(audit):
    description = audit.classifier.model_copy(update={"classes": audit.classifier.classes[::-1]})
    turned = with_scores(audit, [row[::-1] for row in audit.verdict.class_scores])
    turned = turned.model_copy(update={"classifier": description})
    comparison = compare_with(turned, audit, "audit.json").difference
    assert comparison.value == pytest.approx(0.0)
    paired = compare_with(audit, audit, "audit.json").difference
    assert (comparison.low, comparison.high) == pytest.approx((paired.low, paired.high))


def test_a_common_shift_of_one_search_is_chance_where_seeds_differ_as_much(audit):
    """What was seen: 8.7 of 100 pairs of audits of one network were regressions, for want of this."""
    seeds = np.array([[40.0], [60.0]]) + np.zeros(10)
    lucky, unlucky = with_scores(audit, seeds + 8.0), with_scores(audit, seeds - 8.0)
    comparison = compare_with(lucky, unlucky, "audit.json")
    assert comparison.difference.value == pytest.approx(-16.0)
    assert comparison.outcome == "passed"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"state": "interrupted"}, "expected a finished audit"),
        ({"reference": None}, "expected a finished audit"),
        ({"attacks": ()}, "its attacks were others: cppn, tiles"),
    ],
)
def test_what_does_not_compare_is_refused_before_anything_is_asked(audit, lenet, config, change, message):
    with pytest.raises(UsageError, match=f"--baseline: {message}"):
        check_comparable(
            audit.model_copy(update=change),
            config.resolve(lenet).new_audit(),
            config.resolve(lenet).reference,
        )


def test_one_seed_says_nothing_about_chance(audit, lenet, mnist, tmp_path):
    one = audit.model_copy(update={"budget": audit.budget.model_copy(update={"seeds": 1})})
    plan = small_config(mnist, tmp_path / "a", seeds=2).resolve(lenet)
    with pytest.raises(UsageError, match=r"--baseline: the earlier audit has one seed.*--seeds 3"):
        check_comparable(one, plan.new_audit(), plan.reference)
    plan = small_config(mnist, tmp_path / "a", seeds=1).resolve(lenet)
    with pytest.raises(UsageError, match="--baseline: this one has one seed"):
        check_comparable(audit, plan.new_audit(), plan.reference)


def test_another_budget_does_not_compare(audit, lenet, config):
    budget = audit.budget.model_copy(update={"requested": "9000"})
    with pytest.raises(UsageError, match="its budget was 9000, this one is 2000"):
        check_comparable(
            audit.model_copy(update={"budget": budget}),
            config.resolve(lenet).new_audit(),
            config.resolve(lenet).reference,
        )


def test_other_real_pictures_do_not_compare(audit, lenet, config):
    other = replace(config.resolve(lenet).reference, split="train")
    with pytest.raises(UsageError, match=r"were mnist \(test\), these are mnist \(train\): give the same"):
        check_comparable(audit, config.resolve(lenet).new_audit(), other)
    with pytest.raises(UsageError, match="none without --data"):
        check_comparable(audit, config.resolve(lenet).new_audit(), None)


def undecided(earlier, current) -> str:
    """Why the two do not compare."""
    comparison = compare_with(earlier, current, "audit.json")
    assert (comparison.outcome, comparison.regression) == ("undecided", False)
    return comparison.reason


def with_last_attack(audit, **changes):
    attack = audit.attacks[-1].model_copy(update=changes)
    return audit.model_copy(update={"attacks": (*audit.attacks[:-1], attack)})


def test_an_attack_that_one_side_had_to_skip_leaves_it_undecided(audit):
    other = with_last_attack(audit, status="skipped", reason="no gradients")
    assert "one of the two had to skip cppn" in undecided(audit, other)
    assert "one of the two had to skip cppn" in undecided(other, audit)


def test_what_was_spent_is_compared_and_not_what_was_asked_for(audit):
    """The time ended a search of one side, and it looks safer for that."""
    short = with_last_attack(audit, ended="time")
    assert "before these attacks of the earlier audit were finished: cppn" in undecided(short, audit)
    assert "before these attacks of this audit were finished: cppn" in undecided(audit, short)
    limited = audit.budget.model_copy(update={"seconds": 60.0})
    silent = with_last_attack(audit, ended=None).model_copy(update={"budget": limited})
    assert "does not say whether it was enough" in undecided(silent, audit)
