"""Chance: guessing is told from knowing."""

import numpy as np
import pytest

from foolery.classifiers.chance import better_than_chance


@pytest.mark.parametrize(("classes", "pictures"), [(2, 100), (10, 1000), (1000, 1000)])
def test_guesses_hardly_ever_pass(classes, pictures):
    guessed = np.random.default_rng(0).binomial(pictures, 1 / classes, 20_000) / pictures
    passed = np.mean([better_than_chance(share, pictures, classes) for share in guessed])
    assert passed < 0.005


def test_knowing_a_little_passes():
    assert better_than_chance(0.15, 1000, 10)
    assert better_than_chance(0.08, 1000, 1000)
    assert not better_than_chance(0.15, 20, 10)


def test_no_pictures_prove_nothing():
    assert not better_than_chance(0.0, 0, 10)
