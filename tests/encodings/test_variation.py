"""SBX as the released code has it, but without its flaw: genes on which the parents agree stay."""

from __future__ import annotations

import numpy as np
import pytest

from foolery.encodings.variation import CROSSOVERS, cross, level_step, level_steps, step
from foolery.errors import UsageError
from foolery.jit import jit
from foolery.rng import Stream


def test_half_of_the_pairs_cross_and_mates_are_each_other():
    mates = CROSSOVERS["sbx"](Stream.of(0, 1, 20_000))
    crossed = mates >= 0
    rows = np.flatnonzero(crossed)
    assert np.array_equal(mates[rows], rows ^ 1)
    assert np.array_equal(crossed[0::2], crossed[1::2])
    assert abs(crossed.mean() - 0.5) < 0.02


def test_pairs_that_do_not_cross_are_clones():
    stream = Stream.of(0, 1, 200)
    parents = np.random.default_rng(0).integers(0, 256, (200, 50), dtype=np.uint8)
    children = cross(parents, stream)
    alone = CROSSOVERS["sbx"](stream) < 0
    assert np.array_equal(children[alone], parents[alone])
    assert (children[~alone] != parents[~alone]).any()


def test_genes_on_which_the_parents_agree_stay():
    parents = np.tile(np.arange(256, dtype=np.uint8), (100, 1))
    assert np.array_equal(cross(parents, Stream.of(0, 1, 100)), parents)


def test_children_keep_the_middle_of_their_parents_and_stay_near():
    parents = np.tile(np.array([[100], [140]], np.uint8), (500, 400))
    stream = Stream.of(0, 1, 1000)
    children = cross(parents, stream).astype(int)
    crossed = CROSSOVERS["sbx"](stream) >= 0
    pairs = children[crossed].reshape(-1, 2, 400)
    assert abs(pairs.sum(axis=1) - 240).max() <= 2  # both bounds are nearly the same distance away
    spread = np.abs(pairs[:, 0] - pairs[:, 1]) / 40
    assert abs(np.median(spread) - 1) < 0.05
    assert (pairs[:, 0] > pairs[:, 1]).mean() == pytest.approx(0.5, abs=0.02)


def test_an_odd_batch_is_refused():
    with pytest.raises(UsageError, match="batch: crossover needs an even number of children, got 3"):
        cross(np.zeros((3, 4), np.uint8), Stream.of(0, 1, 3))


WORDS = np.random.default_rng(0).integers(0, 2**32, 400_000, dtype=np.uint64)


@jit
def steps_of(words):
    steps = np.empty(words.size)
    for i in range(words.size):
        steps[i] = step(words[i])
    return steps


@jit
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
