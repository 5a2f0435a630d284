"""Topological order: how a mutated network is put back into the form in which it is stored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.cppn.genome import INPUTS
from foolery.jit import part


@part
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


@part
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
