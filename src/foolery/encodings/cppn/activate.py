"""The four activations as vector code: the operations of ``reference``, in its order.

Where a quantity stands here with the opposite sign, every result only has its sign changed, so no rounding
differs. A first addition to zero is left out: it could only change the sign of a zero, and no later
operation tells the two zeros apart.

A product under 1e-38 takes the processor a hundred times longer than any other. Such products come of faint
potentials, and those of chains that begin with a gaussian, down to e^-64 over large parts of a picture. Nodes
in such chains are drawn with care: where the potential is under 2^-24 its square is taken as 0, which
never changes the value, because the square is then lost in rounding.
"""

from __future__ import annotations

import numpy as np

from foolery.encodings.cppn.constants import (
    EXP,
    FLATTEST,
    LN2_1,
    LN2_2,
    MAGIC,
    ONE,
    PER_LN2,
    PER_PI,
    PI_1,
    PI_2,
    PI_3,
    QUARTER_TURN,
    THREE,
    TWO,
)
from foolery.encodings.cppn.constants import SINE as SINES
from foolery.encodings.cppn.genome import GAUSSIAN, SIGMOID, SINE
from foolery.encodings.cppn.simd import Vectors, node_pass
from foolery.jit import kernel

_FAINT = np.float32(2.0**-24)
_FAINTER = np.float32(2.0**-30)


def _held(x: Vectors, bound: np.float32) -> Vectors:
    return x.at_least(-bound).at_most(bound)


def _exponential_of_minus(x: Vectors) -> Vectors:
    """e^-x; ``r`` is the remainder with its sign changed."""
    scaled = x * -PER_LN2 + MAGIC
    k = scaled - MAGIC
    r = (x + k * LN2_1) + k * LN2_2
    tail = r * -EXP[3] + EXP[2]
    tail = (tail * r).subtracted_from(EXP[1])
    tail = (tail * r).subtracted_from(EXP[0])
    return ((r * r) * tail + r.subtracted_from(ONE)).scaled_by_power(scaled)


def _sine(x: Vectors) -> Vectors:
    turned, r = _quarter_turn(x)
    return (r + _cubic(r)).flipped_when_odd(turned)


def _careful_sine(x: Vectors) -> Vectors:
    turned, r = _quarter_turn(x)
    return (r + _cubic(r.zero_where_faint(_FAINT))).flipped_when_odd(turned)


def _quarter_turn(x: Vectors) -> tuple[Vectors, Vectors]:
    """The number of half turns in ``x``, in the low bits, and what remains."""
    turned = x * PER_PI + MAGIC
    k = turned - MAGIC
    return turned, _held(((x - k * PI_1) - k * PI_2) - k * PI_3, QUARTER_TURN)


def _cubic(r: Vectors) -> Vectors:
    square = r * r
    tail = ((square * SINES[3] + SINES[2]) * square + SINES[1]) * square + SINES[0]
    return (r * square) * tail


def _sigmoid(x: Vectors) -> Vectors:
    return (_exponential_of_minus(_held(x, FLATTEST)) + ONE).under(TWO) - ONE


def _careful_sigmoid(x: Vectors) -> Vectors:
    return _sigmoid(x.zero_where_faint(_FAINTER))


def _gaussian(x: Vectors) -> Vectors:
    return _exponential_of_minus((x * x).at_most(FLATTEST))


def _careful_gaussian(x: Vectors) -> Vectors:
    return _gaussian(x.zero_where_faint(_FAINT))


def _linear(x: Vectors) -> Vectors:
    return _held(x, THREE) / THREE


_sine_pass, _careful_sine_pass = node_pass(_sine), node_pass(_careful_sine)
_sigmoid_pass, _careful_sigmoid_pass = node_pass(_sigmoid), node_pass(_careful_sigmoid)
_gaussian_pass, _careful_gaussian_pass = node_pass(_gaussian), node_pass(_careful_gaussian)
_linear_pass = node_pass(_linear)

CAREFUL = 4
"""Added to the kind of a node whose potential may be faint."""


@kernel
def draw_node(kind: int, row: int, width: int, places: int, weights: int, links: int) -> None:
    """Sum the weighted sources of one node and activate; see ``node_pass`` for the addresses."""
    if kind == SINE:
        _sine_pass(row, width, places, weights, links)
    elif kind == SIGMOID:
        _sigmoid_pass(row, width, places, weights, links)
    elif kind == GAUSSIAN:
        _gaussian_pass(row, width, places, weights, links)
    elif kind == SINE + CAREFUL:
        _careful_sine_pass(row, width, places, weights, links)
    elif kind == SIGMOID + CAREFUL:
        _careful_sigmoid_pass(row, width, places, weights, links)
    elif kind == GAUSSIAN + CAREFUL:
        _careful_gaussian_pass(row, width, places, weights, links)
    else:
        _linear_pass(row, width, places, weights, links)
