"""Breeding of CPPNs: the first random networks, and the mutated children of a whole batch of parents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.cppn.genome import INPUTS, Arrays, CppnGenomes, extent, room
from foolery.encodings.cppn.mutation import fresh_weight, mutate_genes, mutate_structure
from foolery.encodings.cppn.sort import topological_numbers, write_sorted
from foolery.jit import in_numpy, kernel
from foolery.rng import Purpose, Stream, philox

_INITIAL, _3 = np.uint64(Purpose.INITIAL), np.uint64(3)


@kernel
def _vary_rows(
    pool: Arrays,
    picked: NDArray[np.int64],
    outputs: int,
    seeds: NDArray[np.uint64],
    children: NDArray[np.uint64],
    generation: np.uint64,
    grown: Arrays,
) -> None:
    """One child of every parent picked; ``grown`` has room for one more node and two more edges for each."""
    nodes, activations, edges, sources, targets, weights = pool
    new_nodes, new_activations, new_edges, new_sources, new_targets, new_weights = grown
    most_nodes, most_links = 0, 0
    for i in picked:
        most_nodes = max(most_nodes, nodes[i + 1] - nodes[i])
        most_links = max(most_links, edges[i + 1] - edges[i])
    room, links = INPUTS + most_nodes + 2, most_links + 2
    kinds, waiting, queue = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    numbers, origin, goal = np.empty(room, np.int64), np.empty(links, np.int64), np.empty(links, np.int64)
    gain = np.empty(links, np.float32)
    hits, words = np.empty(room + links, np.uint64), np.empty(room + links, np.uint64)
    new_nodes[0], new_edges[0] = 0, 0
    for row in range(picked.size):
        i = picked[row]
        count, links = nodes[i + 1] - nodes[i], edges[i + 1] - edges[i]
        for node in range(count):
            kinds[node + outputs if node < count - outputs else node + outputs - count] = activations[
                nodes[i] + node
            ]
        for edge in range(links):
            at = edges[i] + edge
            source, target = sources[at], targets[at] + outputs
            origin[edge] = source + outputs * (source >= INPUTS)
            goal[edge] = target if target < INPUTS + count else target - count
            gain[edge] = weights[at]
        child, seed = children[row], seeds[row]
        mutate_genes(kinds, gain, count, links, child, generation, seed, hits, words)
        count, links = mutate_structure(
            kinds, origin, goal, gain, count, links, outputs, child, generation, seed, waiting
        )
        first, left = new_nodes[row], new_edges[row]
        topological_numbers(origin, goal, count, links, outputs, waiting, queue, numbers)
        write_sorted(
            kinds,
            origin,
            goal,
            gain,
            count,
            links,
            numbers,
            waiting,
            first,
            new_activations,
            left,
            new_sources,
            new_targets,
            new_weights,
        )
        new_nodes[row + 1], new_edges[row + 1] = first + count, left + links


def vary(parents: CppnGenomes, outputs: int, stream: Stream) -> CppnGenomes:
    """One mutated clone of every parent, drawn from ``stream``."""
    return breed(parents, np.arange(len(parents)), outputs, stream)


def breed(pool: CppnGenomes, picked: NDArray[np.int64], outputs: int, stream: Stream) -> CppnGenomes:
    """One mutated clone of the genome at each of the rows ``picked``, drawn from ``stream``."""
    count, (stored, links) = len(picked), extent(pool, picked)
    grown = room(count, stored + count, links + 2 * count)
    generation = np.uint64(stream.generation)
    _vary_rows(pool.arrays, picked, outputs, stream.seeds, stream.children, generation, grown)
    nodes, activations, edges, sources, targets, weights = grown
    ends = nodes[-1], edges[-1]
    return CppnGenomes(
        nodes, activations[: ends[0]], edges, sources[: ends[1]], targets[: ends[1]], weights[: ends[1]]
    )


def initial(outputs: int, stream: Stream) -> CppnGenomes:
    """Networks in which every input feeds every output and nothing is hidden (``init = ff``)."""
    count, links = len(stream), INPUTS * outputs
    words, kinds, _, _ = in_numpy(philox)(
        np.arange(max(links, outputs), dtype=np.uint64),
        stream.children[:, None],
        np.uint64(stream.generation),
        _INITIAL,
        stream.seeds[:, None],
    )
    return CppnGenomes(
        np.arange(count + 1, dtype=np.int64) * outputs,
        (kinds[:, :outputs] & _3).astype(np.uint8).reshape(-1),
        np.arange(count + 1, dtype=np.int64) * links,
        np.tile(np.tile(np.arange(INPUTS, dtype=np.int32), outputs), count),
        np.tile(np.repeat(np.arange(INPUTS, INPUTS + outputs, dtype=np.int32), INPUTS), count),
        in_numpy(fresh_weight)(words[:, :links]).reshape(-1),
    )
