"""Mutation of one CPPN: the six steps of the released code, in its order and with its rates.

Source: ``gen_dnn_ff.hpp::mutate`` (paper 2.2). There is no crossover, no speciation, no bridging of a
deleted neuron, and parallel edges are allowed. The unused parameters of the original (a node's second gene,
``m_rate_change_conn``) are left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.cppn.genome import INPUTS, MAX_WEIGHT
from foolery.encodings.variation import step
from foolery.jit import jit, jit_inline, jit_internal
from foolery.rng import Purpose, philox

RATE_WEIGHT = 0.1
RATE_ACTIVATION = 0.1
RATE_ADD_EDGE = 0.5
RATE_DELETE_EDGE = 0.3
RATE_ADD_NEURON = 0.5
RATE_DELETE_NEURON = 0.2

_MUTATE, _ACTIVATION = np.uint64(Purpose.MUTATE), np.uint64(Purpose.ACTIVATION)
_STRUCTURE = np.uint64(Purpose.STRUCTURE)
_ROLLS, _EDGE, _PICKS = np.uint64(0), np.uint64(1), np.uint64(2)
_32, _3 = np.uint64(32), np.uint64(3)
_UNIT = 2.0**-32


@jit_inline
def _bernoulli(word: np.uint64, rate: float) -> bool:
    return bool(np.float64(word) * _UNIT < rate)


@jit_inline
def _uniform_below(word: np.uint64, size: int) -> int:
    return int(np.int64((word * np.uint64(size)) >> _32))


@jit_inline
def random_weight(word: np.uint64) -> np.float32:
    """A fresh weight: gene uniform in [0, 1), weight 20 gene - 10."""
    return np.float32((np.float64(word) + 0.5) * _UNIT * (2.0 * MAX_WEIGHT) - MAX_WEIGHT)


@jit_internal
def _fill_words(
    count: int,
    child: np.uint64,
    generation: np.uint64,
    purpose: np.uint64,
    seed: np.uint64,
    hits: NDArray[np.uint64],
    words: NDArray[np.uint64],
) -> None:
    """The first two words of so many blocks; a loop of nothing else becomes vector code."""
    for index in range(count):
        hits[index], words[index], _, _ = philox(np.uint64(index), child, generation, purpose, seed)


@jit_internal
def mutate_genes(
    kinds: NDArray[np.int64],
    weights: NDArray[np.float32],
    count: int,
    links: int,
    child: np.uint64,
    generation: np.uint64,
    seed: np.uint64,
    hits: NDArray[np.uint64],
    words: NDArray[np.uint64],
) -> None:
    """Steps 1 and 2: every weight and every activation with probability 0.1.

    ``hits`` and ``words`` are scratch, for the random words of as many edges or nodes.
    """
    _fill_words(links, child, generation, _MUTATE, seed, hits, words)
    for edge in range(links):
        if _bernoulli(hits[edge], RATE_WEIGHT):
            moved = np.float64(weights[edge]) + 2.0 * MAX_WEIGHT * step(words[edge])
            weights[edge] = np.float32(min(max(moved, -MAX_WEIGHT), MAX_WEIGHT))
    _fill_words(count, child, generation, _ACTIVATION, seed, hits, words)
    for node in range(count):
        if _bernoulli(hits[node], RATE_ACTIVATION):
            kinds[node] = np.int64(words[node] & _3)


@jit
def possible_targets(
    sources: NDArray[np.int64],
    targets: NDArray[np.int64],
    links: int,
    total: int,
    source: int,
    possible: NDArray[np.int64],
) -> int:
    """How many nodes an edge from ``source`` may reach: no input, not itself, no ancestor.

    ``possible`` ``(total,)`` becomes 1 for each of them, and 0 for the others.
    """
    for node in range(total):
        possible[node] = node != source
    changed = True
    while changed:
        changed = False
        for edge in range(links):
            if possible[targets[edge]] == 0 and possible[sources[edge]] != 0:
                possible[sources[edge]] = 0
                changed = True
    count = 0
    for node in range(total):
        possible[node] &= node >= INPUTS
        count += possible[node]
    return count


@jit_internal
def _add_edge(
    sources: NDArray[np.int64],
    targets: NDArray[np.int64],
    weights: NDArray[np.float32],
    links: int,
    total: int,
    outputs: int,
    words: tuple[np.uint64, np.uint64, np.uint64, np.uint64],
    possible: NDArray[np.int64],
) -> int:
    """Step 3. Outputs are numbered right after the inputs here. Returns the new number of edges."""
    source = _uniform_below(words[0], total - outputs)
    if source >= INPUTS:
        source += outputs
    choices = possible_targets(sources, targets, links, total, source, possible)
    if choices == 0:
        return links
    left = _uniform_below(words[1], choices)
    for node in range(total):
        if possible[node] != 0:
            if left == 0:
                sources[links], targets[links], weights[links] = source, node, random_weight(words[2])
                break
            left -= 1
    return links + 1


@jit_internal
def _remove_edge(
    sources: NDArray[np.int64],
    targets: NDArray[np.int64],
    weights: NDArray[np.float32],
    links: int,
    edge: int,
) -> int:
    """Remove one edge and keep the others in order. Returns the new number of edges."""
    for later in range(edge + 1, links):
        sources[later - 1] = sources[later]
        targets[later - 1] = targets[later]
        weights[later - 1] = weights[later]
    return links - 1


@jit_internal
def _remove_neuron(
    kinds: NDArray[np.int64],
    sources: NDArray[np.int64],
    targets: NDArray[np.int64],
    weights: NDArray[np.float32],
    count: int,
    links: int,
    node: int,
) -> int:
    """Step 6: remove hidden ``node`` with all its edges. Returns the new number of edges."""
    links_left = 0
    for edge in range(links):
        source, target = sources[edge], targets[edge]
        if source != node and target != node:  # noqa: PLR1714 - a tuple costs time to compile
            sources[links_left] = source - (source > node)
            targets[links_left] = target - (target > node)
            weights[links_left] = weights[edge]
            links_left += 1
    for later in range(node - INPUTS + 1, count):
        kinds[later - 1] = kinds[later]
    return links_left


@jit_internal
def _block(
    index: np.uint64, child: np.uint64, generation: np.uint64, seed: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    return philox(index, child, generation, _STRUCTURE, seed)


@jit_internal
def mutate_structure(
    kinds: NDArray[np.int64],
    sources: NDArray[np.int64],
    targets: NDArray[np.int64],
    weights: NDArray[np.float32],
    count: int,
    links: int,
    outputs: int,
    child: np.uint64,
    generation: np.uint64,
    seed: np.uint64,
    possible: NDArray[np.int64],
) -> tuple[int, int]:
    """Steps 3 to 6. Returns the new numbers of nodes and edges; ``possible`` is scratch for all nodes."""
    rolls = _block(_ROLLS, child, generation, seed)
    picks = _block(_PICKS, child, generation, seed)
    if _bernoulli(rolls[0], RATE_ADD_EDGE):
        words = _block(_EDGE, child, generation, seed)
        links = _add_edge(sources, targets, weights, links, INPUTS + count, outputs, words, possible)
    if _bernoulli(rolls[1], RATE_DELETE_EDGE) and links > 0:
        links = _remove_edge(sources, targets, weights, links, _uniform_below(picks[0], links))
    if _bernoulli(rolls[2], RATE_ADD_NEURON) and links > 0:
        edge = _uniform_below(picks[1], links)
        source, target, weight = sources[edge], targets[edge], weights[edge]
        links = _remove_edge(sources, targets, weights, links, edge)
        node = INPUTS + count
        kinds[count] = np.int64(picks[2] & _3)
        sources[links], targets[links], weights[links] = source, node, weight
        sources[links + 1], targets[links + 1], weights[links + 1] = node, target, weight
        count, links = count + 1, links + 2
    if _bernoulli(rolls[3], RATE_DELETE_NEURON) and count > outputs:
        node = INPUTS + outputs + _uniform_below(picks[3], count - outputs)
        links = _remove_neuron(kinds, sources, targets, weights, count, links, node)
        count -= 1
    return count, links
