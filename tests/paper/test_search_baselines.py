"""Baselines: every search is run the same way, at equal evaluations."""

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.engine.evolution import evolve
from foolery.errors import UsageError
from foolery.paper.search_baselines import SEARCHES, archive_confidences, make_search, run_search

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture(scope="module")
def lenet():
    return load_classifier("lenet")


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("encoding", ["direct", "cppn"])
def test_no_search_spends_more_than_it_may_and_none_gets_worse(lenet, name, encoding):
    track = run_search(make_search(name, lenet, encoding, seed=1), lenet, 2_500)
    assert 1_800 < track.queries[-1] <= 2_500
    assert (np.diff(track.mean) >= 0).all()
    assert track.mean[-1] > track.mean[0]
    assert track.champions.mean() == pytest.approx(track.mean[-1])
    assert 1 <= track.filled <= 10


def test_map_elites_is_the_search_of_evolve(lenet):
    track = run_search(make_search("map-elites", lenet, "direct", seed=2), lenet, 2_000)
    exhibit = evolve(lenet, encoding="direct", generations=9, batch=200, seed=2)
    assert track.mean.tolist() == pytest.approx(exhibit.history.mean.tolist(), abs=1e-9)
    assert track.queries.tolist() == exhibit.history.queries.tolist()


def test_an_empty_cell_counts_as_nothing(lenet):
    search = make_search("argmax-cell", lenet, "gaussian", seed=0)
    track = run_search(search, lenet, 60)
    assert track.filled < 10
    assert (archive_confidences(search, "softmax") == 0).sum() == 10 - track.filled
    assert (archive_confidences(search, "similarity") == -1).sum() == 10 - track.filled


def test_the_evaluations_to_a_mean_are_those_of_the_first_generation_there(lenet):
    track = run_search(make_search("map-elites", lenet, "cppn", seed=0), lenet, 4_000)
    goal = float(track.mean[3])
    assert track.queries_to_mean(goal) == track.queries[np.flatnonzero(track.mean >= goal)[0]]
    assert track.queries_to_mean(1.1) is None


def test_it_is_watched(lenet):
    seen = []
    run_search(make_search("novelty", lenet, "cppn", seed=0), lenet, 1_300, seen.append)
    assert seen == [400, 800, 1200]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: make_search("hill", c, "direct", seed=0), "search: unknown 'hill'"),
        (lambda c: make_search("novelty", c, "direct", seed=0, batch=9), "batch: novelty has the size"),
        (lambda c: run_search(make_search("novelty", c, "cppn", seed=0), c, 399), "has 400 images, got 399"),
    ],
)
def test_what_makes_no_sense_is_refused(lenet, call, message):
    with pytest.raises(UsageError, match=message):
        call(lenet)
