"""CPPN genomes: a batch of small networks of any size, as one struct of arrays (CSR)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

INPUTS = 4
"""x, y, distance from the centre, and the constant 1."""

HEAVIEST = 10.0
"""Weights lie in [-10, 10] (released code, ``Params::parameters``)."""

ACTIVATIONS = ("sine", "sigmoid", "gaussian", "linear")
SINE, SIGMOID, GAUSSIAN, LINEAR = range(4)


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


def take(genomes: CppnGenomes, index: NDArray[np.int64]) -> CppnGenomes:
    """The genomes at ``index`` ``(M,) int64``, repeats allowed."""
    nodes, at_nodes = _gather(genomes.nodes, index)
    edges, at_edges = _gather(genomes.edges, index)
    return CppnGenomes(
        nodes,
        genomes.activations[at_nodes],
        edges,
        genomes.sources[at_edges],
        genomes.targets[at_edges],
        genomes.weights[at_edges],
    )


def put(genomes: CppnGenomes, index: NDArray[np.int64], source: CppnGenomes) -> CppnGenomes:
    """``genomes`` with ``genomes[index[i]] = source[i]``; ``index`` ``(M,) int64`` without repeats."""
    order = np.arange(len(genomes), dtype=np.int64)
    order[index] = len(genomes) + np.arange(len(source), dtype=np.int64)
    return take(_concatenate(genomes, source), order)


def _gather(
    offsets: NDArray[np.int64], index: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    lengths = np.diff(offsets)[index]
    gathered = np.zeros(len(index) + 1, np.int64)
    np.cumsum(lengths, out=gathered[1:])
    positions = np.repeat(offsets[index] - gathered[:-1], lengths) + np.arange(gathered[-1])
    return gathered, positions


def _concatenate(first: CppnGenomes, second: CppnGenomes) -> CppnGenomes:
    return CppnGenomes(
        np.concatenate([first.nodes, first.nodes[-1] + second.nodes[1:]]),
        np.concatenate([first.activations, second.activations]),
        np.concatenate([first.edges, first.edges[-1] + second.edges[1:]]),
        np.concatenate([first.sources, second.sources]),
        np.concatenate([first.targets, second.targets]),
        np.concatenate([first.weights, second.weights]),
    )
