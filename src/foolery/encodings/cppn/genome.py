"""CPPN genomes: a batch of small networks of any size, as one struct of arrays (CSR)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.errors import UsageError
from foolery.jit import jit_with_gil

INPUTS = 4
"""x, y, distance from the centre, and the constant 1."""

MAX_WEIGHT = 10.0
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


def empty_arrays(genomes: int, nodes: int, edges: int) -> Arrays:
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
    arrays = empty_arrays(len(index), *total_sizes(genomes, index))
    _copy(genomes.arrays, genomes.arrays, index, arrays)
    return CppnGenomes(*arrays)


def put(genomes: CppnGenomes, index: NDArray[np.int64], source: CppnGenomes) -> CppnGenomes:
    """``genomes`` with ``genomes[index[i]] = source[i]``; ``index`` ``(M,) int64`` without repeats."""
    rows = np.arange(len(genomes))
    rows[index] = len(genomes) + np.arange(len(source))
    nodes, edges = total_sizes(genomes, index)
    arrays = empty_arrays(
        len(genomes),
        len(genomes.activations) - nodes + len(source.activations),
        len(genomes.weights) - edges + len(source.weights),
    )
    _copy(genomes.arrays, source.arrays, rows, arrays)
    return CppnGenomes(*arrays)


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


def total_sizes(genomes: CppnGenomes, index: NDArray[np.int64]) -> tuple[int, int]:
    """How many nodes and edges the genomes at ``index`` have together."""
    return _total_sizes(genomes.nodes, genomes.edges, index)


@jit_with_gil
def _total_sizes(
    nodes: NDArray[np.int64], edges: NDArray[np.int64], index: NDArray[np.int64]
) -> tuple[int, int]:
    all_nodes, all_edges = 0, 0
    for i in index:
        all_nodes += nodes[i + 1] - nodes[i]
        all_edges += edges[i + 1] - edges[i]
    return all_nodes, all_edges


@jit_with_gil
def _copy(genomes: Arrays, others: Arrays, index: NDArray[np.int64], arrays: Arrays) -> None:
    """Write the genomes at ``index`` one behind the other; ``others`` are numbered on after ``genomes``."""
    new_nodes, new_activations, new_edges, new_sources, new_targets, new_weights = arrays
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


FORMAT = 1
MAX_PARTS = 1_000_000
_HEADER = struct.Struct("<BBII")


def pack(genomes: CppnGenomes, outputs: int) -> list[bytes]:
    """One byte string per genome."""
    blobs = []
    for i in range(len(genomes)):
        nodes = slice(genomes.nodes[i], genomes.nodes[i + 1])
        edges = slice(genomes.edges[i], genomes.edges[i + 1])
        blobs.append(
            _HEADER.pack(FORMAT, outputs, nodes.stop - nodes.start, edges.stop - edges.start)
            + genomes.activations[nodes].tobytes()
            + genomes.sources[edges].astype("<i4").tobytes()
            + genomes.targets[edges].astype("<i4").tobytes()
            + genomes.weights[edges].astype("<f4").tobytes()
        )
    return blobs


def unpack(blobs: Sequence[bytes], outputs: int) -> CppnGenomes:
    """The inverse of ``pack``; raises UsageError for anything that ``pack`` cannot have written."""
    parts = [_parts(blob, outputs, number) for number, blob in enumerate(blobs)]
    return CppnGenomes(
        np.cumsum([0, *(len(part[0]) for part in parts)], dtype=np.int64),
        np.concatenate([np.empty(0, np.uint8), *(part[0] for part in parts)]),
        np.cumsum([0, *(len(part[1]) for part in parts)], dtype=np.int64),
        np.concatenate([np.empty(0, np.int32), *(part[1] for part in parts)]),
        np.concatenate([np.empty(0, np.int32), *(part[2] for part in parts)]),
        np.concatenate([np.empty(0, np.float32), *(part[3] for part in parts)]),
    )


def node_count(blob: bytes) -> int:
    """How many nodes a packed genome says that it has, inputs left out; 0 for what is no genome."""
    return _HEADER.unpack_from(blob)[2] if len(blob) >= _HEADER.size else 0


Parts = tuple[NDArray[np.uint8], NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]


def _parts(blob: bytes, outputs: int, number: int) -> Parts:
    """Activations, sources, targets and weights of one genome, checked."""
    problem = _size_problem(blob, outputs)
    if problem is None:
        _, _, nodes, edges = _HEADER.unpack_from(blob)
        at = _HEADER.size
        parts = (
            np.frombuffer(blob, np.uint8, nodes, at),
            np.frombuffer(blob, "<i4", edges, at + nodes).astype(np.int32),
            np.frombuffer(blob, "<i4", edges, at + nodes + 4 * edges).astype(np.int32),
            np.frombuffer(blob, "<f4", edges, at + nodes + 8 * edges).astype(np.float32),
        )
        problem = _network_problem(*parts, outputs=outputs)
    if problem is not None:
        raise UsageError(f"genome {number}: not a valid CPPN: {problem}; the file is damaged or was altered")
    return parts


def _size_problem(blob: bytes, outputs: int) -> str | None:
    if len(blob) < _HEADER.size:
        return f"{len(blob)} bytes are shorter than its header"
    version, channels, nodes, edges = _HEADER.unpack_from(blob)
    if version != FORMAT:
        return f"format {version}, expected {FORMAT}"
    if channels != outputs:
        return f"{channels} outputs, expected {outputs}"
    if not outputs <= nodes <= MAX_PARTS or edges > MAX_PARTS:
        return f"{nodes} nodes and {edges} edges"
    if len(blob) != _HEADER.size + nodes + 12 * edges:
        return f"{len(blob)} bytes, expected {_HEADER.size + nodes + 12 * edges}"
    return None


def _network_problem(
    activations: NDArray[np.uint8],
    sources: NDArray[np.int32],
    targets: NDArray[np.int32],
    weights: NDArray[np.float32],
    *,
    outputs: int,
) -> str | None:
    total = INPUTS + len(activations)
    problems = {
        "an unknown activation": activations >= len(ACTIVATIONS),
        "an edge from no node, or from an output": (sources < 0) | (sources >= total - outputs),
        "an edge to no node, or to an input": (targets < INPUTS) | (targets >= total),
        "an edge against the topological order": sources >= targets,
        "edges that are not sorted by target": np.diff(targets) < 0,
        "a weight outside [-10, 10]": ~(np.abs(weights) <= MAX_WEIGHT),
    }
    return next((problem for problem, rows in problems.items() if rows.any()), None)
