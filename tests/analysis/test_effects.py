"""Effects beside p: direction, size, intervals, and a trend within blocks."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the extra paper is not installed")

from foolery.analysis.effects import blocked_trend, compare, share_interval


def test_a_comparison_has_direction_size_and_interval():
    found = compare([0.9, 0.91, 0.92, 0.93, 0.94], [0.1, 0.12, 0.11, 0.13, 0.14])
    assert (found.first, found.second) == (0.92, 0.12)
    assert found.low <= found.second - found.first <= found.high < 0
    assert str(found).startswith("lower in 100% of pairs, difference of medians -0.8 (95 % ")
    assert found.test.p < 0.01
    assert str(compare([0.1], [0.2])).startswith("higher in 100% of pairs")


def test_wilson_s_interval_stays_within_0_and_1():
    assert share_interval(0, 50) == pytest.approx((0.0, 0.0713), abs=1e-3)
    assert share_interval(50, 50) == pytest.approx((0.9287, 1.0), abs=1e-3)
    assert share_interval(0, 0) == (0.0, 1.0)


def test_a_trend_is_looked_for_within_each_family():
    rising = [[1, 2, 3, 4], [10, 20, 30, np.inf], [5, 6, 7, 8], [1, 3, 2, 4], [0, 1, 2, 3]]
    up, down = blocked_trend(rising), blocked_trend([row[::-1] for row in rising])
    assert (up.rho, up.p) == (-down.rho, down.p)
    assert up.rho == pytest.approx(0.96)
    assert up.p < 0.001
    flat = blocked_trend([[1, 2, 3], [3, 2, 1]])
    assert (flat.rho, flat.p) == (0.0, 1.0)
    assert blocked_trend([[5, 5, 5]] * 5).rho == 0.0
    for too_little in ([[1, 2, 3]], [[1, 2], [1, 2]]):
        one = blocked_trend(too_little)
        assert (one.rho, one.p) == (pytest.approx(1.0), 1.0)
