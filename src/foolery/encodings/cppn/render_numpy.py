"""The renderer in plain numpy: slow, obvious, and what every other form must equal byte for byte.

Every line is one IEEE float32 operation on whole planes, in a fixed order. Activations are those of the
released code (``af_cppn.hpp``): sin(p), 2 / (1 + e^-p) - 1, e^(-p^2), clip(p, -3, 3) / 3; each is within
1e-6 of the true function for |p| <= 2^14.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.cppn.genome import INPUTS, CppnGenomes

MAGIC = np.float32(12582912.0)
"""1.5 * 2^23: adding it rounds to a whole number, which then stands in the low bits."""

PER_PI = np.float32(0.318309886183790672)
PI_1 = np.float32(3.140625)
PI_2 = np.float32(float.fromhex("0x1.fb4p-11"))
PI_3 = np.float32(float.fromhex("0x1.4442d2p-23"))
QUARTER_TURN = np.float32(1.6)
"""Slightly more than pi / 2: potentials beyond 2^14, where the reduction loses its meaning, end here."""
SINE = (
    np.float32(-0.16666657),
    np.float32(0.008333015),
    np.float32(-0.00019806468),
    np.float32(2.599726e-06),
)
"""Coefficients of r^3, r^5, r^7 and r^9."""

PER_LN2 = np.float32(1.44269504088896341)
LN2_1 = np.float32(float.fromhex("0x1.62e4p-1"))
LN2_2 = np.float32(float.fromhex("0x1.7f7d1cp-20"))
EXP = (np.float32(0.49999136), np.float32(0.16666463), np.float32(0.04189973), np.float32(0.0083741))
"""Coefficients of r^2, r^3, r^4 and r^5; those of 1 and r are 1."""
MAX_EXPONENT = np.float32(64.0)
"""Exponents are held to [-64, 64]: e^-64 is 1.6e-28, so no denormal number arises."""

ONE, TWO, THREE = np.float32(1.0), np.float32(2.0), np.float32(3.0)
MAX_LEVEL = np.float32(255.0)


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
    return TWO / (ONE + exponential(np.minimum(np.maximum(-p, -MAX_EXPONENT), MAX_EXPONENT))) - ONE


def gaussian(p: Plane) -> Plane:
    """e^(-p^2), float32, in (0, 1]."""
    return exponential(-np.minimum(p * p, MAX_EXPONENT))


def linear(p: Plane) -> Plane:
    """clip(p, -3, 3) / 3, float32."""
    clipped: Plane = np.minimum(np.maximum(p, -THREE), THREE)
    return clipped / THREE


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
            level = np.minimum(np.abs(values[INPUTS + count - outputs + output]), ONE) * MAX_LEVEL
            levels[i, output] = level.astype(np.uint8)
    return levels


Index = NDArray[np.int64]


@dataclass(frozen=True)
class NodeScheduleStep:
    """Nodes that can be worked on at once, and their links.

    Attributes:
        nodes: ``(n,)`` places of the nodes in the batch.
        links: one array for each k, ``(counts[k],)``: the k-th link of each of the first nodes.
    """

    nodes: Index
    links: tuple[Index, ...]


@dataclass(frozen=True)
class NodeSchedule:
    """Where everything of a batch stands: node t of the batch is row ``INPUTS + t`` of the values.

    Attributes:
        sources, targets: ``(E,)`` rows of the values, for every edge.
        forward: steps from the inputs to the outputs; their links are the edges that end in a node.
        backward: steps from the outputs to the inputs; their links are the edges that start in a node.
    """

    sources: Index
    targets: Index
    forward: tuple[NodeScheduleStep, ...]
    backward: tuple[NodeScheduleStep, ...]


def schedule(genomes: CppnGenomes) -> NodeSchedule:
    """The layout of a batch."""
    first = np.repeat(genomes.nodes[:-1], np.diff(genomes.edges))
    sources = genomes.sources.astype(np.int64) + np.where(genomes.sources < INPUTS, 0, first)
    targets = genomes.targets.astype(np.int64) + first
    total = int(genomes.nodes[-1])
    depth = _depths(sources, targets, total)
    inner = np.flatnonzero(sources >= INPUTS)
    return NodeSchedule(
        sources,
        targets,
        _steps(targets - INPUTS, np.arange(len(targets)), depth[INPUTS:]),
        _steps(sources[inner] - INPUTS, inner, depth[INPUTS:])[::-1],
    )


def _depths(sources: Index, targets: Index, total: int) -> Index:
    """``(INPUTS + total,)``: edges on the longest way from an input; 1 for a node without edges."""
    depth = np.ones(INPUTS + total, np.int64)
    depth[:INPUTS] = 0
    deeper = True
    while deeper:
        minimum = depth[sources] + 1
        deeper = bool((minimum > depth[targets]).any())
        np.maximum.at(depth, targets, minimum)
    return depth


def _steps(ends: Index, edges: Index, depth: Index) -> tuple[NodeScheduleStep, ...]:
    """One step for each depth; ``ends`` is the node at which each of ``edges`` is a link."""
    order = np.argsort(ends, kind="stable")
    ends, edges = ends[order], edges[order]
    degrees = np.bincount(ends, minlength=len(depth))
    first = np.cumsum(degrees) - degrees
    nodes = np.lexsort((-degrees, depth))
    bounds = np.flatnonzero(np.diff(depth[nodes], prepend=-1, append=-1))
    steps = []
    for start, stop in pairwise(bounds.tolist()):
        within = nodes[start:stop]
        max_degree = int(degrees[within[0]])
        counts = [int((degrees[within] > k).sum()) for k in range(max_degree)]
        links = tuple(edges[first[within[:count]] + k] for k, count in enumerate(counts))
        steps.append(NodeScheduleStep(within, links))
    return tuple(steps)
