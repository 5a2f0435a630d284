"""Tapes: networks as the CUDA renderer reads them, with unneeded nodes left out and rows used again.

A tape is a row of records of two int32: for each node {kind + 4 * links, row of its value}, then for each
of its links {row of the source, bits of the weight}; hidden nodes first, then the outputs, whose rows mean
nothing. Rows 0 to 3 are the inputs. A row is free again once the last node that reads it is done.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.cppn.genome import INPUTS, CppnGenomes
from foolery.jit import jit
from foolery.workers import parallel_for

Words = NDArray[np.int32]


@jit
def _last_readers(sources: Words, targets: Words, count: int, outputs: int) -> Words:
    """``(INPUTS + count,)``: the last needed node that reads each node; -1 for a node that none needs."""
    last = np.full(INPUTS + count, -1, np.int32)
    for edge in range(sources.size - 1, -1, -1):
        target, source = targets[edge], sources[edge]
        if target >= INPUTS + count - outputs or last[target] >= 0:
            last[source] = max(last[source], target)
    return last


@jit
def _write_tape(
    activations: NDArray[np.uint8],
    sources: Words,
    targets: Words,
    weights: Words,
    outputs: int,
    tape: Words,
    head: Words,
) -> None:
    """Write one genome's records to ``tape`` and {hidden nodes, rows} to ``head``."""
    count = activations.size
    last = _last_readers(sources, targets, count, outputs)
    row = np.empty(INPUTS + count, np.int32)
    row[:INPUTS] = np.arange(INPUTS)
    free = np.empty(count, np.int32)
    at, edge, spare, rows, hidden = 0, 0, 0, INPUTS, 0
    for node in range(INPUTS, INPUTS + count):
        output = node >= INPUTS + count - outputs
        needed = output or last[node] >= 0
        start, begin = at, edge
        while edge < sources.size and targets[edge] == node:
            if needed:
                at += 1
                tape[at, 0], tape[at, 1] = row[sources[edge]], weights[edge]
            edge += 1
        if not needed:
            continue
        at += 1
        for link in range(begin, edge):
            source = sources[link]
            if source >= INPUTS and last[source] == node:
                free[spare] = row[source]
                spare += 1
                last[source] = -1  # a parallel link must not free it again
        tape[start, 0], tape[start, 1] = activations[node - INPUTS] + 4 * (edge - begin), 0
        if not output:
            hidden += 1
            if spare > 0:
                spare -= 1
                row[node] = free[spare]
            else:
                row[node] = rows
                rows += 1
            tape[start, 1] = row[node]
    head[0], head[1] = hidden, rows


@jit
def _write_rows(
    start: int,
    stop: int,
    nodes: NDArray[np.int64],
    activations: NDArray[np.uint8],
    edges: NDArray[np.int64],
    sources: Words,
    targets: Words,
    weights: Words,
    outputs: int,
    heads: Words,
    tape: Words,
) -> None:
    for i in range(start, stop):
        first = nodes[i] + edges[i]
        own, links = slice(nodes[i], nodes[i + 1]), slice(edges[i], edges[i + 1])
        heads[i, 0], heads[i, 3] = first, 0
        _write_tape(
            activations[own],
            sources[links],
            targets[links],
            weights[links],
            outputs,
            tape[first : nodes[i + 1] + edges[i + 1]],
            heads[i, 1:3],
        )


def words_needed(genomes: CppnGenomes) -> int:
    """int32 words that ``write`` fills: four for each genome, two for each node and edge."""
    return 4 * len(genomes) + 2 * int(genomes.nodes[-1] + genomes.edges[-1])


def write(genomes: CppnGenomes, outputs: int, words: Words) -> Words:
    """Write the heads, then the tapes, of a batch to ``words``.

    Returns:
        ``(N,)`` the rows that each genome needs.
    """
    count = len(genomes)
    heads, tape = words[: 4 * count].reshape(count, 4), words[4 * count :].reshape(-1, 2)
    weights = genomes.weights.view(np.int32)

    def work(start: int, stop: int) -> None:
        _write_rows(
            start,
            stop,
            genomes.nodes,
            genomes.activations,
            genomes.edges,
            genomes.sources,
            genomes.targets,
            weights,
            outputs,
            heads,
            tape,
        )

    parallel_for(work, count, chunk=64)
    return heads[:, 2]
