"""Gaussian: gray at the start, noise on every gene, cut to the range."""

import numpy as np
import pytest

from foolery.canvas import CanvasShape
from foolery.encodings.direct import DirectGenomes
from foolery.encodings.gaussian import Gaussian, normal_steps
from foolery.errors import UsageError
from foolery.rng import Stream

SHAPE = CanvasShape(1, 20, 20)


@pytest.mark.parametrize("sigma", [0.05, 0.1])
def test_the_noise_has_the_deviation_that_was_asked_for(sigma):
    encoding = Gaussian(SHAPE, sigma=sigma)
    levels = encoding.initial(Stream.of(0, 0, 100)).levels.astype(float)
    assert levels.mean() == pytest.approx(128, abs=0.5)
    assert levels.std() == pytest.approx(255 * sigma, rel=0.01)


def test_half_the_range_drives_a_third_of_the_pixels_to_the_bounds():
    """P(|N(0, 127.5)| > 127.5) = 0.317."""
    levels = Gaussian(SHAPE).initial(Stream.of(0, 0, 200)).levels
    assert np.isin(levels, (0, 255)).mean() == pytest.approx(0.317, abs=0.01)


def test_every_gene_of_every_child_moves():
    encoding = Gaussian(SHAPE)
    parents = DirectGenomes(np.full((50, SHAPE.size), 128, np.uint8))
    children = encoding.vary(parents, Stream.of(1, 1, 50)).levels
    assert (children != 128).mean() > 0.99
    assert (parents.levels == 128).all(), "the parents stay as they were"


def test_steps_are_the_normal_distribution_in_levels():
    steps = normal_steps(0.5).astype(float) / 2**32
    assert (np.diff(steps) >= 0).all()
    assert steps[254] + steps[255] == pytest.approx(1, abs=1e-8), "as many down as up"
    assert np.diff(steps)[255 - 1 + 127] == pytest.approx(0.2420 / 127.5 * 1.0, rel=0.02), "density at sigma"


def test_a_run_of_draws_is_its_seed_and_generation():
    encoding = Gaussian(SHAPE)
    first, again, other = (encoding.initial(Stream.of(s, 0, 3)).levels for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("sigma", [0.0, -1.0, 11.0])
def test_a_sigma_that_makes_no_sense_is_refused(sigma):
    with pytest.raises(UsageError, match="sigma: expected a number above 0 and up to 10"):
        Gaussian(SHAPE, sigma=sigma)
