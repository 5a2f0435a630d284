"""CPPN genomes as bytes: little-endian, no pickle, and every invariant checked on the way back.

Layout of one genome: format (u8), number of outputs (u8), number of stored nodes (u32), number of
edges (u32), activations (u8 each), sources (i32 each), targets (i32 each), weights (f32 each).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.cppn.genome import ACTIVATIONS, HEAVIEST, INPUTS, CppnGenomes
from foolery.errors import UsageError

FORMAT = 1
MOST_PARTS = 1_000_000
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
    form, drawn, nodes, edges = _HEADER.unpack_from(blob)
    if form != FORMAT:
        return f"format {form}, expected {FORMAT}"
    if drawn != outputs:
        return f"{drawn} outputs, expected {outputs}"
    if not outputs <= nodes <= MOST_PARTS or edges > MOST_PARTS:
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
    wrong = {
        "an unknown activation": activations >= len(ACTIVATIONS),
        "an edge from no node, or from an output": (sources < 0) | (sources >= total - outputs),
        "an edge to no node, or to an input": (targets < INPUTS) | (targets >= total),
        "an edge against the topological order": sources >= targets,
        "edges that are not sorted by target": np.diff(targets) < 0,
        "a weight outside [-10, 10]": ~(np.abs(weights) <= HEAVIEST),
    }
    return next((what for what, where in wrong.items() if where.any()), None)
