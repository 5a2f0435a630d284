"""CPPN genomes: a batch of small networks of any size, as one struct of arrays (CSR)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.jit import brief

INPUTS = 4
"""x, y, distance from the centre, and the constant 1."""

HEAVIEST = 10.0
"""Weights lie in [-10, 10] (released code, ``Params::parameters``)."""

ACTIVATIONS = ("sine", "sigmoid", "gaussian", "linear")
SINE, SIGMOID, GAUSSIAN, LINEAR = range(4)


Arrays: TypeAlias = tuple[
    NDArray[np.int64],
    NDArray[np.uint8],
    NDArray[np.int64],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.float32],
]
"""The six arrays of ``CppnGenomes``, in its order: what kernels take and give."""


@dataclass(frozen=True)
class CppnGenomes:
    """N networks. Genome i owns ``nodes[i]:nodes[i + 1]`` and ``edges[i]:edges[i + 1]`` of the arrays.

    Within a genome a node has a number: 0 to 3 are the inputs, then come the hidden nodes in
    topological order, then the outputs. Edges are sorted by target, and their order within a target is
    the order of summation. Parallel edges are allowed and add.

    Attributes:
        nodes: ``(N + 1,) int64`` offsets; inputs are not stored.
        activations: ``(nodes[-1],) uint8``, index into ``ACTIVATIONS``.
        edges: ``(N + 1,) int64`` offsets.
        sources: ``(edges[-1],) int32`` node numbers; a source is never an output.
        targets: ``(edges[-1],) int32`` node numbers; always greater than the source.
        weights: ``(edges[-1],) float32`` in [-10, 10].
    """

    nodes: NDArray[np.int64]
    activations: NDArray[np.uint8]
    edges: NDArray[np.int64]
    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.nodes) - 1

    @property
    def arrays(self) -> Arrays:
        """All six, in order."""
        return self.nodes, self.activations, self.edges, self.sources, self.targets, self.weights


def room(genomes: int, nodes: int, edges: int) -> Arrays:
    """Arrays for so many genomes, nodes and edges, not yet filled."""
    return (
        np.empty(genomes + 1, np.int64),
        np.empty(nodes, np.uint8),
        np.empty(genomes + 1, np.int64),
        np.empty(edges, np.int32),
        np.empty(edges, np.int32),
        np.empty(edges, np.float32),
    )


def take(genomes: CppnGenomes, index: NDArray[np.int64]) -> CppnGenomes:
    """The genomes at ``index`` ``(M,) int64``, repeats allowed."""
    taken = room(len(index), *extent(genomes, index))
    _copy(genomes.arrays, genomes.arrays, index, taken)
    return CppnGenomes(*taken)


def put(genomes: CppnGenomes, index: NDArray[np.int64], source: CppnGenomes) -> CppnGenomes:
    """``genomes`` with ``genomes[index[i]] = source[i]``; ``index`` ``(M,) int64`` without repeats."""
    rows = np.arange(len(genomes))
    rows[index] = len(genomes) + np.arange(len(source))
    nodes, edges = extent(genomes, index)
    changed = room(
        len(genomes),
        len(genomes.activations) - nodes + len(source.activations),
        len(genomes.weights) - edges + len(source.weights),
    )
    _copy(genomes.arrays, source.arrays, rows, changed)
    return CppnGenomes(*changed)


def join(parts: Sequence[CppnGenomes]) -> CppnGenomes:
    """The genomes of all ``parts``, in order."""
    if len(parts) == 1:
        return parts[0]
    return CppnGenomes(
        _offsets([part.nodes for part in parts]),
        np.concatenate([part.activations for part in parts]),
        _offsets([part.edges for part in parts]),
        np.concatenate([part.sources for part in parts]),
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.weights for part in parts]),
    )


def _offsets(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    lengths = np.concatenate([np.diff(part) for part in parts])
    joined = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=joined[1:])
    return joined


def extent(genomes: CppnGenomes, index: NDArray[np.int64]) -> tuple[int, int]:
    """How many nodes and edges the genomes at ``index`` have together."""
    return _extent(genomes.nodes, genomes.edges, index)


@brief
def _extent(nodes: NDArray[np.int64], edges: NDArray[np.int64], index: NDArray[np.int64]) -> tuple[int, int]:
    all_nodes, all_edges = 0, 0
    for i in index:
        all_nodes += nodes[i + 1] - nodes[i]
        all_edges += edges[i + 1] - edges[i]
    return all_nodes, all_edges


@brief
def _copy(genomes: Arrays, others: Arrays, index: NDArray[np.int64], taken: Arrays) -> None:
    """Write the genomes at ``index`` one behind the other; ``others`` are numbered on after ``genomes``."""
    new_nodes, new_activations, new_edges, new_sources, new_targets, new_weights = taken
    node, edge = 0, 0
    new_nodes[0], new_edges[0] = 0, 0
    for row in range(index.size):
        i, (nodes, activations, edges, sources, targets, weights) = index[row], genomes
        if i >= nodes.size - 1:
            i -= nodes.size - 1
            nodes, activations, edges, sources, targets, weights = others
        for at in range(nodes[i], nodes[i + 1]):
            new_activations[node] = activations[at]
            node += 1
        for at in range(edges[i], edges[i + 1]):
            new_sources[edge] = sources[at]
            new_targets[edge] = targets[at]
            new_weights[edge] = weights[at]
            edge += 1
        new_nodes[row + 1], new_edges[row + 1] = node, edge
