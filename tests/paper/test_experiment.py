"""The contract: amounts are scaled, and costs follow from rates."""

import pytest

from foolery.paper.cost import Cost, CostItem, format_minutes
from foolery.paper.experiment import scale_count


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
