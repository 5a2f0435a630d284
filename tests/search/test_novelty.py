"""Novelty: mean distance to the nearest, an archive whose threshold follows, and selection by it alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from foolery.canvas import CanvasShape
from foolery.encodings import make_encoding
from foolery.errors import UsageError
from foolery.search import novelty as module
from foolery.search.novelty import NoveltyArchive, NoveltySearch, novelty_scores

SHAPE = CanvasShape(1, 6, 6)
PROBABILITIES = st.floats(0, 1, width=32)


def plainly(points, others, nearest):
    """The definition, one pair at a time."""
    found = []
    for point in points:
        distances = sorted(float(np.sqrt(((point - other) ** 2).sum())) for other in others)
        found.append(np.mean(distances[:nearest]))
    return np.array(found)


def scores_of(canvases):
    """A tiny real classifier: log-softmax of the means of the picture's three bands."""
    bands = canvases.reshape(len(canvases), 3, -1).mean(axis=2) / 16
    return bands - np.log(np.exp(bands).sum(axis=1, keepdims=True))


def search(encoding="direct", **settings):
    return NoveltySearch(make_encoding(encoding, SHAPE), 3, **({"population": 20} | settings))


def run(maker, generations):
    for _ in range(generations):
        maker.tell(scores_of(maker.encoding.render(maker.ask().genomes)))
    return maker


@given(
    arrays(np.float64, st.tuples(st.integers(1, 12), st.just(4)), elements=PROBABILITIES),
    arrays(np.float64, st.tuples(st.integers(0, 12), st.just(4)), elements=PROBABILITIES),
    st.integers(1, 9),
)
def test_it_is_the_mean_distance_to_the_nearest_oneself_included(points, archive, nearest):
    others = np.concatenate([points, archive])
    assert np.allclose(novelty_scores(points, others, nearest), plainly(points, others, nearest), atol=1e-6)


def test_it_is_the_same_slice_by_slice(monkeypatch):
    points = np.random.default_rng(0).random((50, 3))
    whole = novelty_scores(points, points)
    monkeypatch.setattr(module, "_VALUES", 120)
    assert np.allclose(novelty_scores(points, points), whole, atol=1e-12)


def test_an_outlier_is_newer_than_the_crowd():
    points = np.vstack([np.full((20, 2), 0.5), [[1.0, 0.0]]])
    assert novelty_scores(points, points).argmax() == 20


def test_the_archive_takes_what_is_above_its_threshold():
    archive = NoveltyArchive(2)
    archive.add(np.eye(2), np.array([0.7, 0.6]))
    assert archive.points.tolist() == [[1.0, 0.0]]
    assert archive.threshold == 0.6


def test_fifty_one_rejections_in_a_row_lower_the_threshold_once():
    archive = NoveltyArchive(2)
    archive.add(np.zeros((50, 2)), np.zeros(50))
    assert archive.threshold == 0.6
    archive.add(np.zeros((1, 2)), np.zeros(1))
    assert archive.threshold == pytest.approx(0.6 * 0.95)
    archive.add(np.zeros((50, 2)), np.zeros(50))
    assert archive.threshold == pytest.approx(0.6 * 0.95)


def test_five_additions_in_a_generation_raise_it():
    archive = NoveltyArchive(2)
    archive.add(np.zeros((4, 2)), np.ones(4))
    assert archive.threshold == 0.6
    archive.add(np.zeros((5, 2)), np.ones(5))
    assert archive.threshold == pytest.approx(0.6 * 1.05)
    assert len(archive.points) == 9


@pytest.mark.parametrize("encoding", ["direct", "cppn"])
def test_the_most_novel_of_parents_and_children_stay(encoding):
    maker = run(search(encoding), 4)
    before, known = maker._behaviors, maker.novel.points
    answers = np.exp(scores_of(maker.encoding.render(maker.ask().genomes)))
    everybody = np.concatenate([before, answers])
    values = plainly(everybody, np.concatenate([everybody, known]), 8)
    run(maker, 1)
    assert np.allclose(np.sort(maker._novelty), np.sort(values)[-20:], atol=1e-6)
    again = np.exp(scores_of(maker.encoding.render(maker._genomes)))
    assert np.allclose(again, maker._behaviors, atol=1e-12), "genomes and answers stay together"


def test_the_best_ever_met_is_reported_for_every_class():
    maker, best = search(), np.full(3, -np.inf)
    for _ in range(10):
        scores = scores_of(maker.encoding.render(maker.ask().genomes))
        maker.tell(scores)
        best = np.maximum(best, scores.max(axis=0))
        assert np.array_equal(maker.archive.score[0], best)
    assert maker.queries == 200


def test_parents_are_of_the_population_and_rather_the_more_novel_ones():
    maker = run(search(population=200), 2)
    parents = maker.ask().parents
    assert set(parents.tolist()) <= set(maker._numbers.tolist())
    novelty_of = dict(zip(maker._numbers.tolist(), maker._novelty.tolist(), strict=True))
    assert np.mean([novelty_of[one] for one in parents.tolist()]) > maker._novelty.mean()


def test_a_run_is_a_function_of_its_seed():
    scores = [run(search(seed=seed), 6).archive.score.tolist() for seed in (3, 3, 4)]
    assert scores[0] == scores[1] != scores[2]


def test_telling_needs_asking():
    with pytest.raises(UsageError, match=r"call ask\(\) first"):
        search().tell(np.zeros((20, 3)))
