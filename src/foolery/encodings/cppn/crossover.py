"""Crossover of CPPNs: genes that two networks have in common come from either of them.

Nodes are matched by their place (input, output, or hidden node number n in topological order), edges by the
nodes that they join. A child has the structure of its first parent; each matched weight and activation is
the mate's with probability 1/2. Genes are copied, never computed with, so every machine makes the same child.
(NEAT matches genes by their history instead, which these genomes, as the released code's, do not keep.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.cppn.genome import INPUTS, CppnGenomes
from foolery.rng import Purpose, Stream

Edge = tuple[int, int, int]
"""Places of source and target, and a count of such edges before it: parallel ones are matched in order."""


def cross(parents: CppnGenomes, mates: CppnGenomes, outputs: int, stream: Stream) -> CppnGenomes:
    """One child of every parent and its mate; meant for breeding by hand, where there are nine.

    Args:
        parents: N networks; a child has the structure of its parent.
        mates: N others.
        outputs: channels of the canvas.
        stream: N rows; decides which genes come from the mate.
    """
    activations, weights = parents.activations.copy(), parents.weights.copy()
    most = max(int(np.diff(parents.nodes).max(initial=0)), int(np.diff(parents.edges).max(initial=0)), 1)
    takes = stream.bytes(Purpose.CROSSOVER_GENE, 2 * most) < 128
    for row in range(len(parents)):
        nodes, own = _nodes(parents, row, outputs), _edges(parents, row, outputs)
        other_nodes, other_edges = _nodes(mates, row, outputs), _edges(mates, row, outputs)
        for number, (place, at) in enumerate(nodes.items()):
            if place in other_nodes and takes[row, number]:
                activations[at] = mates.activations[other_nodes[place]]
        for number, (edge, at) in enumerate(own.items()):
            if edge in other_edges and takes[row, most + number]:
                weights[at] = mates.weights[other_edges[edge]]
    return CppnGenomes(parents.nodes, activations, parents.edges, parents.sources, parents.targets, weights)


def _nodes(genomes: CppnGenomes, row: int, outputs: int) -> dict[int, int]:
    """Place of every hidden node and output of one network to where its activation lies."""
    start, stop = int(genomes.nodes[row]), int(genomes.nodes[row + 1])
    return {_place(INPUTS + at - start, stop - start, outputs): at for at in range(start, stop)}


def _edges(genomes: CppnGenomes, row: int, outputs: int) -> dict[Edge, int]:
    """Every edge of one network to where its weight lies."""
    start, stop = int(genomes.edges[row]), int(genomes.edges[row + 1])
    count = int(genomes.nodes[row + 1] - genomes.nodes[row])
    seen: dict[tuple[int, int], int] = {}
    edges: dict[Edge, int] = {}
    ends: NDArray[np.int32] = np.stack([genomes.sources[start:stop], genomes.targets[start:stop]], axis=1)
    for at, (source, target) in enumerate(ends.tolist(), start):
        pair = _place(source, count, outputs), _place(target, count, outputs)
        seen[pair] = seen.get(pair, -1) + 1
        edges[*pair, seen[pair]] = at
    return edges


def _place(node: int, count: int, outputs: int) -> int:
    """Inputs and hidden nodes by number, output o as -1 - o: outputs are numbered after all hidden nodes."""
    first_output = INPUTS + count - outputs
    return node if node < first_output else -1 - (node - first_output)
