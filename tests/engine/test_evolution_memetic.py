"""Evolution whose children climb, as a run."""

import json

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra torch is not installed")

from foolery import evolve, load_classifier, open_run
from foolery.analysis.verification import verify_run
from foolery.classifiers.wrappers.metered import Budget
from foolery.errors import UsageError
from support.command import invoke


@pytest.fixture(scope="module")
def lenet():
    return load_classifier("lenet", backend="torch")


@pytest.mark.parametrize("encoding", ["direct", "cppn"])
def test_it_is_recorded_counted_verified_and_resumed(lenet, tmp_path, encoding):
    whole = evolve(lenet, encoding=encoding, generations=6, batch=20, memetic=2, seed=5)
    assert whole.settings.search_options == {"memetic": 2}
    assert whole.history.queries.tolist() == [20 + 100 * generation for generation in range(7)]
    evolve(lenet, encoding=encoding, generations=3, batch=20, memetic=2, seed=5, out=tmp_path)
    resumed = evolve(
        lenet, encoding=encoding, generations=6, batch=20, memetic=2, seed=5, out=tmp_path, resume=True
    )
    for label, champion in whole.champions.items():
        assert champion.canvas_hash == resumed.champions[label].canvas_hash
    assert np.array_equal(whole.history.median, resumed.history.median)
    assert verify_run(open_run(tmp_path), lenet).passed


def test_a_budget_counts_the_steps(lenet):
    exhibit = evolve(lenet, encoding="direct", generations=9, batch=10, memetic=1, budget=Budget(queries=100))
    assert exhibit.history.queries.tolist() == [10, 40, 70, 100]


def test_a_run_that_climbs_is_another_one_than_a_run_that_does_not(lenet, tmp_path):
    evolve(lenet, generations=1, batch=10, out=tmp_path)
    with pytest.raises(UsageError, match=r"search_options\.memetic"):
        evolve(lenet, generations=2, batch=10, memetic=1, out=tmp_path, resume=True)


def test_what_cannot_climb_is_refused(lenet):
    class Blind:
        description = lenet.description

        def scores(self, canvases):
            return lenet.scores(canvases)

    with pytest.raises(UsageError, match="no gradients"):
        evolve(Blind(), generations=1, batch=10, memetic=1)
    with pytest.raises(UsageError, match="memetic: expected a whole number"):
        evolve(lenet, generations=1, batch=10, memetic=-1)


def test_on_the_command_line(tmp_path):
    words = ("evolve", "-c", "lenet", "-e", "direct", "--batch", "20", "-n", "2", "--memetic", "1")
    found = json.loads(invoke(*words, "--out", tmp_path / "run", "--json").stdout)
    assert (found["queries"], found["search_options"]) == (140, {"memetic": 1})
    many = json.loads(invoke(*words, "--seeds", "2", "--out", tmp_path / "many", "--json").stdout)
    assert many[0]["champions"] == found["champions"]
