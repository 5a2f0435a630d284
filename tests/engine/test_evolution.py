"""Evolve: from a classifier's name to a run file, repeatable to the last bit."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.classifiers.base import Description
from foolery.classifiers.wrappers.metered import Budget
from foolery.engine.evolution import evolve
from foolery.engine.run import open_run
from foolery.errors import UsageError
from foolery.runs import open_run_file

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

QUICK = {"generations": 12, "batch": 40, "seed": 4}


@pytest.fixture(scope="module")
def lenet():
    return load_classifier("lenet")


@pytest.mark.parametrize("encoding", ["cppn", "direct"])
def test_the_run_file_holds_what_was_found(lenet, encoding, tmp_path):
    exhibit = evolve(lenet, encoding=encoding, out=tmp_path / "run", **QUICK)
    canvases = np.stack([champion.canvas for champion in exhibit.champions.values()])
    scores = lenet.scores(canvases)
    for row, champion in enumerate(exhibit.champions.values()):
        assert champion.label == str(row)
        assert champion.confidence == pytest.approx(np.exp(scores[row, row]), abs=1e-5)
    again = open_run(tmp_path / "run")
    assert again.summary == exhibit.summary
    assert again.status == "finished"
    assert again.history.generation.tolist() == list(range(13))
    assert again.history.queries.tolist() == [40 * (g + 1) for g in range(13)]
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["run.db"]


@pytest.mark.parametrize("encoding", ["cppn", "direct"])
def test_a_run_in_memory_equals_one_on_disk(lenet, encoding, tmp_path):
    memory = evolve(lenet, encoding=encoding, **QUICK)
    disk = evolve(lenet, encoding=encoding, out=tmp_path / "run", **QUICK)
    assert memory.path is None
    assert [c.genome for c in memory.champions.values()] == [c.genome for c in disk.champions.values()]


def test_any_number_of_lanes_gives_the_same_run(lenet, monkeypatch):
    genomes = []
    for lanes in ("1", "4"):
        monkeypatch.setenv("FOOLERY_THREADS", lanes)
        exhibit = evolve(lenet, encoding="cppn", **QUICK)
        genomes.append([(c.genome, c.score) for c in exhibit.champions.values()])
    assert genomes[0] == genomes[1]


def test_more_generations_extend_a_finished_run(lenet, tmp_path):
    evolve(lenet, out=tmp_path / "run", **QUICK)
    evolve(lenet, out=tmp_path / "run", resume=True, **(QUICK | {"generations": 20}))
    whole = evolve(lenet, out=tmp_path / "whole", **(QUICK | {"generations": 20}))
    extended = open_run(tmp_path / "run")
    assert [c.genome for c in extended.champions.values()] == [c.genome for c in whole.champions.values()]
    assert len(extended.provenances) == 2


def test_lineage_is_closed_and_true(lenet, tmp_path):
    """Every stored individual's parent is stored, is older, and held a cell when the child was bred."""
    evolve(lenet, out=tmp_path / "run", **QUICK)
    run = open_run_file(tmp_path / "run")
    stored = {one.number: one for one in run.individuals}
    reigns = {}
    for reign in run.replacements:
        reigns.setdefault(reign.cell, []).append((reign.generation, reign.individual))
    for one in run.individuals:
        assert one.genome is not None
        if one.generation == 0:
            assert one.parent is None
            continue
        assert stored[one.parent].generation < one.generation
        holders = {max((g, who) for g, who in held if g < one.generation)[1] for held in reigns.values()}
        assert one.parent in holders
    assert run.lineage(run.champions[0].individual)[0].generation == 0


def test_direct_runs_keep_the_genomes_of_champions_alone(lenet, tmp_path):
    evolve(lenet, encoding="direct", out=tmp_path / "run", **QUICK)
    run = open_run_file(tmp_path / "run")
    holders = {champion.individual for champion in run.champions}
    assert {one.number for one in run.individuals if one.genome is not None} == holders
    evolve(lenet, encoding="direct", out=tmp_path / "all", keep_genomes="all", **QUICK)
    assert all(one.genome is not None for one in open_run_file(tmp_path / "all").individuals)


def test_some_classes_alone_can_be_searched_for(lenet):
    exhibit = evolve(lenet, classes=["7", "3"], **QUICK)
    assert list(exhibit.champions) == ["7", "3"]
    assert [champion.index for champion in exhibit.champions.values()] == [7, 3]


def test_it_stops_as_soon_as_everything_is_certain_enough(lenet):
    exhibit = evolve(lenet, until=0.2, generations=200, batch=40)
    least = exhibit.history.min
    assert least[-1] >= 0.2
    assert (least[:-1] < 0.2).all()
    assert len(least) < 200


