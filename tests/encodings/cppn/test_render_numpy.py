"""Each activation is within 1e-6 of the true function for potentials up to 2^14."""

import math

import numpy as np
import pytest

from foolery.encodings.cppn import render_numpy

TRUE = {
    "sine": np.sin,
    "sigmoid": lambda p: 2.0 / (1.0 + np.exp(-np.clip(p, -700, 700))) - 1.0,
    "gaussian": lambda p: np.exp(-(p**2)),
    "linear": lambda p: np.clip(p, -3.0, 3.0) / 3.0,
}


def potentials():
    rng = np.random.default_rng(0)
    edge = np.float32(2.0**14)
    near_zeros = (np.arange(-5215, 5216) * math.pi).astype(np.float32)
    return np.concatenate(
        [
            np.linspace(-edge, edge, 2_000_001, dtype=np.float32),
            rng.normal(size=500_000).astype(np.float32),
            (10.0 ** rng.uniform(-30, 4.2, 500_000)).astype(np.float32),
            near_zeros,
            np.nextafter(near_zeros, np.float32(np.inf)),
            near_zeros + np.float32(math.pi / 2),
            np.array([0.0, -0.0, edge, -edge], np.float32),
        ]
    )


@pytest.mark.parametrize("name", list(TRUE))
def test_it_is_the_published_function(name):
    p = potentials()
    p = p[np.abs(p) <= 2.0**14]
    value = getattr(render_numpy, name)(p)
    assert value.dtype == np.float32
    assert np.abs(value.astype(np.float64) - TRUE[name](p.astype(np.float64))).max() < 1e-6


@pytest.mark.parametrize("name", list(TRUE))
def test_beyond_that_it_stays_a_number_in_range(name):
    p = np.concatenate([10.0 ** np.linspace(4.2, 38, 1000), -(10.0 ** np.linspace(4.2, 38, 1000))])
    with np.errstate(over="ignore"):
        value = getattr(render_numpy, name)(p.astype(np.float32))
    assert np.isfinite(value).all()
    assert np.abs(value).max() <= 1.0 + 1e-6


@pytest.mark.parametrize("name", ["sigmoid", "gaussian"])
def test_no_denormal_arises(name):
    value = np.abs(getattr(render_numpy, name)(potentials()))
    assert ((value == 0) | (value >= np.finfo(np.float32).tiny)).all()


def test_a_node_without_edges_is_black_unless_it_is_a_gaussian():
    nothing = np.zeros(1, np.float32)
    assert [float(getattr(render_numpy, name)(nothing)[0]) for name in TRUE] == [0.0, 0.0, 1.0, 0.0]
