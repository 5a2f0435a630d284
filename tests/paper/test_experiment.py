"""The contract: a claim is judged at full scale only, and amounts are checked."""

import pytest

from foolery.paper.cost import Cost, CostItem, format_minutes
from foolery.paper.experiment import Claim, Context, scale_count

CLAIM = Claim("it", "it is so", "3.1", "1")


def context(tmp_path, full):
    return Context(work=tmp_path, scale=1.0, seeds=1, full_scale=full, classifiers={})


def test_full_scale_is_judged(tmp_path):
    found = context(tmp_path, True).judge(CLAIM, "2", "does not hold", "it is more")
    assert (found.measured, found.verdict, found.reason) == ("2", "does not hold", "it is more")


def test_less_is_not_judged_but_what_was_seen_is_said(tmp_path):
    found = context(tmp_path, False).judge(CLAIM, "2", "does not hold", "it is more")
    assert found.verdict == "not tested at full scale"
    assert found.reason == "at this scale it does not hold; it is more"


def test_scaling_rounds_and_leaves_something():
    assert (scale_count(50, 0.1), scale_count(50, 0.001), scale_count(10, 0.001, minimum=4)) == (5, 1, 4)


def test_minutes_follow_the_rates_and_the_passes():
    budget = Cost((CostItem("digits", 6_000), CostItem("photos", 600, 3.0), CostItem("odd", 60)))
    assert budget.queries == 6_660
    assert budget.minutes({"digits": 100.0, "photos": 10.0}) == pytest.approx(1 + 3 + 0.1)


def test_what_was_not_measured_counts_at_the_known_rate_of_its_role():
    budget = Cost((CostItem("digits", 60 * 13_000),))
    assert budget.minutes({}) == pytest.approx(budget.minutes()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("minutes", "words"), [(0.001, "1 s"), (1.5, "90 s"), (28.2, "28 min"), (119, "119 min"), (210, "3.5 h")]
)
def test_times_are_read_easily(minutes, words):
    assert format_minutes(minutes) == words
