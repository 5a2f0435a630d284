"""Encodings and objectives of the user's own: in a run, in its file, and read again by every command."""

import sys

import pytest

import foolery
from foolery import code
from foolery.encodings.sparse import Sparse
from foolery.errors import UsageError
from foolery.search.objectives import ClassScore
from support.command import invoke, is_refused, run

MODULE = '''
from dataclasses import dataclass
from foolery.canvas import CanvasShape
from foolery.encodings.sparse import Sparse
from foolery.search.objectives import ClassScore

class Few(Sparse):
    """Squares of mine."""

class Faint(ClassScore):
    """Prefers dark images."""
    name = "faint"
    def __call__(self, scores, canvases=None):
        return super().__call__(scores) - canvases.reshape(len(canvases), -1).mean(axis=1)[:, None] / 255
'''


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A module ``mine_own`` in the current folder, forgotten again afterwards."""
    (tmp_path / "mine_own.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(code, "_used", {})
    monkeypatch.delitem(sys.modules, "mine_own", raising=False)
    yield tmp_path
    sys.modules.pop("mine_own", None)


def test_a_run_with_code_of_mine_is_read_by_every_command_when_the_reference_is_repeated(mine):
    words = ("evolve", "-c", "lenet", "-n", "3", "--batch", "10", "-o", "run")
    own = ("-e", "python:mine_own:Few", "--objective", "python:mine_own:Faint")
    done = run(*words, *own, cwd=mine)
    assert done.returncode == 0, done.stderr
    is_refused(
        run("show", "run", cwd=mine), "--with python:mine_own:Few", "not imported because a file says so"
    )
    for each in (
        ("show", "run"), ("verify", "run"), ("lineage", "run"), ("export", "run", "-o", "png"),
        ("report", "run", "-o", "page", "--budget", "0"), ("transfer", "run", "-c", "perceptron"),
    ):  # fmt: skip
        done = run(*each, "--with", "python:mine_own:Few", cwd=mine)
        assert done.returncode == 0, (each, done.stderr)
    again = run(*words[:-1], "run", *own, "--resume", "-n", "5", cwd=mine)
    assert again.returncode == 0, again.stderr


def test_objects_are_recorded_by_the_reference_of_their_class(mine):
    few = foolery.use_code("python:mine_own:Few")
    faint = foolery.use_code("python:mine_own:Faint")
    classifier = foolery.load_classifier("lenet")
    encoding = few(classifier.description.canvas, squares=3)
    result = foolery.evolve(
        classifier, encoding=encoding, objective=faint(range(10)), generations=2, batch=10, out="run"
    )
    assert result.settings.encoding == "python:mine_own:Few"
    assert result.settings.encoding_options == {"squares": 3}
    assert result.settings.objective == "python:mine_own:Faint"
    assert foolery.verify("run").passed


def test_a_budget_below_generation_0_is_refused_and_nothing_is_written(tmp_path):
    words = ("evolve", "-c", "lenet", "--batch", "10", "--budget", "5", "-o", tmp_path / "run")
    is_refused(invoke(*words), "--budget: 5 queries are fewer than the 10 images of generation 0")
    assert not (tmp_path / "run").exists()


def test_a_run_says_in_one_line_what_it_is():
    run = foolery.evolve("lenet", generations=1, batch=10)
    assert len(repr(run)) < 200
    assert repr(run).startswith("<RunResult lenet, cppn, seed 0, finished: 10 champions, median ")


def test_an_encoding_of_foolery_s_own_keeps_its_name():
    classifier = foolery.load_classifier("lenet")
    encoding = foolery.make_encoding("sparse", classifier.description.canvas, {"squares": 2})
    by_object = foolery.evolve(classifier, encoding=encoding, generations=1, batch=10)
    by_name = foolery.evolve(classifier, encoding="sparse", options={"squares": 2}, generations=1, batch=10)
    assert by_object.settings == by_name.settings


def test_a_local_class_is_good_in_memory_and_refused_for_a_file(tmp_path):
    class Local(Sparse):
        """Of this function."""

    classifier = foolery.load_classifier("lenet")
    encoding = Local(classifier.description.canvas)
    assert foolery.evolve(classifier, encoding=encoding, generations=1, batch=10).champions
    with pytest.raises(UsageError, match="no name that a run file could record"):
        foolery.evolve(classifier, encoding=encoding, generations=1, batch=10, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"encoding": 7}, "encoding: expected a name.*got int"),
        ({"encoding": "python:no_such_module:X"}, "cannot import no_such_module"),
        ({"encoding": "python:json:loads"}, "encoding python:json:loads"),
        ({"encoding": "python:json"}, "expected python:MODULE:NAME"),
        ({"encoding": "python:json:no_such"}, "json has no 'no_such'"),
        ({"objective": "novelty"}, "objective: unknown 'novelty'"),
        ({"objective": 7}, "objective: expected class-score, margin"),
        ({"objective": ClassScore([1, 2]), "classes": ["3"]}, "leave classes out"),
        ({"encoding": Sparse(foolery.CanvasShape(3, 8, 8))}, r"draws \(3, 8, 8\).*takes \(1, 28, 28\)"),
    ],
)
def test_what_cannot_be_used_gets_one_sentence(options, words):
    with pytest.raises(UsageError, match=words) as caught:
        foolery.evolve("lenet", generations=1, batch=10, **options)
    assert "\n" not in str(caught.value)
