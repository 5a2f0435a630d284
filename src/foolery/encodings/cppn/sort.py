"""Topological order: how a mutated network is put back into the form in which it is stored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.cppn.genome import INPUTS
from foolery.kernels import kernel


@kernel
def topological_numbers(
    sources: NDArray[np.int32], targets: NDArray[np.int32], count: int, outputs: int
) -> NDArray[np.int32]:
    """``(inputs + count,)``: the stored number of every node.

    Nodes come numbered inputs, outputs, hidden. Hidden nodes are numbered in the order in which their
    sources are complete, ties by their old number; the outputs keep their order and go last.
    """
    total, hidden = INPUTS + count, count - outputs
    waiting = np.zeros(total, np.int32)
    for edge in range(sources.size):
        if sources[edge] >= INPUTS:
            waiting[targets[edge]] += 1
    numbers = np.empty(total, np.int32)
    for node in range(INPUTS):
        numbers[node] = node
    for output in range(outputs):
        numbers[INPUTS + output] = INPUTS + hidden + output
    queue = np.empty(max(hidden, 1), np.int32)
    ready, done = 0, 0
    for node in range(INPUTS + outputs, total):
        if waiting[node] == 0:
            queue[ready] = node
            ready += 1
    while done < ready:
        node = queue[done]
        numbers[node] = INPUTS + done
        done += 1
        for edge in range(sources.size):
            if sources[edge] == node:
                target = targets[edge]
                waiting[target] -= 1
                if waiting[target] == 0 and target >= INPUTS + outputs:
                    queue[ready] = target
                    ready += 1
    return numbers


@kernel
def sorted_network(
    kinds: NDArray[np.uint8],
    sources: NDArray[np.int32],
    targets: NDArray[np.int32],
    weights: NDArray[np.float32],
    outputs: int,
    new_kinds: NDArray[np.uint8],
    new_sources: NDArray[np.int32],
    new_targets: NDArray[np.int32],
    new_weights: NDArray[np.float32],
) -> None:
    """Write one network (inputs, outputs, hidden; edges in any order) in stored form.

    Edges are sorted by target; edges of one target keep their order.
    """
    count, links = kinds.size, sources.size
    numbers = topological_numbers(sources, targets, count, outputs)
    for node in range(count):
        new_kinds[numbers[INPUTS + node] - INPUTS] = kinds[node]
    places = np.zeros(INPUTS + count + 1, np.int64)
    for edge in range(links):
        places[numbers[targets[edge]] + 1] += 1
    for node in range(INPUTS + count):
        places[node + 1] += places[node]
    for edge in range(links):
        target = numbers[targets[edge]]
        at = places[target]
        places[target] += 1
        new_sources[at] = numbers[sources[edge]]
        new_targets[at] = target
        new_weights[at] = weights[edge]
