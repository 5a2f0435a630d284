"""Figures of runs as people and scripts read them."""

from foolery.cli._run_summary import over_runs


def test_over_runs_leaves_out_runs_that_did_not_reach_a_generation():
    found = over_runs([{"50": 0.9991, "last": 1.0}, {"last": 0.5}, {"50": 0.5, "200": 0.99995, "last": 0.9}])
    marks = found["median_at"]
    assert found["runs"] == 3
    assert marks["50"]["runs"] == 2
    assert marks["50"]["at_least"] == {"0.5": 2, "0.9": 1, "0.99": 1, "0.9999": 0}
    assert marks["200"]["at_least"]["0.9999"] == 1
    assert (marks["last"]["min"], marks["last"]["median"], marks["last"]["max"]) == (0.5, 0.9, 1.0)


def test_a_generation_that_no_run_reached_is_absent():
    assert over_runs([{"last": 0.5}])["median_at"].keys() == {"last"}
