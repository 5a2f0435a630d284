"""A child is the same whichever slice it is bred in."""

import numpy as np
import pytest

from foolery.canvas import CanvasShape
from foolery.encodings import make_encoding
from foolery.search.map_elites import MapElites
from foolery.workers import share

SHAPE = CanvasShape(3, 6, 6)
ENCODINGS = [("cppn", {}), ("direct", {}), ("direct", {"crossover": "sbx"}), ("gaussian", {})]


def search(encoding, options, generations=3):
    """A search a few generations on, so that its genomes differ in size."""
    maker = MapElites(make_encoding(encoding, SHAPE, options), 5, batch=40, seeds=[3, 8])
    for generation in range(generations):
        maker.expect().all()
        maker.tell(np.random.default_rng(generation).normal(size=(80, 5)))
    return maker


@pytest.mark.parametrize(("encoding", "options"), ENCODINGS)
@pytest.mark.parametrize("generations", [0, 3])
@pytest.mark.parametrize("grain", [1, 7, 40, 100])
def test_slices_are_those_of_the_whole(encoding, options, generations, grain):
    """Also slices that part the two rows of a crossover."""
    whole = search(encoding, options, generations)
    litter = search(encoding, options, generations).expect()
    share(litter.breed, len(litter), grain=grain)
    pack, rows = whole.encoding.pack, np.array([79, 3, 3, 40, 0])
    children = whole.ask().genomes
    assert pack(litter.take(rows)) == pack(whole.encoding.take(children, rows))
    assert pack(litter.all()) == pack(children)


@pytest.mark.parametrize(("encoding", "options"), ENCODINGS)
def test_a_search_goes_on_from_slices_as_from_the_whole(encoding, options):
    ends = []
    for slices in (None, 7):
        maker = search(encoding, options)
        for generation in range(3):
            if slices is None:
                maker.ask()
            else:
                share(maker.expect().breed, 80, grain=slices)
            maker.tell(np.random.default_rng(50 + generation).normal(size=(80, 5)))
        ends.append((maker.encoding.pack(maker.elites), maker.archive.individual.tolist()))
    assert ends[0] == ends[1]


def test_a_litter_stays_until_it_was_told():
    maker = search("cppn", {})
    litter = maker.expect()
    assert maker.expect() is litter
    litter.all()
    maker.tell(np.zeros((80, 5)))
    assert maker.expect() is not litter
