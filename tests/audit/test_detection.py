"""Real images against champions: levels, their mean over log queries, precision and recall."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from foolery.audit.detection import aupr, budgets, check_queries, levels, mean_prices, min_images, prices
from foolery.audit.trace import Trace, merged
from foolery.errors import UsageError

BUDGET = 10_000
REAL = np.sort(np.random.default_rng(0).gamma(2.0, 3.0, 200))
#: Better images of three classes: class, query, measure.
steps = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 2 * BUDGET), st.floats(-5.0, 30.0)), max_size=12)


def trace_of(rows) -> Trace:
    classes, queries, values = zip(*rows, strict=True) if rows else ((), (), ())
    return Trace(np.array(classes, np.int64), np.array(queries, np.int64), np.array(values, np.float64))


@given(st.lists(st.sampled_from([*REAL.tolist(), -np.inf, 4.0, 99.0]), min_size=1, max_size=20))
def test_the_mean_level_is_1_less_the_auroc(champions):
    labels = [1] * len(REAL) + [0] * len(champions)
    finite = np.maximum(champions, -1e9)
    expected = roc_auc_score(labels, np.concatenate([REAL, finite]))
    assert 1 - levels(np.array(champions), REAL).mean() == pytest.approx(expected)


def by_hand(rows, budget):
    """The price of each class on a fine grid of log queries."""
    grid = np.linspace(0.0, np.log(budget), 4001)
    middle = np.exp((grid[1:] + grid[:-1]) / 2)
    means = []
    for index in range(3):
        found = [(queries, value) for own, queries, value in rows if own == index]
        best = [max((value for queries, value in found if queries <= at), default=-np.inf) for at in middle]
        means.append(prices(np.array(best), REAL).mean())
    return means


@given(steps)
def test_the_area_is_what_a_fine_grid_gives(rows):
    assert mean_prices(trace_of(rows), REAL, 3, BUDGET) == pytest.approx(by_hand(rows, BUDGET), abs=5e-3)


@given(steps, steps)
def test_more_images_never_look_safer(some, more):
    fewer, all_ = trace_of(some), merged([trace_of(some), trace_of(more)])
    assert (mean_prices(all_, REAL, 3, BUDGET) >= mean_prices(fewer, REAL, 3, BUDGET) - 1e-12).all()


@given(steps, st.floats(0.01, 100.0))
def test_whatever_measures_are_multiplied_by_changes_nothing(rows, factor):
    trace = trace_of([(own, queries, round(value, 3)) for own, queries, value in rows])
    real = np.round(REAL, 3)
    scaled = Trace(trace.classes, trace.queries, trace.values * factor)
    before, after = mean_prices(trace, real, 3, BUDGET), mean_prices(scaled, real * factor, 3, BUDGET)
    assert after == pytest.approx(before, abs=0.1)  # a rounding may part a tie


def test_each_factor_of_the_price_counts_the_same():
    real = np.arange(1000.0)
    beaten = np.array([-np.inf, 5.0, 10.0 - 0.5, 100.0 - 0.5, 1e9])  # none, 0.5 %, 1 %, 10 %, all
    assert prices(beaten, real) == pytest.approx([0.0, 0.0, 0.0, 0.5, 1.0], abs=1e-3)


def test_the_ends_of_the_scale():
    at_once = trace_of([(0, 1, 1e9)])
    assert mean_prices(at_once, REAL, 2, BUDGET).tolist() == [1.0, 0.0]
    late = trace_of([(0, BUDGET, 1e9), (1, 100, 1e9)])
    assert mean_prices(late, REAL, 2, BUDGET) == pytest.approx([0.0, 0.5])
    assert mean_prices(Trace.empty(), REAL, 2, BUDGET).tolist() == [0.0, 0.0]


@given(st.lists(st.sampled_from([*REAL[::20].tolist(), -9.0, 4.0, 99.0]), min_size=1, max_size=20))
def test_precision_and_recall_are_those_of_the_field_with_equal_weights(champions):
    labels = [1] * len(REAL) + [0] * len(champions)
    weights = [1 / len(REAL)] * len(REAL) + [1 / len(champions)] * len(champions)
    expected = average_precision_score(labels, np.concatenate([REAL, champions]), sample_weight=weights)
    assert aupr(np.array(champions), REAL) == pytest.approx(expected)


def test_a_threshold_needs_two_images_below_it():
    assert [min_images(tpr) for tpr in (0.8, 0.9, 0.95, 0.99)] == [10, 20, 40, 200]


def test_budgets_are_powers_of_ten_and_the_last_one():
    assert budgets(1000) == (100, 1000)
    assert budgets(300_000) == (100, 1000, 10_000, 100_000, 300_000)
    with pytest.raises(UsageError, match=r"--budget.*1000.*got 999"):
        check_queries(999)
