"""An earlier audit beside a new one: what compares, and when it is a regression."""

from dataclasses import replace

import pytest

from audit.conftest import small_config
from foolery.audit import run_audit
from foolery.audit.compare import check_comparable, compare_with
from foolery.classifiers import load_classifier
from foolery.errors import UsageError


@pytest.fixture(scope="module")
def audit(mnist, tmp_path_factory):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    return run_audit(load_classifier("lenet"), small_config(mnist, tmp_path_factory.mktemp("a") / "audit"))


def fallen_at(audit, queries):
    """The same audit with every class fooled after so many queries."""
    champions = tuple(one.model_copy(update={"queries_to_fool": (queries,)}) for one in audit.champions)
    return audit.model_copy(update={"champions": champions})


def test_the_same_audit_is_no_regression(audit):
    comparison = compare_with(audit, audit, "audit.json")
    assert (comparison.difference.value, comparison.regression) == (0.0, False)
    assert comparison.before == comparison.after == pytest.approx(audit.verdict.score.value)


def test_every_class_earlier_is_a_regression_and_later_is_none(audit):
    early, late = fallen_at(audit, 200), fallen_at(audit, 1500)
    assert compare_with(late, early, "audit.json").regression
    assert not compare_with(early, late, "audit.json").regression


def test_one_class_of_ten_is_within_the_interval(audit):
    late = fallen_at(audit, 1500)
    one = late.champions[0].model_copy(update={"queries_to_fool": (200,)})
    worse = late.model_copy(update={"champions": (one, *late.champions[1:])})
    comparison = compare_with(late, worse, "audit.json")
    assert comparison.after < comparison.before
    assert not comparison.regression


def test_classes_are_compared_by_name(audit):
    description = audit.classifier.model_copy(update={"classes": audit.classifier.classes[::-1]})
    turned = audit.model_copy(
        update={
            "classifier": description,
            "champions": tuple(
                one.model_copy(update={"index": 9 - one.index}) for one in audit.champions
            ),
        }
    )  # fmt: skip
    comparison = compare_with(turned, audit, "audit.json").difference
    assert (comparison.low, comparison.value, comparison.high) == (0.0, 0.0, 0.0)


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
