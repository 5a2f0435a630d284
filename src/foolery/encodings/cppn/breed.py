"""Breeding of CPPNs: the first random networks, and the mutated children of a whole batch of parents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.draws import Purpose, Stream, philox
from foolery.encodings.cppn.genome import INPUTS, Arrays, CppnGenomes, room
from foolery.encodings.cppn.mutate import fresh_weight, mutate_genes, mutate_structure
from foolery.encodings.cppn.sort import sorted_network
from foolery.kernels import kernel

_INITIAL, _3 = np.uint64(Purpose.INITIAL), np.uint64(3)


@kernel
def _vary_rows(
    parents: Arrays,
    outputs: int,
    seeds: NDArray[np.uint64],
    children: NDArray[np.uint64],
    generation: np.uint64,
    grown: Arrays,
) -> None:
    """One child of every parent; ``grown`` has room for one more node and two more edges for each."""
    nodes, activations, edges, sources, targets, weights = parents
    new_nodes, new_activations, new_edges, new_sources, new_targets, new_weights = grown
    most_nodes, most_links = 0, 0
    for i in range(nodes.size - 1):
        most_nodes = max(most_nodes, nodes[i + 1] - nodes[i])
        most_links = max(most_links, edges[i + 1] - edges[i])
    kinds = np.empty(most_nodes + 1, np.uint8)
    origin, goal = np.empty(most_links + 2, np.int32), np.empty(most_links + 2, np.int32)
    gain = np.empty(most_links + 2, np.float32)
    most = max(most_nodes, most_links)
    hits, words = np.empty(most, np.uint64), np.empty(most, np.uint64)
    new_nodes[0], new_edges[0] = 0, 0
    for i in range(nodes.size - 1):
        count, links = nodes[i + 1] - nodes[i], edges[i + 1] - edges[i]
        for node in range(count):
            kinds[(node + outputs) % count] = activations[nodes[i] + node]
        for edge in range(links):
            at = edges[i] + edge
            source, target = sources[at], targets[at]
            origin[edge] = source + outputs * (source >= INPUTS)
            goal[edge] = INPUTS + (target - INPUTS + outputs) % count
            gain[edge] = weights[at]
        child, seed = children[i], seeds[i]
        mutate_genes(kinds, gain, count, links, child, generation, seed, hits, words)
        count, links = mutate_structure(
            kinds, origin, goal, gain, count, links, outputs, child, generation, seed
        )
        first, left = new_nodes[i], new_edges[i]
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
        new_nodes[i + 1], new_edges[i + 1] = first + count, left + links


def vary(parents: CppnGenomes, outputs: int, stream: Stream) -> CppnGenomes:
    """One mutated clone of every parent, drawn from ``stream``."""
    count = len(parents)
    grown = room(count, len(parents.activations) + count, len(parents.weights) + 2 * count)
    _vary_rows(parents.arrays, outputs, stream.seeds, stream.children, np.uint64(stream.generation), grown)
    nodes, activations, edges, sources, targets, weights = grown
    ends = nodes[-1], edges[-1]
    return CppnGenomes(
        nodes, activations[: ends[0]], edges, sources[: ends[1]], targets[: ends[1]], weights[: ends[1]]
    )


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
