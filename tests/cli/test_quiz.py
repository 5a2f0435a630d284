"""``foolery quiz``: a page from runs, and the score of answers."""

import json

import pytest

import foolery
from quiz.test_scoring import simulated
from support.command import invoke, is_refused


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quiz") / "run"
    foolery.evolve("lenet", generations=10, batch=50, seed=1, out=folder)
    return folder


def test_a_page_is_written_once_and_its_path_comes_last(run, tmp_path):
    page = tmp_path / "quiz.html"
    done = invoke("quiz", run, "-o", page, "--foils", "both", "--images", "6")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(page)
    assert "default-src" in page.read_text(encoding="utf-8")
    is_refused(invoke("quiz", run, "-o", page), "--overwrite")
    said = json.loads(invoke("quiz", run, "-o", page, "--overwrite", "--json").stdout)
    assert said["trials"] > 4


def test_answers_are_scored_with_the_power_of_a_plan(tmp_path):
    files = []
    for number in range(6):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps(simulated(0.75, f"p{number}")))
    done = invoke("quiz", "score", *files, "--plan", "10")
    assert done.returncode == 0, done.stderr
    assert "6 counted" in done.stdout
    assert "chance is 50 %" in done.stdout
    assert "power" in done.stdout
    said = json.loads(invoke("quiz", "score", *files, "--json").stdout)
    assert said["agreement"]["low"] > 0.5
    assert len(said["by_image"]) == 60


def test_what_cannot_be_used_gets_one_line(run, tmp_path):
    is_refused(invoke("quiz", "score"), "name the files of answers")
    is_refused(invoke("quiz", "score", tmp_path / "none.json"), "none.json")
    is_refused(invoke("quiz", run, "--plan", "40"), "--plan goes with score")
    is_refused(invoke("quiz", run, "--foils", "hard", "-o", tmp_path / "q.html"), "--foils", "hard")
    (tmp_path / "x.json").write_text("[]")
    is_refused(invoke("quiz", "score", tmp_path / "x.json"), "no answers to a quiz")
