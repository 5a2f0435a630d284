"""Single class: K searches that hear nothing of each other, elitist, with parents drawn by rank."""

import numpy as np
import pytest

from foolery.canvas import CanvasShape
from foolery.encodings import make_encoding
from foolery.errors import UsageError
from foolery.search.per_class import PerClassSearch, sample_rank

SHAPE = CanvasShape(1, 6, 6)


def scores_of(canvases):
    """A tiny real classifier: log-softmax of the means of the picture's three bands."""
    bands = canvases.reshape(len(canvases), 3, -1).mean(axis=2) / 16
    return bands - np.log(np.exp(bands).sum(axis=1, keepdims=True))


def search(encoding="direct", **settings):
    return PerClassSearch(
        make_encoding(encoding, SHAPE), 3, **({"population": 10, "survivors": 6} | settings)
    )


def step(maker):
    maker.tell(scores_of(maker.encoding.render(maker.ask().genomes)))


def run(maker, generations):
    for _ in range(generations):
        step(maker)
    return maker


@pytest.mark.parametrize("encoding", ["direct", "cppn"])
def test_the_best_stay_and_the_best_of_all_are_the_champions(encoding):
    maker, last = search(encoding), np.full(3, -np.inf)
    for _ in range(12):
        before = maker._scores[:, :6].copy()
        step(maker)
        assert (maker.archive.score[0] >= last).all()
        assert (np.diff(maker._scores, axis=1) <= 0).all(), "the best first"
        assert (maker._scores[:, :6] >= before).all(), "nobody who stayed gave way to a worse one"
        last = maker.archive.score[0].copy()


@pytest.mark.parametrize("encoding", ["direct", "cppn"])
def test_the_populations_are_the_genomes_that_were_scored(encoding):
    maker = run(search(encoding), 8)
    again = scores_of(maker.encoding.render(maker._genomes)).reshape(3, 10, 3)
    assert np.array_equal(again[np.arange(3), :, np.arange(3)], maker._scores)


def test_a_search_sees_the_score_of_its_own_class_alone():
    """The same scores in a class's own column, others changed: its population goes the same way."""
    plain, changed = run(search(), 1), run(search(), 1)
    for maker, other in ((plain, 0.0), (changed, -50.0)):
        brood = maker.ask()
        scores = scores_of(maker.encoding.render(brood.genomes))
        foreign = np.repeat(np.arange(3), 4)[:, None] != np.arange(3)
        maker.tell(np.where(foreign, scores + other, scores))
    assert np.array_equal(plain._scores, changed._scores)


def test_parents_belong_to_the_search_of_their_child():
    maker = run(search(), 5)
    owners = [set(row) for row in maker._numbers.tolist()]
    parents = maker.ask().parents.reshape(3, 4)
    for owner, row in zip(owners, parents.tolist(), strict=True):
        assert set(row) <= owner


def test_an_elder_stays_before_a_younger_that_is_no_better():
    maker = search(population=3, survivors=2)
    maker.ask()
    maker.tell(np.full((9, 3), -1.0))
    maker.ask()
    maker.tell(np.full((3, 3), -1.0))
    assert maker._numbers.tolist() == [[0, 1, 9], [3, 4, 10], [6, 7, 11]]
    assert maker.archive.individual[0].tolist() == [0, 3, 6]


def test_ranks_are_drawn_as_published():
    """Each rank is coefficient^((n + 1) / n) times as likely as the next one."""
    kept, coefficient, count = 60, 1.1, 400_000
    ranks = sample_rank((np.arange(count) + 0.5) / count, kept, coefficient)
    shares = np.bincount(ranks, minlength=kept) / count
    ratio = coefficient ** ((kept + 1) / kept)
    expected = ratio ** -np.arange(kept)
    assert np.allclose(shares, expected / expected.sum(), rtol=0.02)
    assert ranks.min() == 0
    assert ranks.max() == kept - 1
    assert sample_rank(np.zeros(1), kept)[0] == kept - 1, "the number 0 is no rank below the last"


def test_queries_are_those_of_all_searches():
    assert run(search(), 1).queries == 30
    assert run(search(), 3).queries == 30 + 2 * 12


def test_a_run_is_a_function_of_its_seed():
    scores = [run(search(seed=seed), 6).archive.score.tolist() for seed in (3, 3, 4)]
    assert scores[0] == scores[1] != scores[2]


def test_what_makes_no_sense_is_refused():
    with pytest.raises(UsageError, match="survivors: expected 1 to 9 of a population of 10, got 10"):
        search(survivors=10)
    with pytest.raises(UsageError, match=r"call ask\(\) first"):
        search().tell(np.zeros((30, 3)))
