"""The statistics: against counting all relabellings, and planted effects."""

from itertools import permutations

import numpy as np
import pytest

from foolery.analysis.statistics import (
    bootstrap_median,
    correlation,
    mann_whitney,
    mantel,
    neighbor_test,
    same_label_test,
    signed_rank,
    trend,
)
from foolery.errors import UsageError

stats = pytest.importorskip("scipy.stats", reason="the extra paper is not installed")


def distance(points):
    return np.linalg.norm(points[:, None] - points[None, :], axis=2)


def cloud(count, seed=0, dimensions=3):
    return np.random.default_rng(seed).normal(size=(count, dimensions))


def test_mantel_is_spearmans_correlation_with_the_p_of_all_relabellings():
    first, second = distance(cloud(6)), distance(cloud(6, 1))
    upper = np.triu_indices(6, 1)
    values = [
        stats.spearmanr(first[upper], second[np.ix_(order, order)][upper]).statistic
        for order in map(list, permutations(range(6)))
    ]
    found = mantel(first, second, permutations=4000)
    assert found.statistic == pytest.approx(values[0])
    assert found.p == pytest.approx(np.mean(np.array(values) >= values[0] - 1e-12), abs=0.03)


def test_mantel_finds_what_is_there_and_the_same_seed_says_the_same():
    points = cloud(12)
    near = distance(points + 0.1 * cloud(12, 1))
    found = mantel(distance(points), near, permutations=499)
    assert found.statistic > 0.9
    assert found.p == 1 / 500
    assert mantel(distance(points), near, permutations=499) == found


def test_mantel_counts_only_the_pairs_that_it_should():
    first = distance(cloud(8))
    second, counted = first.copy(), np.ones((8, 8), bool)
    second[0, 1] = second[1, 0] = 100.0
    counted[0, 1] = counted[1, 0] = False
    assert mantel(first, second, counted=counted, permutations=9).statistic == pytest.approx(1.0)
    assert mantel(first, second, permutations=9).statistic < 1.0


@pytest.mark.parametrize("count", [2, 3])
def test_mantel_needs_some_classes(count):
    with pytest.raises(UsageError, match="at least four classes"):
        mantel(distance(cloud(count)), distance(cloud(count)))


def test_equal_values_agree_with_nothing():
    with pytest.raises(UsageError, match="all values are equal"):
        mantel(np.ones((5, 5)), distance(cloud(5)))


def test_neighbors_that_are_near_are_found_and_others_are_at_one_half():
    pairs = np.repeat(cloud(10), 2, axis=0) + 0.01 * cloud(20, 1)
    similarity = -distance(np.repeat(np.arange(10.0)[:, None], 2, axis=0))
    found = neighbor_test(distance(pairs), similarity, permutations=199)
    assert found.statistic == pytest.approx(1.0)
    assert found.p == 1 / 200
    values = [neighbor_test(distance(cloud(20, s)), similarity, permutations=1).statistic for s in range(40)]
    assert np.mean(values) == pytest.approx(0.5, abs=0.05)


def test_labels_that_mean_something_are_told_from_labels_that_do_not():
    labels, groups = np.tile(np.arange(5), 6), np.repeat(np.arange(6), 5)
    marked = cloud(30, dimensions=8) + 2 * cloud(5, 1, 8)[labels]
    assert same_label_test(distance(marked), labels, groups, permutations=199).p == 1 / 200
    own_groups = cloud(30, dimensions=8) + 5 * cloud(6, 1, 8)[groups]
    assert same_label_test(distance(own_groups), labels, groups, permutations=199).p > 0.05


def test_the_signed_rank_test_is_scipys_and_nothing_is_no_difference():
    assert signed_rank(np.zeros(9)) == 1.0
    assert signed_rank(np.arange(1.0, 31.0)) < 1e-5


def test_correlation_of_equal_values_is_none():
    assert correlation(np.ones(5), np.arange(5.0)) == (0.0, 1.0)
    assert correlation(np.arange(5.0), np.arange(5.0) ** 3)[0] == pytest.approx(1.0)


def test_the_bootstrap_interval_holds_the_median_and_narrows():
    values = np.random.default_rng(0).normal(3, 1, 400)
    low, high = bootstrap_median(values, draws=999)
    few_low, few_high = bootstrap_median(values[:20], draws=999)
    assert low < np.median(values) < high
    assert high - low < few_high - few_low


def test_u_counts_the_pairs_in_which_the_first_is_larger():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 9, 30).astype(float), rng.integers(0, 7, 20).astype(float)
    pairs = first[:, None] - second
    test = mann_whitney(first, second)
    assert test.u == (pairs > 0).sum() + 0.5 * (pairs == 0).sum()
    assert test.share == test.u / 600
    assert mann_whitney(second, first).p == pytest.approx(test.p)


def test_samples_far_apart_are_told_apart_and_equal_ones_are_not():
    low, high = np.arange(20.0), np.arange(100.0, 120.0)
    assert mann_whitney(high, low).share == 1.0
    assert str(mann_whitney(high, low)) == "Mann-Whitney U = 400, p < 0.0001"
    assert mann_whitney(np.ones(5), np.ones(6)).p == 1.0
    assert str(mann_whitney(np.ones(5), np.ones(6))) == "Mann-Whitney U = 15, p = 1"


GROUPS = [5.0] * 5 + [20.0] * 5 + [50.0] * 5 + [100.0] * 5


def test_what_rises_with_the_group_rises():
    found = trend(GROUPS, [group + at % 5 for at, group in enumerate(GROUPS)])
    assert found.tau > 0.8
    assert found.p < 1e-4
    assert found.rises
    assert not found.falls
    assert str(found).startswith("Kendall's tau = 0.")


def test_noise_has_no_trend():
    found = trend(GROUPS, [float(at * 7 % 5) for at in range(20)])
    assert not found.rises
    assert not found.falls


def test_not_reached_counts_as_more_than_any_number():
    values = [100.0] * 15 + [np.inf] * 5
    assert trend(GROUPS, values).rises
    assert trend(GROUPS, [-value for value in values]).falls


def test_where_nothing_differs_there_is_no_trend():
    assert (trend(GROUPS, [np.inf] * 20).tau, trend(GROUPS, [np.inf] * 20).p) == (0.0, 1.0)
