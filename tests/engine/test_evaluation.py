"""Slice by slice or stage by stage, on any number of lanes: the same canvases and scores."""

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.encodings import make_encoding
from foolery.engine.evaluation import Evaluator
from foolery.search.map_elites import MapElites

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture(scope="module")
def lenet():
    return load_classifier("lenet", backend="onnx")


class Whole:
    """A classifier whose calls must not overlap."""

    chunk = None

    def __init__(self, classifier):
        self.description, self.scores = classifier.description, classifier.scores


def litter(encoding, batch, replicates=1):
    search = MapElites(encoding, 10, batch=batch, seeds=list(range(replicates)))
    search.ask_lazy().vary_all()
    search.tell(np.random.default_rng(0).normal(size=(batch * replicates, 10)))
    return search.ask_lazy()


@pytest.mark.parametrize("lanes", ["1", "3"])
@pytest.mark.parametrize("name", ["cppn", "direct"])
@pytest.mark.parametrize("batch", [400, 212])
def test_both_ways_agree_to_the_last_bit(lenet, monkeypatch, lanes, name, batch):
    monkeypatch.setenv("FOOLERY_THREADS", lanes)
    encoding = make_encoding(name, lenet.description.canvas)
    sliced = Evaluator(encoding, lenet)(litter(encoding, batch))
    whole = Evaluator(encoding, Whole(lenet))(litter(encoding, batch))
    assert np.array_equal(sliced.canvases, whole.canvases)
    assert np.array_equal(sliced.scores, whole.scores)
    assert min(sliced.timings.vary, sliced.timings.render, sliced.timings.classify) > 0


@pytest.mark.parametrize("count", [100, 130, 400, 1000])
@pytest.mark.parametrize("replicates", [1, 3])
@pytest.mark.parametrize("lanes", ["1", "4"])
def test_what_is_drawn_at_once_is_whole_slices_of_one_replicate(lenet, monkeypatch, count, replicates, lanes):
    monkeypatch.setenv("FOOLERY_THREADS", lanes)
    scoring = Evaluator(make_encoding("direct", lenet.description.canvas), lenet, replicates)
    bundles = sorted(scoring._parts(count * replicates, 25))
    assert [start for start, _ in bundles] == [0, *(stop for _, stop in bundles)][:-1]
    assert bundles[-1][1] == count * replicates
    for start, stop in bundles:
        assert start % count % 25 == 0
        assert stop % count % 25 == 0 or stop % count == 0
        assert start // count == (stop - 1) // count


def test_copies_of_canvases_stay_as_they_were(lenet):
    encoding = make_encoding("cppn", lenet.description.canvas)
    scoring = Evaluator(encoding, lenet)
    first = scoring(litter(encoding, 200))
    rows = np.array([5, 199, 5])
    copy, before = first.canvases_of(rows), first.canvases[rows].tolist()
    search = MapElites(encoding, 10, batch=200, seeds=9)
    scoring(search.ask_lazy())
    assert copy.tolist() == before
