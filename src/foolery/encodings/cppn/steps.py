"""Steps: a batch of networks laid out so that nodes of many networks are worked on at once.

A step holds all nodes of one depth (longest way from an input), those with most links first: the k-th links
of a step's nodes then belong to its first ``counts[k]`` nodes, and are added in the order of summation.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.cppn.genome import INPUTS, CppnGenomes

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Step:
    """Nodes that can be worked on at once, and their links.

    Attributes:
        nodes: ``(n,)`` places of the nodes in the batch.
        links: one array for each k, ``(counts[k],)``: the k-th link of each of the first nodes.
    """

    nodes: Index
    links: tuple[Index, ...]


@dataclass(frozen=True)
class Layout:
    """Where everything of a batch stands: node t of the batch is row ``INPUTS + t`` of the values.

    Attributes:
        sources, targets: ``(E,)`` rows of the values, for every edge.
        forward: steps from the inputs to the outputs; their links are the edges that end in a node.
        backward: steps from the outputs to the inputs; their links are the edges that start in a node.
    """

    sources: Index
    targets: Index
    forward: tuple[Step, ...]
    backward: tuple[Step, ...]


def layout(genomes: CppnGenomes) -> Layout:
    """The layout of a batch."""
    first = np.repeat(genomes.nodes[:-1], np.diff(genomes.edges))
    sources = genomes.sources.astype(np.int64) + np.where(genomes.sources < INPUTS, 0, first)
    targets = genomes.targets.astype(np.int64) + first
    total = int(genomes.nodes[-1])
    depth = _depths(sources, targets, total)
    inner = np.flatnonzero(sources >= INPUTS)
    return Layout(
        sources,
        targets,
        _steps(targets - INPUTS, np.arange(len(targets)), depth[INPUTS:]),
        _steps(sources[inner] - INPUTS, inner, depth[INPUTS:])[::-1],
    )


def _depths(sources: Index, targets: Index, total: int) -> Index:
    """``(INPUTS + total,)``: edges on the longest way from an input; 1 for a node without edges."""
    depth = np.ones(INPUTS + total, np.int64)
    depth[:INPUTS] = 0
    deeper = True
    while deeper:
        least = depth[sources] + 1
        deeper = bool((least > depth[targets]).any())
        np.maximum.at(depth, targets, least)
    return depth


def _steps(ends: Index, edges: Index, depth: Index) -> tuple[Step, ...]:
    """One step for each depth; ``ends`` is the node at which each of ``edges`` is a link."""
    order = np.argsort(ends, kind="stable")
    ends, edges = ends[order], edges[order]
    degrees = np.bincount(ends, minlength=len(depth))
    first = np.cumsum(degrees) - degrees
    nodes = np.lexsort((-degrees, depth))
    bounds = np.flatnonzero(np.diff(depth[nodes], prepend=-1, append=-1))
    steps = []
    for start, stop in pairwise(bounds.tolist()):
        within = nodes[start:stop]
        most = int(degrees[within[0]])
        counts = [int((degrees[within] > k).sum()) for k in range(most)]
        links = tuple(edges[first[within[:count]] + k] for k, count in enumerate(counts))
        steps.append(Step(within, links))
    return tuple(steps)
