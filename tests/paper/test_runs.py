"""Runs: made where they are missing, used where they are there, gone on with where they were interrupted."""

import shutil

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.engine.evolution import evolve
from foolery.errors import UsageError
from foolery.paper.experiment import Context
from foolery.paper.measures import champion_confidences, search_seconds
from foolery.paper.runs import evolve_runs, longest_runs, run_folder
from foolery.runs import open_run_file

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

SIZE = {"generations": 6, "batch": 20}


@pytest.fixture(scope="module")
def lenet():
    return load_classifier("lenet")


def context(work, lenet, seeds=2, **more):
    return Context(work=work, scale=1.0, seeds=seeds, classifiers={"digits": lenet}, **more)


def changed(work):
    return {path: path.stat().st_mtime_ns for path in work.rglob("run.db")}


def test_every_seed_gets_the_run_that_evolve_makes(lenet, tmp_path):
    runs = evolve_runs(context(tmp_path, lenet), "digits", "cppn", **SIZE)
    assert [run.settings.seed for run in runs] == [0, 1]
    for seed, run in enumerate(runs):
        alone = evolve(lenet, encoding="cppn", seed=seed, **SIZE)
        assert [row.genome for row in run.champions] == [c.genome for c in alone.champions.values()]


def test_a_finished_run_is_used_and_not_repeated(lenet, tmp_path):
    evolve_runs(context(tmp_path, lenet), "digits", "cppn", **SIZE)
    before, steps = changed(tmp_path), []
    watched = context(tmp_path, lenet, seeds=3, on_progress=lambda label, *_: steps.append(label))
    assert len(evolve_runs(watched, "digits", "cppn", **SIZE)) == 3
    after = changed(tmp_path)
    assert {path: after[path] for path in before} == before
    assert set(steps) == {"cppn on digits, seed 2"}


def test_a_run_made_elsewhere_is_taken_as_it_is(lenet, tmp_path):
    """Another reference, the same network: what was loaded, not what it was called."""
    elsewhere = tmp_path / "elsewhere"
    evolve(lenet, encoding="direct", seed=0, out=elsewhere, **SIZE)
    other = load_classifier("lenet", backend="torch") if _has_torch() else lenet
    folder = run_folder(tmp_path / "work", other, "direct", 6, 20, 0)
    shutil.copytree(elsewhere, folder)
    before = changed(folder)
    (run,) = evolve_runs(context(tmp_path / "work", other, seeds=1), "digits", "direct", **SIZE)
    assert changed(folder) == before
    assert run.generation == 6


def _has_torch():
    from importlib.util import find_spec

    return find_spec("torch") is not None


def test_an_interrupted_run_goes_on_to_the_same_end(lenet, tmp_path):
    def strike(label, done, total):
        if label == "cppn on digits, seeds 0 to 1" and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evolve_runs(context(tmp_path, lenet, on_progress=strike), "digits", "cppn", **SIZE)
    half = open_run_file(run_folder(tmp_path, lenet, "cppn", 6, 20, 1))
    assert (half.status, half.generation) == ("interrupted", 3)
    runs = evolve_runs(context(tmp_path, lenet), "digits", "cppn", **SIZE)
    alone = evolve(lenet, encoding="cppn", seed=1, **SIZE)
    assert [row.genome for row in runs[1].champions] == [c.genome for c in alone.champions.values()]


def test_an_unfinished_run_with_other_settings_is_refused(lenet, tmp_path):
    folder = run_folder(tmp_path, lenet, "cppn", 6, 20, 0)
    evolve(lenet, encoding="direct", generations=2, batch=20, out=folder)
    with pytest.raises(UsageError, match="its settings differ from those asked for"):
        evolve_runs(context(tmp_path, lenet), "digits", "cppn", **SIZE)


def test_confidences_are_those_of_the_end_or_of_any_generation(lenet, tmp_path):
    (run,) = evolve_runs(context(tmp_path, lenet, seeds=1), "digits", "cppn", **SIZE)
    assert champion_confidences(run).tolist() == [row.confidence for row in run.champions]
    for generation in range(7):
        assert np.median(champion_confidences(run, generation)) == run.history.median[generation]


def test_the_longest_runs_of_others_are_found(lenet, tmp_path):
    asked = context(tmp_path, lenet)
    assert longest_runs(asked, "digits", "cppn", batch=20) == []
    evolve_runs(asked, "digits", "cppn", generations=2, batch=20)
    evolve_runs(asked, "digits", "cppn", generations=11, batch=20, seeds=[4, 1])
    found = longest_runs(asked, "digits", "cppn", batch=20)
    assert [(run.settings.seed, run.generation) for run in found] == [(1, 11), (4, 11)]
    assert longest_runs(asked, "digits", "direct", batch=20) == []
    assert search_seconds(found) == sum(run.seconds for run in found) > 0
