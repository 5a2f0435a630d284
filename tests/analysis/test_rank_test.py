"""The rank test: against counting every pair, and in words."""

import numpy as np
import pytest

from foolery.analysis.statistics import mann_whitney

pytest.importorskip("scipy", reason="the extra paper is not installed")


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
