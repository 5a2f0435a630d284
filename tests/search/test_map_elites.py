"""MAP-Elites over classes works on any batch callable, and is a function of its seed."""

from __future__ import annotations

import numpy as np
import pytest

from foolery.canvas import CanvasShape
from foolery.encodings import make_encoding
from foolery.errors import UsageError
from foolery.search.archive import Archive
from foolery.search.map_elites import MapElites
from foolery.workers import parallel_for

SHAPE = CanvasShape(1, 6, 6)


def scores_of(canvases):
    """A tiny real classifier: log-softmax of the means of the picture's three bands."""
    bands = canvases.reshape(len(canvases), 3, -1).mean(axis=2) / 16
    return bands - np.log(np.exp(bands).sum(axis=1, keepdims=True))


def search(encoding="direct", **settings):
    return MapElites(make_encoding(encoding, SHAPE), 3, **({"batch": 20} | settings))


def run(maker, generations):
    for _ in range(generations + 1):
        maker.tell(scores_of(maker.encoding.render(maker.ask().genomes)))
    return maker


@pytest.mark.parametrize("encoding", ["direct", "cppn"])
def test_it_finds_pictures_that_a_classifier_is_certain_about(encoding):
    first = run(search(encoding), 0).archive.score.min()
    assert run(search(encoding), 60).archive.score.min() > max(first, np.log(0.9))


@pytest.mark.parametrize("encoding", ["direct", "cppn"])
def test_the_champions_are_the_genomes_that_won(encoding):
    done = run(search(encoding), 10)
    again = scores_of(done.encoding.render(done.elites))
    assert np.array_equal(again[np.arange(3), np.arange(3)], done.archive.score[0])


@pytest.mark.parametrize("encoding", ["direct", "cppn"])
def test_the_same_seed_gives_the_same_run_and_another_seed_another(encoding):
    first, again, other = (run(search(encoding, seeds=seed), 8) for seed in (5, 5, 6))
    genomes = [maker.encoding.pack(maker.elites) for maker in (first, again, other)]
    assert genomes[0] == genomes[1] != genomes[2]


@pytest.mark.parametrize("encoding", ["direct", "cppn"])
def test_a_restored_search_goes_on_as_if_it_had_never_stopped(encoding):
    whole = run(search(encoding), 12)
    half = run(search(encoding), 6)
    archive = Archive(1, 3)
    for name in ("objective", "score", "individual", "generation", "improvements"):
        getattr(archive, name)[...] = getattr(half.archive, name)
    rest = search(encoding)
    rest.restore(6, rest.encoding.unpack(half.encoding.pack(half.elites)), archive)
    run(rest, 5)
    assert rest.encoding.pack(rest.elites) == whole.encoding.pack(whole.elites)
    assert np.array_equal(rest.archive.individual, whole.archive.individual)
    assert rest.queries == whole.queries == 20 + 12 * 20


def test_replicates_run_as_each_would_alone():
    together = run(search("cppn", seeds=[3, 9]), 8)
    for replicate, seed in enumerate((3, 9)):
        alone = run(search("cppn", seeds=seed), 8)
        rows = np.arange(3) + 3 * replicate
        assert together.encoding.pack(together.encoding.take(together.elites, rows)) == alone.encoding.pack(
            alone.elites
        )
        assert np.array_equal(together.archive.individual[replicate], alone.archive.individual[0])
        assert together.archive.improvements[replicate] == alone.archive.improvements[0]


def test_parents_are_champions_picked_uniformly_over_cells():
    maker = run(search(batch=3000, initial=50), 0)
    brood = maker.ask()
    holders, counts = np.unique(maker.archive.individual[0], return_counts=True)
    shares = {int(holder): count / 3 for holder, count in zip(holders, counts, strict=True)}
    assert set(brood.parents.tolist()) == set(shares)
    for holder, part in shares.items():
        assert abs((brood.parents == holder).mean() - part) < 0.05


def test_the_first_generation_has_no_parents_and_its_own_size():
    maker = search(batch=20, initial=7)
    assert maker.ask().parents.tolist() == [-1] * 7
    run(maker, 1)
    assert maker.queries == 27
    assert maker.ask().first == 27


def test_crossover_tells_both_parents():
    maker = MapElites(make_encoding("direct", SHAPE, {"crossover": "sbx"}), 3, batch=200)
    run(maker, 0)
    brood = maker.ask()
    crossed = brood.mates >= 0
    rows = np.flatnonzero(crossed)
    assert 0.3 < crossed.mean() < 0.7
    assert np.array_equal(brood.mates[rows], brood.parents[rows ^ 1])


