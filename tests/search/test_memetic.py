"""Memetic search: children that climb before they are scored."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

from foolery.classifiers import load_classifier  # noqa: E402
from foolery.encodings import make_encoding  # noqa: E402
from foolery.errors import UsageError  # noqa: E402
from foolery.rng import Stream  # noqa: E402
from foolery.search.map_elites import MapElites  # noqa: E402
from foolery.search.memetic import MemeticEncoding, check_steps, gradient_steps, queries_per_child  # noqa: E402

CELLS = tuple(range(10))


@pytest.fixture(scope="module")
def lenet():
    return load_classifier("lenet", backend="torch")


def refined(lenet, name: str, steps: int, champions) -> MemeticEncoding:
    encoding = make_encoding(name, lenet.description.canvas)
    return MemeticEncoding(encoding, lenet, CELLS, steps, lambda: champions)


@pytest.mark.parametrize("name", ["direct", "cppn"])
def test_a_child_climbs_towards_the_champion_that_it_is_nearest_to_beating(lenet, name):
    champions = np.full(10, -0.1)
    champions[4] = -50.0  # the easiest to beat by far
    mine = refined(lenet, name, 3, champions)
    parents, stream = mine.initial(Stream.of(0, 0, 100)), Stream.of(0, 1, 100)
    plain = lenet.scores(mine.render(mine.inner.vary(parents, stream)))[:, 4]
    gain = lenet.scores(mine.render(mine.vary(parents, stream)))[:, 4] - plain
    assert (gain > 0).sum() > 1.5 * (gain < 0).sum()
    assert gain.mean() > (2.0 if name == "direct" else 0.2)


def test_what_climbed_is_a_genome_of_whole_levels(lenet):
    mine = refined(lenet, "direct", 2, np.full(10, -1.0))
    genomes = mine.vary(mine.initial(Stream.of(0, 0, 5)), Stream.of(0, 1, 5))
    assert genomes.levels.dtype == np.uint8
    again = mine.unpack(mine.pack(genomes))
    assert np.array_equal(mine.render(again), mine.render(genomes))


def test_no_steps_change_nothing(lenet):
    encoding = make_encoding("cppn", lenet.description.canvas)
    genomes = encoding.initial(Stream.of(0, 0, 7))
    same = gradient_steps(encoding, lenet, genomes, CELLS, np.zeros(10), 0)
    assert encoding.pack(same) == encoding.pack(genomes)


def test_in_all_else_it_is_the_encoding_within(lenet):
    mine = refined(lenet, "cppn", 1, np.zeros(10))
    for name in ("name", "canvas", "renderer_version", "options", "keeps_ancestors", "group_size"):
        assert getattr(mine, name) == getattr(mine.inner, name)


def test_it_needs_fewer_evaluations_on_pixels(lenet):
    def median_after(steps: int, evaluations: int) -> float:
        encoding = make_encoding("direct", lenet.description.canvas)
        search = MapElites(encoding, 10, batch=20)
        if steps:
            search.encoding = MemeticEncoding(encoding, lenet, CELLS, steps, lambda: search.archive.score[0])
        for _ in range(1 + evaluations // (20 * queries_per_child(steps))):
            search.tell(lenet.scores(encoding.render(search.ask().genomes)))
        return float(np.median(search.archive.score[0]))

    assert median_after(1, 600) > median_after(0, 600) + 0.5


def test_forward_and_backward_passes_are_counted():
    assert [queries_per_child(steps) for steps in (0, 1, 5)] == [1, 3, 11]


@pytest.mark.parametrize("steps", [-1, 101, 1.0, True])
def test_a_number_of_steps_that_makes_no_sense(steps):
    with pytest.raises(UsageError, match="refine: expected a whole number of gradient steps from 0 to 100"):
        check_steps(steps)
