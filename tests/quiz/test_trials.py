"""The trials of a quiz: every image once, foils of two kinds, catch trials, one order for one seed."""

import numpy as np
import pytest

import foolery
from foolery.canvas import CanvasShape
from foolery.errors import UsageError
from foolery.quiz import make_quiz
from foolery.quiz.trials import written


@pytest.fixture(scope="module")
def lenet():
    return foolery.load_classifier("lenet")


@pytest.fixture(scope="module")
def runs(lenet):
    return [
        foolery.evolve(lenet, encoding=name, generations=10, batch=50, seed=1) for name in ("cppn", "direct")
    ]


def test_every_image_is_shown_once_with_its_label_and_the_label_of_another(runs):
    quiz = make_quiz(runs, images=100, catches=3)
    asked = [trial for trial in quiz.trials if trial.kind == "random"]
    champions = {each.canvas_hash[:16]: each.label for run in runs for each in run.champions.values()}
    assert len({trial.name for trial in asked}) == len(asked) == len(champions)
    labels = {trial.target for trial in asked}
    for trial in asked:
        assert champions[trial.name.partition("-")[0]] == trial.target or len(champions) < 20
        assert trial.foil != trial.target
        assert trial.foil in labels


def test_competitive_foils_are_the_network_s_second_answer(runs, lenet):
    quiz = make_quiz(runs[:1], foils="both", classifier=lenet, catches=0)
    for kind in ("random", "competitive"):
        assert sum(trial.kind == kind for trial in quiz.trials) == len(quiz.trials) / 2
    for trial in quiz.trials:
        if trial.kind == "competitive":
            scores = lenet.scores(trial.canvas[None])[0]
            scores[int(trial.target)] = -np.inf
            assert trial.foil == str(scores.argmax())


def test_a_seed_gives_one_quiz_and_another_seed_another(runs):
    one, again, other = make_quiz(runs, seed=1), make_quiz(runs, seed=1), make_quiz(runs, seed=2)
    assert one.identity == again.identity != other.identity
    assert [trial.name for trial in one.trials] == [trial.name for trial in again.trials]
    names = [trial.name for trial in other.trials]
    assert [trial.name for trial in one.trials] != names


def test_a_catch_trial_shows_its_word_large_enough_to_read():
    short, long = (written(word, CanvasShape(1, 28, 28)) for word in ("7", "standard poodle"))
    assert short.shape == long.shape == (1, 128, 128)
    for canvas in (short, long):
        dark = (canvas < 128).nonzero()
        assert dark[2].max() - dark[2].min() > 20
        assert dark[2].min() > 0
        assert dark[2].max() < 127


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"images": 1}, "images: expected at least 2"),
        ({"foils": "hard"}, "foils: expected random"),
        ({"foils": "competitive"}, "give its classifier"),
        ({"min_confidence": 1.1}, "needs images of two classes or more, got 0"),
    ],
)
def test_what_makes_no_quiz_is_refused(runs, options, words):
    with pytest.raises(UsageError, match=words):
        make_quiz(runs, **options)
