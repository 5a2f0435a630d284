"""Memetic search: children that take gradient steps before they are scored."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

from foolery.classifiers import load_classifier  # noqa: E402
from foolery.encodings import make_encoding  # noqa: E402
from foolery.errors import UsageError  # noqa: E402
from foolery.rng import Stream  # noqa: E402
from foolery.search.map_elites import MapElites  # noqa: E402
from foolery.search.memetic import GradientSteps, check_steps, gradient_steps  # noqa: E402

CELLS = tuple(range(10))


@pytest.fixture(scope="module")
def lenet():
    return load_classifier("lenet", backend="torch")


def children(encoding, count: int):
    """The first children of random parents."""
    return encoding.vary(encoding.initial(Stream.of(0, 0, count)), Stream.of(0, 1, count))


@pytest.mark.parametrize("name", ["direct", "cppn"])
def test_a_child_gains_in_the_class_whose_champion_it_is_nearest_to_beating(lenet, name):
    champions = np.full((100, 10), -0.1)
    champions[:, 4] = -50.0  # the easiest to beat by far
    encoding = make_encoding(name, lenet.description.canvas)
    before = children(encoding, 100)
    after = GradientSteps(lenet, CELLS, 3)(encoding, before, champions)
    plain = lenet.scores(encoding.render(before))[:, 4]
    gain = lenet.scores(encoding.render(after))[:, 4] - plain
    assert (gain > 0).sum() > 1.5 * (gain < 0).sum()
    assert gain.mean() > (2.0 if name == "direct" else 0.2)


def test_each_child_has_the_champions_of_its_own_run(lenet):
    """Of two replicates the one is easy to beat in class 4, the other in class 7."""
    champions = np.full((100, 10), -0.1)
    champions[:50, 4], champions[50:, 7] = -50.0, -50.0
    encoding = make_encoding("direct", lenet.description.canvas)
    before = children(encoding, 100)
    after = GradientSteps(lenet, CELLS, 1)(encoding, before, champions)
    gain = lenet.scores(encoding.render(after)) - lenet.scores(encoding.render(before))
    assert gain[:50, 4].mean() > 0.7
    assert gain[50:, 7].mean() > 0.7


def test_what_took_steps_is_a_genome_of_whole_levels(lenet):
    encoding = make_encoding("direct", lenet.description.canvas)
    genomes = GradientSteps(lenet, CELLS, 2)(encoding, children(encoding, 5), np.full((5, 10), -1.0))
    assert genomes.levels.dtype == np.uint8
    again = encoding.unpack(encoding.pack(genomes))
    assert np.array_equal(encoding.render(again), encoding.render(genomes))


def test_no_steps_change_nothing(lenet):
    encoding = make_encoding("cppn", lenet.description.canvas)
    genomes = encoding.initial(Stream.of(0, 0, 7))
    same = GradientSteps(lenet, CELLS, 0)(encoding, genomes, np.zeros((7, 10)))
    assert encoding.pack(same) == encoding.pack(genomes)


def test_the_encoding_of_the_search_stays_what_it_is(lenet):
    encoding = make_encoding("cppn", lenet.description.canvas)
    search = MapElites(encoding, 10, batch=5, local_search=gradient_steps(lenet, encoding, CELLS, 1))
    assert search.encoding is encoding
    search.tell(lenet.scores(encoding.render(search.ask().genomes)))
    assert (search.queries, search.next_queries) == (5, 15)


def test_it_needs_fewer_evaluations_on_pixels(lenet):
    def median_after(steps: int, evaluations: int) -> float:
        encoding = make_encoding("direct", lenet.description.canvas)
        local_search = GradientSteps(lenet, CELLS, steps) if steps else None
        search = MapElites(encoding, 10, batch=20, local_search=local_search)
        for _ in range(1 + evaluations // (20 * search.queries_per_child)):
            search.tell(lenet.scores(encoding.render(search.ask().genomes)))
        return float(np.median(search.archive.score[0]))

    assert median_after(1, 600) > median_after(0, 600) + 0.5


def test_forward_and_backward_passes_are_counted(lenet):
    assert [GradientSteps(lenet, CELLS, steps).queries_per_child for steps in (0, 1, 5)] == [1, 3, 11]


@pytest.mark.parametrize("steps", [-1, 101, 1.0, True])
def test_a_number_of_steps_that_makes_no_sense(steps):
    with pytest.raises(UsageError, match="memetic: expected a whole number of gradient steps from 0 to 100"):
        check_steps(steps)
