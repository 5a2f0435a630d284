"""Breeding by hand: nine pictures, parents, a run that all commands read; and a picture in an archive."""

import numpy as np
import pytest

import foolery
from foolery.analysis import trace_lineage
from foolery.encodings.cppn.encoding import Cppn
from foolery.engine.breeding import Breeding, enter_archive
from foolery.errors import UsageError
from foolery.rng import Stream
from foolery.runs import open_run_file


@pytest.fixture(scope="module")
def lenet():
    return foolery.load_classifier("lenet")


def bred(lenet, folder, seed=0):
    """A run of four generations: one parent, two, and one of an older generation."""
    breeding = Breeding.start(lenet, folder, seed=seed)
    numbers = [one.number for one in breeding.pictures().individuals]
    second = breeding.breed([numbers[2]])
    breeding.breed([second.individuals[0].number, second.individuals[4].number])
    breeding.breed([numbers[8]])
    return breeding


def test_every_picture_is_kept_with_its_parents(lenet, tmp_path):
    breeding = bred(lenet, tmp_path / "run")
    assert len(breeding.individuals) == 36
    first, second, third, fourth = (breeding.pictures(generation).individuals for generation in range(4))
    assert {one.parent for one in first} == {None}
    assert {(one.parent, one.mate) for one in second} == {(2, None)}
    assert {one.parent for one in third} == {9, 13}
    assert all(one.parent != one.mate and one.mate in (9, 13) for one in third)
    assert {one.parent for one in fourth} == {8}
    breeding.close()
    assert open_run_file(tmp_path / "run").individuals == breeding.individuals


def test_a_bred_run_is_verified_bit_for_bit_reported_traced_and_exported(lenet, tmp_path):
    bred(lenet, tmp_path / "run").close()
    run = foolery.open_run(tmp_path / "run")
    assert foolery.verify(run, lenet).passed
    assert foolery.verify(run, lenet).to_dict()["champions"] == 10
    assert len(foolery.export(run, tmp_path / "png")) == 10
    page = foolery.report(tmp_path / "run", tmp_path / "page", classifier=lenet, budget="0")
    assert "A person chose the parents" in page.read_text(encoding="utf-8")
    assert trace_lineage(tmp_path / "run").to_dict()["tree"]["classes"] == 10


def test_champions_are_the_best_of_all_that_was_shown(lenet, tmp_path):
    breeding = bred(lenet, tmp_path / "run")
    canvases = np.concatenate([breeding.pictures(generation).canvases for generation in range(4)])
    best = np.exp(lenet.scores(canvases)).max(axis=0)
    shown = [value for _, value in breeding.holders.values()]
    assert shown == pytest.approx(best, abs=1e-6)


def test_the_same_choices_give_the_same_pictures_and_another_seed_gives_others(lenet, tmp_path):
    one, two, other = (bred(lenet, tmp_path / name, seed) for name, seed in (("a", 5), ("b", 5), ("c", 6)))
    assert (one.pictures().canvases == two.pictures().canvases).all()
    assert (one.pictures().canvases != other.pictures().canvases).any()


def test_nothing_is_lost_when_nobody_closes_it(lenet, tmp_path):
    breeding = bred(lenet, tmp_path / "run")  # and it is never closed
    stored = open_run_file(tmp_path / "run")
    assert (stored.generation, len(stored.individuals), stored.status) == (3, 36, "running")
    breeding.close()
    again = Breeding.go_on(lenet, tmp_path / "run")
    assert (again.pictures().canvases == breeding.pictures().canvases).all()
    assert again.holders == breeding.holders
    after = again.breed([0, 20])
    again.close()
    assert open_run_file(tmp_path / "run").generation == 4
    assert {one.parent for one in after.individuals} == {0, 20}


def test_it_starts_from_a_champion(lenet, tmp_path):
    run = foolery.evolve(lenet, generations=5, batch=20)
    champion = run.champions["3"]
    breeding = Breeding.start(lenet, tmp_path / "run", source=champion.genome)
    assert (breeding.pictures().canvases[0] == champion.canvas).all()
    assert breeding.pictures().canvases.shape[0] == 1
    assert len(breeding.breed([0]).individuals) == 9
    breeding.close()
    assert foolery.verify(tmp_path / "run", lenet).passed


def test_a_bred_picture_enters_the_archive_of_a_run_and_the_run_goes_on(lenet, tmp_path):
    folder = tmp_path / "weak"
    foolery.evolve(lenet, encoding="cppn", generations=0, batch=10, out=folder, seed=1)
    strong = foolery.evolve(lenet, encoding="cppn", generations=60, batch=50, seed=2).champions["7"]
    taken = enter_archive(lenet, folder, strong.genome)
    assert "7" in taken
    run = foolery.open_run(folder)
    assert run.champions["7"].canvas_hash == strong.canvas_hash
    assert foolery.verify(run, lenet).passed
    assert "bred by hand" in open_run_file(folder).events[0].text
    assert enter_archive(lenet, folder, strong.genome) == []
    more = foolery.evolve(lenet, encoding="cppn", generations=4, batch=10, out=folder, seed=1, resume=True)
    assert more.champions["7"].confidence >= strong.confidence
    assert more.summary["queries"] == 50


def test_crossing_mixes_what_two_networks_have_in_common_and_keeps_the_first_one_s_structure(lenet):
    encoding = Cppn(lenet.description.canvas)
    stream = Stream.of(3, 0, 9)
    parents, mates = encoding.initial(stream), encoding.initial(Stream.of(4, 0, 9))
    for generation in range(1, 30):
        parents = encoding.vary(parents, Stream.of(3, generation, 9))
    children = encoding.cross(parents, mates, Stream.of(5, 1, 9))
    assert (children.sources == parents.sources).all()
    from_mates = children.weights != parents.weights
    assert 0 < from_mates.sum() < len(parents.weights)
    assert set(children.weights[from_mates]) <= set(mates.weights)
    assert encoding.unpack(encoding.pack(children)).weights.tolist() == children.weights.tolist()
    same = encoding.cross(parents, parents, Stream.of(5, 1, 9))
    assert (same.weights == parents.weights).all()


@pytest.mark.parametrize("chosen", [[], [0, 0], [99], [*range(9), 9]])
def test_parents_that_are_none_are_refused_and_nothing_is_stored(lenet, tmp_path, chosen):
    breeding = Breeding.start(lenet, tmp_path / "run")
    with pytest.raises(UsageError):
        breeding.breed(chosen)
    assert breeding.generation == 0


def test_another_run_or_classifier_is_refused(lenet, tmp_path):
    foolery.evolve(lenet, encoding="direct", generations=0, batch=10, out=tmp_path / "direct")
    with pytest.raises(UsageError, match=r"was not bred by hand.*--from"):
        Breeding.go_on(lenet, tmp_path / "direct")
    with pytest.raises(UsageError, match="a bred picture is a CPPN"):
        enter_archive(lenet, tmp_path / "direct", b"")
    bred(lenet, tmp_path / "run").close()
    with pytest.raises(UsageError, match="bred with lenet, not perceptron"):
        Breeding.go_on(foolery.load_classifier("perceptron"), tmp_path / "run")
    with pytest.raises(UsageError, match="not a valid CPPN"):
        Breeding.start(lenet, tmp_path / "other", source=b"x")
    assert not (tmp_path / "other").exists()
