"""What experiments measure on runs: queries to a confidence, also where it was not reached."""

import numpy as np
import pytest

from foolery.engine.evolution import evolve
from foolery.paper.measures import (
    finite_or_none,
    format_queries,
    median_of,
    queries_of_runs,
    queries_to_threshold,
)
from foolery.runs import open_run_file


def test_queries_are_those_made_when_the_champion_first_was_as_certain(tmp_path):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    evolve("lenet", encoding="direct", generations=12, batch=50, seed=2, out=tmp_path / "run")
    run = open_run_file(tmp_path / "run")
    half, never = queries_to_threshold(run, 0.5), queries_to_threshold(run, 1.1)
    assert np.isinf(never).all()
    assert np.isfinite(half).any()
    for cell, queries in enumerate(half):
        replacements = [each for each in run.replacements if each.cell == cell]
        before = [each.confidence for each in replacements if run.history.queries[each.generation] < queries]
        assert all(confidence < 0.5 for confidence in before)
    assert len(queries_of_runs([run, run], 0.5)) == 20


def test_medians_of_what_was_not_always_reached():
    assert median_of([1.0, 3.0, np.inf]) == 3.0
    assert median_of([1.0, 3.0]) == 2.0
    assert median_of([1.0, np.inf, np.inf, np.inf]) == np.inf
    assert format_queries(4200.0, 40_200.0) == "4,200"
    assert format_queries(np.inf, 40_200.0) == "> 40,200"
    assert (finite_or_none(np.inf), finite_or_none(2.0)) == (None, 2.0)
