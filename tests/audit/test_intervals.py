"""Intervals: against scipy, at the edges, and how often they hold the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from foolery.audit.intervals import (
    difference_spread,
    exact_share,
    incomplete_beta,
    share_interval,
    spread,
    student_quantile,
    wilson,
)


@given(st.floats(0, 1), st.floats(0.5, 60), st.floats(0.5, 60))
def test_the_incomplete_beta_function_is_scipys(at, a, b):
    assert incomplete_beta(at, a, b) == pytest.approx(stats.beta.cdf(at, a, b), abs=1e-9)


@pytest.mark.parametrize("freedom", [1, 2, 2.5, 4, 9, 30.7, 1000])
def test_students_quantile_is_scipys(freedom):
    assert student_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-9)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (3, 10), (10, 10), (480, 500)])
def test_the_exact_interval_is_scipys(successes, trials):
    expected = stats.binomtest(successes, trials).proportion_ci()
    assert exact_share(successes, trials) == pytest.approx((expected.low, expected.high))
    wilsons = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    assert wilson(successes / trials, trials) == pytest.approx((wilsons.low, wilsons.high))


def test_ten_of_ten_classes_are_not_certain():
    """What was seen: 100 % (100 % to 100 %)."""
    interval = share_interval(np.ones((3, 10)))
    assert (interval.value, interval.high) == (1.0, 1.0)
    assert interval.low == pytest.approx(0.722, abs=1e-3)
    none = share_interval(np.zeros((1, 10)), 100.0)
    assert (none.low, none.high) == (0.0, pytest.approx(27.8, abs=0.1))


@given(
    st.integers(1, 4).flatmap(
        lambda seeds: st.lists(
            st.lists(st.floats(0, 1), min_size=5, max_size=5), min_size=seeds, max_size=seeds
        )
    )
)
def test_it_stays_within_0_and_1_and_holds_its_mean(rows):
    interval = share_interval(np.array(rows))
    assert 0.0 <= interval.low <= interval.value + 1e-12
    assert interval.value - 1e-12 <= interval.high <= 1.0
    mirrored = share_interval(np.array(rows), falling=True)
    assert mirrored.low == pytest.approx(1 - interval.high, abs=1e-6)
    assert mirrored.high == pytest.approx(1 - interval.low, abs=1e-6)


def tables(generator, audits, seeds=3, classes=10, by_class=0.15, by_seed=0.05, rest=0.1, shift=0.0):
    """Audits whose entries vary by class, by seed, and for no reason."""
    of_class = generator.normal(0, by_class, classes)
    for _ in range(audits):
        yield (
            0.5
            + shift
            + of_class
            + generator.normal(0, by_seed, (seeds, 1))
            + generator.normal(0, rest, (seeds, classes))
        )


def test_the_interval_holds_the_mean_of_all_classes_and_seeds_in_95_of_100_audits():
    generator, holds = np.random.default_rng(1), 0
    for _ in range(1000):
        (table,) = tables(generator, 1)
        interval = share_interval(np.clip(table, 0, 1))
        holds += interval.low <= 0.5 <= interval.high
    assert 0.93 <= holds / 1000 <= 0.995


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("by_seed", [0.0, 0.05, 0.2])
def test_two_audits_of_one_classifier_seldom_differ(seeds, by_seed):
    """A regression is said in at most 2.5 of 100 pairs, whatever varies."""
    generator, alarms = np.random.default_rng(2), 0
    for _ in range(1000):
        before, after = tables(generator, 2, seeds, by_seed=by_seed)
        found = difference_spread(before, after)
        alarms += found.mean + found.quantile * np.sqrt(found.variance) < 0
    assert alarms / 1000 <= 0.04


def test_a_difference_in_every_class_is_found():
    generator, found = np.random.default_rng(3), 0
    for _ in range(200):
        before, _ = tables(generator, 2)
        (after,) = tables(generator, 1, shift=-0.4)
        difference = difference_spread(before, after)
        found += difference.mean + difference.quantile * np.sqrt(difference.variance) < 0
    assert found / 200 > 0.9


def test_one_seed_says_nothing_about_chance_in_the_search():
    one, three = np.full((1, 6), 0.5), np.array([[0.2] * 6, [0.5] * 6, [0.8] * 6])
    assert spread(one).variance == 0.0
    assert spread(three).variance == pytest.approx(np.var([0.2, 0.5, 0.8], ddof=1) / 3)
    assert spread(three).freedom == pytest.approx(2.0)
    same = difference_spread(one, one)
    assert (same.mean, same.variance) == (0.0, 0.0)
