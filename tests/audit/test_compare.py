"""An earlier audit beside a new one: what compares, and when it is a regression."""

from dataclasses import replace

import pytest

from audit.conftest import small_config
from foolery.audit import run_audit
from foolery.audit.compare import check_comparable, compare_with, skipped_on_one_side
from foolery.classifiers import load_classifier
from foolery.errors import UsageError


@pytest.fixture(scope="module")
def found(mnist, tmp_path_factory):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    return run_audit(load_classifier("lenet"), small_config(mnist, tmp_path_factory.mktemp("a") / "audit"))


def fallen_at(found, queries):
    """The same audit with every class fooled after so many queries."""
    champions = tuple(one.model_copy(update={"queries_to_fool": (queries,)}) for one in found.champions)
    return found.model_copy(update={"champions": champions})


def test_the_same_audit_is_no_regression(found):
    said = compare_with(found, found, "audit.json")
    assert (said.difference.value, said.regression) == (0.0, False)
    assert said.before == said.after == pytest.approx(found.verdict.score.value)


def test_every_class_earlier_is_a_regression_and_later_is_none(found):
    early, late = fallen_at(found, 200), fallen_at(found, 1500)
    assert compare_with(late, early, "audit.json").regression
    assert not compare_with(early, late, "audit.json").regression


def test_one_class_of_ten_is_within_the_interval(found):
    late = fallen_at(found, 1500)
    one = late.champions[0].model_copy(update={"queries_to_fool": (200,)})
    worse = late.model_copy(update={"champions": (one, *late.champions[1:])})
    said = compare_with(late, worse, "audit.json")
    assert said.after < said.before
    assert not said.regression


def test_classes_are_compared_by_name(found):
    known = found.classifier.model_copy(update={"classes": found.classifier.classes[::-1]})
    turned = found.model_copy(
        update={
            "classifier": known,
            "champions": tuple(
                one.model_copy(update={"index": 9 - one.index}) for one in found.champions
            ),
        }
    )  # fmt: skip
    said = compare_with(turned, found, "audit.json").difference
    assert (said.low, said.value, said.high) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": "interrupted"}, "expected a finished audit"),
        ({"reference": None}, "expected a finished audit"),
        ({"attacks": ()}, "its attacks were others: cppn, tiles"),
    ],
)
def test_what_does_not_compare_is_refused_before_anything_is_asked(found, lenet, config, change, said):
    with pytest.raises(UsageError, match=f"--baseline: {said}"):
        check_comparable(
            found.model_copy(update=change),
            config.resolve(lenet).new_audit(),
            config.resolve(lenet).reference,
        )


def test_another_budget_does_not_compare(found, lenet, config):
    budget = found.budget.model_copy(update={"requested": "9000"})
    with pytest.raises(UsageError, match="its budget was 9000, this one is 2000"):
        check_comparable(
            found.model_copy(update={"budget": budget}),
            config.resolve(lenet).new_audit(),
            config.resolve(lenet).reference,
        )


def test_other_real_pictures_do_not_compare(found, lenet, config):
    other = replace(config.resolve(lenet).reference, split="train")
    with pytest.raises(UsageError, match=r"were mnist \(test\), these are mnist \(train\): give the same"):
        check_comparable(found, config.resolve(lenet).new_audit(), other)
    with pytest.raises(UsageError, match="none without --data"):
        check_comparable(found, config.resolve(lenet).new_audit(), None)


def test_an_attack_that_one_side_had_to_skip_is_told(found):
    attack = found.attacks[-1].model_copy(update={"status": "skipped", "reason": "no gradients"})
    other = found.model_copy(update={"attacks": (*found.attacks[:-1], attack)})
    assert skipped_on_one_side(found, found) == ()
    (said,) = skipped_on_one_side(found, other)
    assert f"had to skip {attack.name}" in said
