"""Variation of CPPNs: the first random networks, and the mutated children of a whole batch of parents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.cppn.genome import INPUTS, Arrays, CppnGenomes, empty_arrays, total_sizes
from foolery.encodings.cppn.mutation import mutate_genes, mutate_structure, random_weight
from foolery.jit import jit, jit_internal, python_function
from foolery.rng import Purpose, Stream, philox


@jit_internal
def topological_numbers(
    sources: NDArray[np.int64],
    targets: NDArray[np.int64],
    count: int,
    links: int,
    outputs: int,
    waiting: NDArray[np.int64],
    queue: NDArray[np.int64],
    numbers: NDArray[np.int64],
) -> None:
    """Fill ``numbers`` ``(inputs + count,)``: the stored number of every node.

    Nodes come numbered inputs, outputs, hidden. Hidden nodes are numbered in the order in which their
    sources are complete, ties by their old number; the outputs keep their order and go last. ``waiting`` and
    ``queue`` are scratch for as many nodes.
    """
    total, hidden = INPUTS + count, count - outputs
    for node in range(total):
        waiting[node] = 0
        numbers[node] = node if node < INPUTS else node + hidden
    for edge in range(links):
        waiting[targets[edge]] += sources[edge] >= INPUTS
    ready, done = 0, 0
    for node in range(INPUTS + outputs, total):
        if waiting[node] == 0:
            queue[ready] = node
            ready += 1
    while done < ready:
        node = queue[done]
        numbers[node] = INPUTS + done
        done += 1
        for edge in range(links):
            if sources[edge] == node:
                target = targets[edge]
                waiting[target] -= 1
                if waiting[target] == 0 and target >= INPUTS + outputs:
                    queue[ready] = target
                    ready += 1


@jit_internal
def write_sorted(
    kinds: NDArray[np.int64],
    sources: NDArray[np.int64],
    targets: NDArray[np.int64],
    weights: NDArray[np.float32],
    count: int,
    links: int,
    numbers: NDArray[np.int64],
    places: NDArray[np.int64],
    first: int,
    new_kinds: NDArray[np.uint8],
    left: int,
    new_sources: NDArray[np.int32],
    new_targets: NDArray[np.int32],
    new_weights: NDArray[np.float32],
) -> None:
    """Write one network (inputs, outputs, hidden; edges in any order) in stored form.

    Nodes are written from ``first`` on, edges from ``left`` on. Edges are sorted by target; edges of one
    target keep their order. ``places`` is scratch for all nodes and one more.
    """
    for node in range(count):
        new_kinds[first + numbers[INPUTS + node] - INPUTS] = kinds[node]
    for node in range(INPUTS + count + 1):
        places[node] = 0
    for edge in range(links):
        places[numbers[targets[edge]] + 1] += 1
    for node in range(INPUTS + count):
        places[node + 1] += places[node]
    for edge in range(links):
        target = numbers[targets[edge]]
        at = left + places[target]
        places[target] += 1
        new_sources[at] = numbers[sources[edge]]
        new_targets[at] = target
        new_weights[at] = weights[edge]


_INITIAL, _3 = np.uint64(Purpose.INITIAL), np.uint64(3)


@jit
def _vary_rows(
    pool: Arrays,
    parent_rows: NDArray[np.int64],
    outputs: int,
    seeds: NDArray[np.uint64],
    children: NDArray[np.uint64],
    generation: np.uint64,
    arrays: Arrays,
) -> None:
    """One child of every parent picked; ``arrays`` has room for one more node and two more edges for each."""
    nodes, activations, edges, sources, targets, weights = pool
    new_nodes, new_activations, new_edges, new_sources, new_targets, new_weights = arrays
    max_nodes, max_links = 0, 0
    for i in parent_rows:
        max_nodes = max(max_nodes, nodes[i + 1] - nodes[i])
        max_links = max(max_links, edges[i + 1] - edges[i])
    room, links = INPUTS + max_nodes + 2, max_links + 2
    kinds, waiting, queue = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    numbers, origin, goal = np.empty(room, np.int64), np.empty(links, np.int64), np.empty(links, np.int64)
    gain = np.empty(links, np.float32)
    hits, words = np.empty(room + links, np.uint64), np.empty(room + links, np.uint64)
    new_nodes[0], new_edges[0] = 0, 0
    for row in range(parent_rows.size):
        i = parent_rows[row]
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
    return offspring(parents, np.arange(len(parents)), outputs, stream)


def offspring(pool: CppnGenomes, parent_rows: NDArray[np.int64], outputs: int, stream: Stream) -> CppnGenomes:
    """One mutated clone of the genome at each of the rows ``parent_rows``, drawn from ``stream``."""
    count, (stored, links) = len(parent_rows), total_sizes(pool, parent_rows)
    arrays = empty_arrays(count, stored + count, links + 2 * count)
    generation = np.uint64(stream.generation)
    _vary_rows(pool.arrays, parent_rows, outputs, stream.seeds, stream.children, generation, arrays)
    nodes, activations, edges, sources, targets, weights = arrays
    ends = nodes[-1], edges[-1]
    return CppnGenomes(
        nodes, activations[: ends[0]], edges, sources[: ends[1]], targets[: ends[1]], weights[: ends[1]]
    )


def initial(outputs: int, stream: Stream) -> CppnGenomes:
    """Networks in which every input feeds every output and nothing is hidden (``init = ff``)."""
    count, links = len(stream), INPUTS * outputs
    words, kinds, _, _ = python_function(philox)(
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
        python_function(random_weight)(words[:, :links]).reshape(-1),
    )
