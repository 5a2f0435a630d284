"""Breeding of CPPNs: the first random networks, and the mutated children of a whole batch of parents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.draws import Purpose, Stream, philox
from foolery.encodings.cppn.genome import INPUTS, CppnGenomes
from foolery.encodings.cppn.mutate import fresh_weight, mutate_genes, mutate_structure
from foolery.encodings.cppn.sort import sorted_network
from foolery.kernels import kernel
from foolery.lanes import share

_INITIAL, _3 = np.uint64(Purpose.INITIAL), np.uint64(3)


@kernel
def _vary_rows(
    start: int,
    stop: int,
    nodes: NDArray[np.int64],
    activations: NDArray[np.uint8],
    edges: NDArray[np.int64],
    sources: NDArray[np.int32],
    targets: NDArray[np.int32],
    weights: NDArray[np.float32],
    outputs: int,
    seeds: NDArray[np.uint64],
    children: NDArray[np.uint64],
    generation: np.uint64,
    new_activations: NDArray[np.uint8],
    new_sources: NDArray[np.int32],
    new_targets: NDArray[np.int32],
    new_weights: NDArray[np.float32],
    sizes: NDArray[np.int64],
) -> None:
    """Children of rows ``start`` to ``stop``, each in room for one more node and two more edges."""
    for i in range(start, stop):
        count, links = nodes[i + 1] - nodes[i], edges[i + 1] - edges[i]
        kinds = np.empty(count + 1, np.uint8)
        origin, goal = np.empty(links + 2, np.int32), np.empty(links + 2, np.int32)
        gain = np.empty(links + 2, np.float32)
        for node in range(count):
            kinds[(node + outputs) % count] = activations[nodes[i] + node]
        for edge in range(links):
            at = edges[i] + edge
            source, target = sources[at], targets[at]
            origin[edge] = source + outputs * (source >= INPUTS)
            goal[edge] = INPUTS + (target - INPUTS + outputs) % count
            gain[edge] = weights[at]
        child, seed = children[i], seeds[i]
        mutate_genes(kinds, gain, count, links, child, generation, seed)
        count, links = mutate_structure(
            kinds, origin, goal, gain, count, links, outputs, child, generation, seed
        )
        first, left = nodes[i] + i, edges[i] + 2 * i
        sorted_network(
            kinds[:count],
            origin[:links],
            goal[:links],
            gain[:links],
            outputs,
            new_activations[first : first + count],
            new_sources[left : left + links],
            new_targets[left : left + links],
            new_weights[left : left + links],
        )
        sizes[i, 0], sizes[i, 1] = count, links


def vary(parents: CppnGenomes, outputs: int, stream: Stream) -> CppnGenomes:
    """One mutated clone of every parent, drawn from ``stream``."""
    count = len(parents)
    room = CppnGenomes(
        parents.nodes + np.arange(count + 1),
        np.empty(parents.nodes[-1] + count, np.uint8),
        parents.edges + 2 * np.arange(count + 1),
        np.empty(parents.edges[-1] + 2 * count, np.int32),
        np.empty(parents.edges[-1] + 2 * count, np.int32),
        np.empty(parents.edges[-1] + 2 * count, np.float32),
    )
    sizes = np.empty((count, 2), np.int64)

    def work(start: int, stop: int) -> None:
        _vary_rows(
            start,
            stop,
            parents.nodes,
            parents.activations,
            parents.edges,
            parents.sources,
            parents.targets,
            parents.weights,
            outputs,
            stream.seeds,
            stream.children,
            np.uint64(stream.generation),
            room.activations,
            room.sources,
            room.targets,
            room.weights,
            sizes,
        )

    share(work, count, grain=64)
    return _without_gaps(room, sizes)


def _without_gaps(room: CppnGenomes, sizes: NDArray[np.int64]) -> CppnGenomes:
    nodes, at_nodes = _filled(room.nodes, sizes[:, 0])
    edges, at_edges = _filled(room.edges, sizes[:, 1])
    return CppnGenomes(
        nodes,
        room.activations[at_nodes],
        edges,
        room.sources[at_edges],
        room.targets[at_edges],
        room.weights[at_edges],
    )


def _filled(
    offsets: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    packed = np.zeros(len(offsets), np.int64)
    np.cumsum(lengths, out=packed[1:])
    return packed, np.repeat(offsets[:-1] - packed[:-1], lengths) + np.arange(packed[-1])


@kernel
def _fresh_rows(
    weights: NDArray[np.float32],
    activations: NDArray[np.uint8],
    seeds: NDArray[np.uint64],
    children: NDArray[np.uint64],
    generation: np.uint64,
) -> None:
    links, outputs = weights.shape[1], activations.shape[1]
    for i in range(seeds.size):
        for edge in range(links):
            word, _, _, _ = philox(np.uint64(edge), children[i], generation, _INITIAL, seeds[i])
            weights[i, edge] = fresh_weight(word)
        for node in range(outputs):
            _, word, _, _ = philox(np.uint64(node), children[i], generation, _INITIAL, seeds[i])
            activations[i, node] = np.uint8(word & _3)


def initial(outputs: int, stream: Stream) -> CppnGenomes:
    """Networks in which every input feeds every output and nothing is hidden (``init = ff``)."""
    count, links = len(stream), INPUTS * outputs
    weights = np.empty((count, links), np.float32)
    activations = np.empty((count, outputs), np.uint8)
    _fresh_rows(weights, activations, stream.seeds, stream.children, np.uint64(stream.generation))
    return CppnGenomes(
        np.arange(count + 1, dtype=np.int64) * outputs,
        activations.reshape(-1),
        np.arange(count + 1, dtype=np.int64) * links,
        np.tile(np.tile(np.arange(INPUTS, dtype=np.int32), outputs), count),
        np.tile(np.repeat(np.arange(INPUTS, INPUTS + outputs, dtype=np.int32), INPUTS), count),
        weights.reshape(-1),
    )
