"""The score of schema 2: kept beside the new one for one version."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foolery.audit.previous_score import areas, bootstrap, score

BUDGET = 10_000
times = st.lists(st.one_of(st.integers(1, BUDGET), st.just(float("inf"))), min_size=1, max_size=8)


def by_hand(passed, budget):
    """100 less the area under the staircase, on a fine grid of log10 queries."""
    grid = np.linspace(np.log10(100), np.log10(budget), 20_001)
    middle = 10 ** ((grid[1:] + grid[:-1]) / 2)
    fooled = [(np.array(passed) <= at).mean() for at in middle]
    return 100 * (1 - np.mean(fooled))


@given(times)
def test_the_score_is_what_lies_above_the_staircase(passed):
    assert score(np.array([passed], float), BUDGET) == pytest.approx(by_hand(passed, BUDGET), abs=0.05)


@given(times, st.integers(0, 7))
def test_a_class_that_falls_later_never_lowers_the_score(passed, which):
    later = list(passed)
    later[which % len(passed)] = float("inf")
    assert score(np.array([later]), BUDGET) >= score(np.array([passed], float), BUDGET) - 1e-9


def test_the_ends_of_the_scale():
    never = np.full((1, 4), np.inf)
    assert score(never, BUDGET) == 100
    assert score(np.full((1, 4), 100.0), BUDGET) == 0
    assert score(np.full((1, 4), 1000.0), BUDGET) == pytest.approx(50)
    assert areas(np.full((1, 1), 7.0), BUDGET) == 1


def test_seeds_are_averaged():
    both = np.array([[100.0, 100.0], [np.inf, np.inf]])
    assert score(both, BUDGET) == 50


def test_the_interval_holds_the_mean_and_shrinks_with_classes():
    few, many = np.tile([0.0, 1.0], 5), np.tile([0.0, 1.0], 500)
    small, large = bootstrap(few), bootstrap(many)
    assert small.low < small.value == 0.5 < small.high
    assert large.high - large.low < (small.high - small.low) / 5
    assert bootstrap(few) == small
    # of a share the half width is nearly 1.96 standard errors
    assert large.high - large.low == pytest.approx(2 * 1.96 * 0.5 / np.sqrt(1000), rel=0.1)
