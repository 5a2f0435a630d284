"""Trends over ordered groups, and queries that were not enough."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the extra paper is not installed")

from foolery.analysis.statistics import trend
from foolery.engine.evolution import evolve
from foolery.paper.runs import (
    finite_or_none,
    format_queries,
    median_of,
    queries_of_runs,
    queries_to_threshold,
)
from foolery.paper.trained import subset
from foolery.runs import open_run_file

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


def test_queries_are_those_made_when_the_champion_first_was_as_certain(tmp_path):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    evolve("lenet", encoding="direct", generations=12, batch=50, seed=2, out=tmp_path / "run")
    run = open_run_file(tmp_path / "run")
    half, never = queries_to_threshold(run, 0.5), queries_to_threshold(run, 1.1)
    assert np.isinf(never).all()
    assert np.isfinite(half).any()
    for cell, queries in enumerate(half):
        reigns = [each for each in run.replacements if each.cell == cell]
        before = [each.confidence for each in reigns if run.history.queries[each.generation] < queries]
        assert all(confidence < 0.5 for confidence in before)
    assert len(queries_of_runs([run, run], 0.5)) == 20


def test_medians_of_what_was_not_always_reached():
    assert median_of([1.0, 3.0, np.inf]) == 3.0
    assert median_of([1.0, 3.0]) == 2.0
    assert median_of([1.0, np.inf, np.inf, np.inf]) == np.inf
    assert format_queries(4200.0, 40_200.0) == "4 200"
    assert format_queries(np.inf, 40_200.0) == "> 40 200"
    assert (finite_or_none(np.inf), finite_or_none(2.0)) == (None, 2.0)


def test_a_subset_has_its_share_of_every_class_and_lies_within_larger_ones(mnist):
    small, large = subset(mnist, 0.05, 3), subset(mnist, 0.2, 3)
    counts = np.bincount(mnist.labels)
    np.testing.assert_array_equal(np.bincount(small.labels), np.round(0.05 * counts))
    within = {each.tobytes() for each in large.canvases}
    assert all(each.tobytes() in within for each in small.canvases)
    other = subset(mnist, 0.05, 4)
    assert not np.array_equal(small.canvases[:100], other.canvases[:100])
    assert len(subset(mnist, 1.0, 3)) == len(mnist)
    assert len(subset(mnist, 1e-6, 3)) == 10
