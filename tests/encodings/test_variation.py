"""SBX as the released code has it, but without its flaw: genes on which the parents agree stay."""

import numpy as np
import pytest

from foolery.encodings.variation import CROSSOVERS, cross
from foolery.errors import UsageError
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
