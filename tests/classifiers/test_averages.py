import numpy as np
import pytest

from foolery.classifiers.averages import mean_scores


def test_the_mean_of_probabilities():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(5), size=(3, 4))
    found = mean_scores(np.log(probabilities), "softmax")
    assert np.allclose(found, np.log(probabilities.mean(axis=0)), rtol=1e-13)


def test_the_mean_of_cosines():
    cosines = np.random.default_rng(0).uniform(-1, 1, (3, 4, 5))
    assert np.array_equal(mean_scores(cosines, "similarity"), cosines.mean(axis=0))


@pytest.mark.parametrize("score", [-1e-30, -1e-12, -0.7, -300.0, -800.0, -np.inf])
def test_nothing_is_lost_near_certainty_and_near_nothing(score):
    assert mean_scores(np.full((4, 1, 1), score), "sigmoid")[0, 0] == pytest.approx(score, rel=1e-9)


def test_one_certain_member_of_two_gives_a_half():
    assert mean_scores(np.array([[[0.0]], [[-np.inf]]]), "softmax")[0, 0] == pytest.approx(np.log(0.5))