def test_a_budget_ends_the_search_before_the_generation_that_does_not_fit(lenet, tmp_path):
    out = tmp_path / "run"
    exhibit = evolve(lenet, budget=Budget(queries=330), out=out, **(QUICK | {"generations": 100}))
    assert exhibit.summary["queries"] == 320
    assert exhibit.status == "finished"
    whole = evolve(lenet, **(QUICK | {"generations": 7}))
    assert [c.genome for c in exhibit.champions.values()] == [c.genome for c in whole.champions.values()]
    more = evolve(lenet, budget=Budget(queries=500), out=out, resume=True, **(QUICK | {"generations": 100}))
    assert more.summary["queries"] == 480, "a budget of queries is that of the whole run"


def test_a_budget_of_time_ends_the_search(lenet):
    exhibit = evolve(lenet, budget=Budget(seconds=0.5), **(QUICK | {"generations": 1_000_000}))
    assert 0 < exhibit.summary["seconds"] < 1.0


def test_a_watcher_sees_every_generation_and_can_look_at_the_champions(lenet):
    seen = []
    exhibit = evolve(
        lenet, on_progress=lambda p: seen.append((p.generation, p.confidences.copy(), p.canvases())), **QUICK
    )
    assert [generation for generation, _, _ in seen] == list(range(13))
    assert np.array_equal(seen[-1][2], np.stack([c.canvas for c in exhibit.champions.values()]))
    assert all((after[1] >= before[1]).all() for before, after in pairwise(seen))


def test_an_interrupt_saves_the_run_and_is_passed_on(lenet, tmp_path):
    def interrupt(progress):
        if progress.generation == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evolve(lenet, out=tmp_path / "run", on_progress=interrupt, **QUICK)
    interrupted = open_run(tmp_path / "run")
    assert (interrupted.status, interrupted.history.generation[-1]) == ("interrupted", 7)
    evolve(lenet, out=tmp_path / "run", resume=True, **QUICK)
    whole = evolve(lenet, **QUICK)
    resumed = open_run(tmp_path / "run")
    assert [c.genome for c in resumed.champions.values()] == [c.genome for c in whole.champions.values()]


class Broken:
    """A classifier of three classes that answers with what it is given."""

    def __init__(self, answer):
        self.answer = answer
        self.description = Description(
            "broken",
            "0" * 64,
            load_classifier("lenet").description.canvas,
            ("a", "b", "c"),
            "softmax",
            "python",
        )

    def scores(self, canvases):
        return self.answer(len(canvases))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda n: np.full((n, 3), np.nan), "classifier broken: .*120 of 120 are not finite"),
        (lambda n: np.zeros((n, 2)), r"classifier broken: .*got \(40, 2\)"),
        (lambda n: np.zeros((n - 1, 3)), r"classifier broken: .*got \(39, 3\)"),
        (lambda n: [[0.0] * 3] * n, "classifier broken: .*got list"),
    ],
)
def test_a_classifier_that_breaks_the_contract_is_named(answer, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        evolve(Broken(answer), out=tmp_path / "run", **QUICK)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"generations": -1}, "generations: expected a whole number from 0"),
        ({"generations": 1.5}, "generations: expected a whole number"),
        ({"batch": 0}, "batch: expected a whole number from 1"),
        ({"seed": -1}, "seed: expected a whole number"),
        ({"encoding": "direkt"}, "did you mean direct"),
        ({"classes": ["seven"]}, "classes: 'seven' is unknown"),
        ({"options": {"coordinates": "polar"}}, "coordinates: 'polar' is unknown"),
        ({"encoding": "direct", "options": {"crossover": "sbx"}, "batch": 7}, "even number of children"),
        ({"until": 1.5}, "until: expected a confidence"),
        ({"resume": True}, "give out=FOLDER"),
    ],
)
def test_settings_that_make_no_sense_are_refused_before_anything_runs(lenet, settings, message, tmp_path):
    out = None if "resume" in settings else tmp_path / "run"
    with pytest.raises(UsageError, match=message):
        evolve(lenet, **(QUICK | {"out": out} | settings))
    assert not (tmp_path / "run").exists()


def test_a_folder_with_another_run_is_left_alone(lenet, tmp_path):
    evolve(lenet, out=tmp_path / "run", **QUICK)
    before = (tmp_path / "run" / "run.db").read_bytes()
    with pytest.raises(UsageError, match="overwrite"):
        evolve(lenet, out=tmp_path / "run", **QUICK)
    with pytest.raises(UsageError, match="seed"):
        evolve(lenet, out=tmp_path / "run", resume=True, **(QUICK | {"seed": 5}))
    assert (tmp_path / "run" / "run.db").read_bytes() == before
    evolve(lenet, out=tmp_path / "run", overwrite=True, **(QUICK | {"seed": 5}))
    assert open_run(tmp_path / "run").settings.seed == 5


def test_resuming_where_there_is_no_run_says_so(lenet, tmp_path: Path):
    with pytest.raises(UsageError, match="no run"):
        evolve(lenet, out=tmp_path / "nothing", resume=True, **QUICK)
