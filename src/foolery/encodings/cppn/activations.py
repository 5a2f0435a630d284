"""Activations of CPPNs as vector code: the operations of ``render_numpy``, in the same order.

The careful forms are for potentials that may be so small that products of them would be denormal numbers,
which are slow: they put 0 in their place where that changes no bit of the result.
"""

from __future__ import annotations

import numpy as np

from foolery.encodings.cppn.genome import GAUSSIAN, SIGMOID, SINE
from foolery.encodings.cppn.render_numpy import (
    EXP,
    LN2_1,
    LN2_2,
    MAGIC,
    MAX_EXPONENT,
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
from foolery.encodings.cppn.render_numpy import SINE as SINES
from foolery.encodings.cppn.simd import Vectors, node_pass
from foolery.jit import jit

_SMALL = np.float32(2.0**-24)
_SMALLER = np.float32(2.0**-30)


def _clip(x: Vectors, bound: np.float32) -> Vectors:
    return x.maximum(-bound).minimum(bound)


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
    return (r + _cubic(r.zero_where_small(_SMALL))).flipped_when_odd(turned)


def _quarter_turn(x: Vectors) -> tuple[Vectors, Vectors]:
    """The number of half turns in ``x``, in the low bits, and what remains."""
    turned = x * PER_PI + MAGIC
    k = turned - MAGIC
    return turned, _clip(((x - k * PI_1) - k * PI_2) - k * PI_3, QUARTER_TURN)


def _cubic(r: Vectors) -> Vectors:
    square = r * r
    tail = ((square * SINES[3] + SINES[2]) * square + SINES[1]) * square + SINES[0]
    return (r * square) * tail


def _sigmoid(x: Vectors) -> Vectors:
    return (_exponential_of_minus(_clip(x, MAX_EXPONENT)) + ONE).divided_into(TWO) - ONE


def _careful_sigmoid(x: Vectors) -> Vectors:
    return _sigmoid(x.zero_where_small(_SMALLER))


def _gaussian(x: Vectors) -> Vectors:
    return _exponential_of_minus((x * x).minimum(MAX_EXPONENT))


def _careful_gaussian(x: Vectors) -> Vectors:
    return _gaussian(x.zero_where_small(_SMALL))


def _linear(x: Vectors) -> Vectors:
    return _clip(x, THREE) / THREE


_sine_pass, _careful_sine_pass = node_pass(_sine), node_pass(_careful_sine)
_sigmoid_pass, _careful_sigmoid_pass = node_pass(_sigmoid), node_pass(_careful_sigmoid)
_gaussian_pass, _careful_gaussian_pass = node_pass(_gaussian), node_pass(_careful_gaussian)
_linear_pass = node_pass(_linear)

CAREFUL = 4
"""Added to the kind of a node whose potential may be small."""


@jit
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
