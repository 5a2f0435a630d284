"""Polynomial mutation: the published distribution, as real steps and as steps of 8-bit levels."""

import numpy as np

from foolery.encodings.polynomial import level_step, level_steps, step
from foolery.jit import kernel

WORDS = np.random.default_rng(0).integers(0, 2**32, 400_000, dtype=np.uint64)


@kernel
def steps_of(words):
    steps = np.empty(words.size)
    for i in range(words.size):
        steps[i] = step(words[i])
    return steps


@kernel
def level_steps_of(words, table):
    steps = np.empty(words.size, np.int64)
    for i in range(words.size):
        steps[i] = level_step(words[i], table)
    return steps


def published(r):
    """The formula of the released code, with its power."""
    return np.where(r < 0.5, (2 * r) ** (1 / 16) - 1, 1 - (2 * (1 - r)) ** (1 / 16))


def test_a_step_is_the_published_formula():
    r = (WORDS + 0.5) / 2**32
    assert np.abs(steps_of(WORDS) - published(r)).max() < 1e-12


def test_its_mean_size_is_one_over_eta_plus_two():
    sizes = np.abs(steps_of(WORDS))
    assert abs(sizes.mean() - 1 / 17) < 5 * sizes.std() / len(WORDS) ** 0.5


def test_steps_of_levels_have_the_same_mean_size():
    probabilities = np.diff(np.concatenate([[0.0], level_steps() / 2.0**32, [1.0]]))
    mean = (probabilities * np.abs(np.arange(-255, 256))).sum() / 255
    assert abs(probabilities.sum() - 1) < 1e-12
    assert abs(mean - 1 / 17) < 2e-5  # rounding to whole levels moves it by about 1e-5


def test_a_step_of_levels_is_the_real_step_rounded():
    """The table inverts the distribution: the same word gives the same step, but for rounding ties."""
    real = np.rint(published((WORDS + 0.5) / 2**32) * 255).astype(int)
    levels = level_steps_of(WORDS, level_steps())
    assert np.abs(levels - real).max() <= 1
    assert (levels != real).mean() < 1e-5


def test_the_table_covers_the_extremes():
    table = level_steps()
    extremes = level_steps_of(np.array([0, 2**31, 2**32 - 1], np.uint64), table)
    assert np.all(np.diff(table.astype(np.int64)) >= 0)
    assert extremes[0] < -150
    assert extremes[1] == 0
    assert extremes[2] > 150