def test_asking_twice_gives_the_same_children():
    maker = search()
    assert maker.ask() is maker.ask()


def test_it_goes_on_improving_where_float32_confidence_has_reached_one():
    """A log-probability of -1e-12 is 1.0 as a float32 confidence, and still worse than -1e-13."""
    maker = search(batch=2, initial=1)
    maker.ask()
    maker.tell(np.array([[-1e-12, -30.0, -30.0]]))
    maker.ask()
    takeover = maker.tell(np.array([[-1e-13, -30.0, -30.0], [-2e-13, -30.0, -30.0]]))
    assert (takeover.cells.tolist(), takeover.children.tolist()) == ([0], [0])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch": 0}, "batch: expected a whole number from 1 to 1000000, got 0"),
        ({"batch": 2.5}, "batch: expected a whole number"),
        ({"initial": -3}, "initial: expected a whole number from 1 to 1000000, got -3"),
        ({"seeds": -1}, "seed: expected a whole number"),
        ({"seeds": [1, "2"]}, "seed: expected a whole number"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        search(**settings)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (np.zeros((19, 3)), r"scores: expected \(20, K\) float64 with K of at least 3, got \(19, 3\)"),
        (np.zeros((20, 2)), "K of at least 3"),
        (np.zeros((20, 3), np.float32), "float32"),
        (np.zeros(20), "expected"),
        (np.full((20, 3), np.nan), "60 of 60 are not finite"),
        (np.where(np.eye(20, 3) > 0, -np.inf, 0.0), "3 of 60 are not finite"),
    ],
)
def test_scores_that_cannot_be_used_are_refused_and_nothing_is_lost(scores, message):
    maker = search()
    maker.ask()
    with pytest.raises(UsageError, match=message):
        maker.tell(scores)
    assert maker.generation == -1
    run(maker, 0)
    assert maker.generation == 0


def test_telling_before_asking_is_refused():
    with pytest.raises(UsageError, match=r"call ask\(\) first"):
        search().tell(np.zeros((20, 3)))


SHAPE_LITTER = CanvasShape(3, 6, 6)
ENCODINGS = [("cppn", {}), ("direct", {}), ("direct", {"crossover": "sbx"}), ("gaussian", {})]


def search_litter(encoding, options, generations=3):
    """A search a few generations on, so that its genomes differ in size."""
    maker = MapElites(make_encoding(encoding, SHAPE_LITTER, options), 5, batch=40, seeds=[3, 8])
    for generation in range(generations):
        maker.ask_lazy().vary_all()
        maker.tell(np.random.default_rng(generation).normal(size=(80, 5)))
    return maker


@pytest.mark.parametrize(("encoding", "options"), ENCODINGS)
@pytest.mark.parametrize("generations", [0, 3])
@pytest.mark.parametrize("chunk", [1, 7, 40, 100])
def test_slices_are_those_of_the_whole(encoding, options, generations, chunk):
    """Also slices that part the two rows of a crossover."""
    whole = search_litter(encoding, options, generations)
    litter = search_litter(encoding, options, generations).ask_lazy()
    parallel_for(litter.vary, len(litter), chunk=chunk)
    pack, rows = whole.encoding.pack, np.array([79, 3, 3, 40, 0])
    children = whole.ask().genomes
    assert pack(litter.take(rows)) == pack(whole.encoding.take(children, rows))
    assert pack(litter.vary_all()) == pack(children)


@pytest.mark.parametrize(("encoding", "options"), ENCODINGS)
def test_a_search_goes_on_from_slices_as_from_the_whole(encoding, options):
    ends = []
    for slices in (None, 7):
        maker = search_litter(encoding, options)
        for generation in range(3):
            if slices is None:
                maker.ask()
            else:
                parallel_for(maker.ask_lazy().vary, 80, chunk=slices)
            maker.tell(np.random.default_rng(50 + generation).normal(size=(80, 5)))
        ends.append((maker.encoding.pack(maker.elites), maker.archive.individual.tolist()))
    assert ends[0] == ends[1]


def test_a_litter_stays_until_it_was_told():
    maker = search_litter("cppn", {})
    litter = maker.ask_lazy()
    assert maker.ask_lazy() is litter
    litter.vary_all()
    maker.tell(np.zeros((80, 5)))
    assert maker.ask_lazy() is not litter
