"""The renderer in plain numpy: slow, obvious, and what every other form must equal byte for byte.

Every line is one IEEE float32 operation on whole planes, in a fixed order. Activations are those of the
released code (``af_cppn.hpp``): sin(p), 2 / (1 + e^-p) - 1, e^(-p^2), clip(p, -3, 3) / 3; each is within
1e-6 of the true function for |p| <= 2^14.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
    SINE,
    THREE,
    TWO,
    WHITE,
)
from foolery.encodings.cppn.genome import INPUTS, CppnGenomes

Plane = NDArray[np.float32]


def sine(p: Plane) -> Plane:
    """sin(p), float32."""
    turned = p * PER_PI + MAGIC
    k = turned - MAGIC
    r = ((p - k * PI_1) - k * PI_2) - k * PI_3
    r = np.minimum(np.maximum(r, -QUARTER_TURN), QUARTER_TURN)
    square = r * r
    tail = ((SINE[3] * square + SINE[2]) * square + SINE[1]) * square + SINE[0]
    value = r + (r * square) * tail
    odd = turned.view(np.uint32) << np.uint32(31)
    flipped: Plane = (value.view(np.uint32) ^ odd).view(np.float32)
    return flipped


def exponential(x: Plane) -> Plane:
    """e^x for x in [-64, 64], float32."""
    scaled = x * PER_LN2 + MAGIC
    k = scaled - MAGIC
    r = (x - k * LN2_1) - k * LN2_2
    tail = ((EXP[3] * r + EXP[2]) * r + EXP[1]) * r + EXP[0]
    value = (r * r) * tail + (r + ONE)
    power = scaled.view(np.uint32) << np.uint32(23)
    scaled_up: Plane = (value.view(np.uint32) + power).view(np.float32)
    return scaled_up


def sigmoid(p: Plane) -> Plane:
    """2 / (1 + e^-p) - 1, float32, in [-1, 1]."""
    return TWO / (ONE + exponential(np.minimum(np.maximum(-p, -FLATTEST), FLATTEST))) - ONE


def gaussian(p: Plane) -> Plane:
    """e^(-p^2), float32, in (0, 1]."""
    return exponential(-np.minimum(p * p, FLATTEST))


def linear(p: Plane) -> Plane:
    """clip(p, -3, 3) / 3, float32."""
    held: Plane = np.minimum(np.maximum(p, -THREE), THREE)
    return held / THREE


def draw(genomes: CppnGenomes, planes: Plane, outputs: int) -> NDArray[np.uint8]:
    """``(N, outputs, P) uint8`` levels of every genome on the input planes ``(4, P) float32``."""
    activations = (sine, sigmoid, gaussian, linear)
    levels = np.empty((len(genomes), outputs, planes.shape[1]), np.uint8)
    for i in range(len(genomes)):
        first = genomes.nodes[i]
        count = int(genomes.nodes[i + 1] - first)
        potentials = [np.zeros(planes.shape[1], np.float32) for _ in range(count)]
        values = list(planes)
        edge, last = genomes.edges[i], genomes.edges[i + 1]
        for node in range(count):
            while edge < last and genomes.targets[edge] == INPUTS + node:
                potentials[node] = potentials[node] + genomes.weights[edge] * values[genomes.sources[edge]]
                edge += 1
            values.append(activations[genomes.activations[first + node]](potentials[node]))
        for output in range(outputs):
            level = np.minimum(np.abs(values[INPUTS + count - outputs + output]), ONE) * WHITE
            levels[i, output] = level.astype(np.uint8)
    return levels
