"""The vector code of each activation gives the very numbers of the reference, not only the same levels."""

import numpy as np
import pytest

from foolery.encodings.cppn import render_numpy
from foolery.encodings.cppn.activations import CAREFUL, draw_node
from foolery.encodings.cppn.genome import GAUSSIAN, LINEAR, SIGMOID, SINE
from foolery.encodings.cppn.simd import ROW

KINDS = {
    "sine": (SINE, render_numpy.sine),
    "sigmoid": (SIGMOID, render_numpy.sigmoid),
    "gaussian": (GAUSSIAN, render_numpy.gaussian),
    "linear": (LINEAR, render_numpy.linear),
    "careful sine": (SINE + CAREFUL, render_numpy.sine),
    "careful sigmoid": (SIGMOID + CAREFUL, render_numpy.sigmoid),
    "careful gaussian": (GAUSSIAN + CAREFUL, render_numpy.gaussian),
}


def activated(kind, potentials):
    """Row by row through the kernel: one source of weight 1, and the row is its own source."""
    rows = np.zeros((-(-potentials.size // ROW), ROW), np.float32)
    rows.reshape(-1)[: potentials.size] = potentials
    one, place = np.ones(1, np.float32), np.empty(1, np.int64)
    for row in rows:
        place[0] = row.ctypes.data
        draw_node(kind, row.ctypes.data, ROW, place.ctypes.data, one.ctypes.data, 1)
    return rows.reshape(-1)[: potentials.size]


@pytest.mark.parametrize("name", list(KINDS))
def test_every_size_of_potential(name):
    kind, expected = KINDS[name]
    sizes = np.arange(0, 0x7F000000, 4099, np.uint32).view(np.float32)
    potentials = np.concatenate([sizes, -sizes])
    with np.errstate(all="ignore"):
        assert np.array_equal(activated(kind, potentials), expected(potentials))
