"""Argmax cell: a child goes to one cell only, that of the class believed most."""

import numpy as np
import pytest

from foolery.canvas import CanvasShape
from foolery.encodings import make_encoding
from foolery.errors import UsageError
from foolery.search.baselines import ArgmaxCell

SHAPE = CanvasShape(1, 6, 6)


def scores_of(canvases):
    """A tiny real classifier: log-softmax of the means of the picture's three bands."""
    bands = canvases.reshape(len(canvases), 3, -1).mean(axis=2) / 16
    return bands - np.log(np.exp(bands).sum(axis=1, keepdims=True))


def search(encoding="gaussian", **settings):
    return ArgmaxCell(make_encoding(encoding, SHAPE), 3, **({"batch": 20} | settings))


def run(maker, generations):
    for _ in range(generations):
        maker.tell(scores_of(maker.encoding.render(maker.ask().genomes)))
    return maker


def test_a_child_takes_no_cell_but_its_own():
    maker = search(batch=2)
    maker.ask()
    maker.tell(np.array([[-0.1, -0.5, -9.0], [-0.3, -0.2, -9.0]]))
    assert maker.archive.score[0].tolist() == [-0.1, -0.2, -np.inf]
    assert maker.archive.individual[0].tolist() == [0, 1, -1]


def test_a_worse_child_and_an_equal_one_leave_the_champion():
    maker = search(batch=2)
    maker.ask()
    maker.tell(np.array([[-0.1, -5.0, -9.0], [-0.2, -5.0, -9.0]]))
    maker.ask()
    maker.tell(np.array([[-0.1, -5.0, -9.0], [-0.05, -5.0, -9.0]]))
    assert maker.archive.individual[0].tolist() == [3, -1, -1]


def test_parents_come_from_filled_cells_alone():
    maker = search(batch=2)
    maker.ask()
    maker.tell(np.array([[-9.0, -0.5, -9.0], [-9.0, -0.6, -9.0]]))
    assert maker.ask().parents.tolist() == [0, 0]


@pytest.mark.parametrize("encoding", ["gaussian", "direct", "cppn"])
def test_the_champions_are_the_genomes_that_won(encoding):
    done = run(search(encoding), 15)
    filled = np.flatnonzero(done.archive.individual[0] >= 0)
    again = scores_of(done.encoding.render(done._elites))
    assert len(filled)
    assert np.array_equal(again[filled, filled], done.archive.score[0, filled])
    assert (again[filled].argmax(axis=1) == filled).all()


def test_a_run_is_a_function_of_its_seed():
    scores = [run(search(seed=seed), 6).archive.score.tolist() for seed in (3, 3, 4)]
    assert scores[0] == scores[1] != scores[2]


def test_queries_are_counted_and_telling_needs_asking():
    assert run(search(), 3).queries == 60
    with pytest.raises(UsageError, match=r"call ask\(\) first"):
        search().tell(np.zeros((20, 3)))
