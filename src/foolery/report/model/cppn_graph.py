"""A CPPN as a graph, with an image of what every node computes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import CanvasShape
from foolery.encodings.cppn.encoding import Cppn
from foolery.encodings.cppn.genome import ACTIVATIONS, INPUTS, CppnGenomes, node_count
from foolery.encodings.cppn.render_numpy import NodeSchedule, gaussian, linear, schedule, sigmoid, sine

SIDE = 40  # pixels of a node's image
MAX_NODES = 120  # nobody would read a larger graph
MAX_DRAWN = 2000  # of a network in all: what nothing depends on is left out, but has to be looked at
_BATCH = 40  # genomes at a time
_INPUT_NAMES = ("x", "y", "distance", "1")
_ACTIVATE = (sine, sigmoid, gaussian, linear)


@dataclass(frozen=True)
class CppnGraph:
    """The nodes of a CPPN on which its image depends, inputs first, outputs last.

    Attributes:
        names: ``x`` …, an activation for a hidden node, ``sine (H)`` … for an output.
        depths: edges on the longest way from an input; outputs have the largest.
        outputs: how many of the last nodes are outputs.
        edges: source, target (places in ``names``) and weight.
        images: ``(nodes, 40, 40) uint8``: values from -1 (black) to 1 (white) over the image.
        left_out: nodes that the image does not depend on.
    """

    names: tuple[str, ...]
    depths: tuple[int, ...]
    outputs: int
    edges: tuple[tuple[int, int, float], ...]
    images: NDArray[np.uint8]
    left_out: int


def cppn_graphs(encoding: Cppn, blobs: Sequence[bytes]) -> Iterator[CppnGraph | None]:
    """One for each packed genome, in order; None for one of more than 120 nodes.

    Raises:
        UsageError: for a genome that is not valid.
    """
    planes = _reduced_planes(encoding)
    outputs = encoding.canvas.channels
    letters = ("gray",) if outputs == 1 else tuple(encoding.colors.upper())
    for start in range(0, len(blobs), _BATCH):
        batch = blobs[start : start + _BATCH]
        drawn = _graphs(encoding, [blob for blob in batch if _is_small(blob)], planes, letters)
        yield from (next(drawn) if _is_small(blob) else None for blob in batch)


def _is_small(blob: bytes) -> bool:
    """Whether a packed genome may be laid out: that takes long for many nodes and links."""
    return node_count(blob) <= MAX_DRAWN and len(blob) <= 100 * MAX_DRAWN


def _graphs(
    encoding: Cppn, blobs: Sequence[bytes], planes: NDArray[np.float32], letters: tuple[str, ...]
) -> Iterator[CppnGraph | None]:
    if blobs:
        genomes = encoding.unpack(blobs)
        order = schedule(genomes)
        values = _values(genomes, order, planes)
        for row in range(len(genomes)):
            yield _graph(genomes, row, values, letters)


def _graph(
    genomes: CppnGenomes, row: int, values: NDArray[np.float32], letters: tuple[str, ...]
) -> CppnGraph | None:
    first, count = int(genomes.nodes[row]), int(genomes.nodes[row + 1] - genomes.nodes[row])
    span = slice(int(genomes.edges[row]), int(genomes.edges[row + 1]))
    links = list(
        zip(
            genomes.sources[span].tolist(), genomes.targets[span].tolist(),
            genomes.weights[span].tolist(), strict=True,
        )
    )  # fmt: skip
    total, outputs = INPUTS + count, len(letters)
    needed = set(range(total - outputs, total))
    for source, target, _ in reversed(links):  # sorted by target: every node comes after its sources
        if target in needed:
            needed.add(source)
    nodes = sorted(needed)
    if len(nodes) > MAX_NODES:
        return None
    place = {node: at for at, node in enumerate(nodes)}
    links = [link for link in links if link[1] in needed]
    depth = dict.fromkeys(nodes, 1) | {node: 0 for node in nodes if node < INPUTS}
    for source, target, _ in links:
        depth[target] = max(depth[target], depth[source] + 1)
    last = max(depth.values())
    rows = [node if node < INPUTS else first + node for node in nodes]
    kinds = [ACTIVATIONS[kind] for kind in genomes.activations[first : first + count].tolist()]
    names = [
        *_INPUT_NAMES,
        *kinds[: count - outputs],
        *(f"{kind} ({letter})" for kind, letter in zip(kinds[count - outputs :], letters, strict=True)),
    ]
    return CppnGraph(
        names=tuple(names[node] for node in nodes),
        depths=tuple(last if node >= total - outputs else depth[node] for node in nodes),
        outputs=outputs,
        edges=tuple((place[source], place[target], round(weight, 3)) for source, target, weight in links),
        images=_node_images(values[rows], sum(node < INPUTS for node in nodes)),
        left_out=count - sum(node >= INPUTS for node in nodes),
    )


def _node_images(values: NDArray[np.float32], inputs: int) -> NDArray[np.uint8]:
    """Gray levels; inputs, which may be pixel numbers, are spread over the whole range."""
    scaled = values.copy()
    for row in range(inputs):
        low, high = float(values[row].min()), float(values[row].max())
        scaled[row] = 1.0 if low == high else 2 * (values[row] - low) / (high - low) - 1
    levels = np.clip((scaled + 1) * 127.5, 0, 255).astype(np.uint8)
    images: NDArray[np.uint8] = levels.reshape(len(values), SIDE, SIDE)
    return images


def _values(genomes: CppnGenomes, order: NodeSchedule, planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """``(4 + nodes, P) float32``: inputs, then every node of the batch."""
    values = np.zeros((INPUTS + len(genomes.activations), planes.shape[1]), np.float32)
    values[:INPUTS] = planes
    for step in order.forward:
        potentials = np.zeros((len(step.nodes), planes.shape[1]), np.float32)
        for edges in step.links:
            potentials[: len(edges)] += genomes.weights[edges][:, None] * values[order.sources[edges]]
        kinds = genomes.activations[step.nodes]
        for kind, activate in enumerate(_ACTIVATE):
            chosen = np.flatnonzero(kinds == kind)
            values[INPUTS + step.nodes[chosen]] = activate(potentials[chosen])
    return values


def _reduced_planes(encoding: Cppn) -> NDArray[np.float32]:
    """``(4, 40 * 40) float32``: the inputs in every so many-th pixel of the canvas."""
    canvas: CanvasShape = encoding.canvas
    rows = ((np.arange(SIDE) + 0.5) * canvas.height / SIDE).astype(int)
    columns = ((np.arange(SIDE) + 0.5) * canvas.width / SIDE).astype(int)
    whole = encoding.planes.reshape(INPUTS, canvas.height, canvas.width)
    return np.ascontiguousarray(whole[:, rows][:, :, columns].reshape(INPUTS, -1))
