"""The fused renderer: node values of one tile of pixels stay in the cache, activations are vector code.

The same sequence of float32 operations as ``reference``, so the same bytes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.cppn.bits import flipped_when_odd, scaled_by_power
from foolery.encodings.cppn.constants import (
    EXP,
    FLATTEST,
    LN2_1,
    LN2_2,
    MAGIC,
    ONE,
    PER_LN2,
    PER_PI,
    PI_1,
    PI_2,
    PI_3,
    QUARTER_TURN,
    SINE,
    THREE,
    TWO,
    WHITE,
)
from foolery.encodings.cppn.genome import GAUSSIAN, INPUTS, LINEAR, SIGMOID, CppnGenomes
from foolery.encodings.cppn.genome import SINE as SINE_NODE
from foolery.kernels import inlined, kernel
from foolery.lanes import share

TILE = 784
"""Pixels of a tile: one 28 x 28 picture; 20 nodes of a tile take 63 kB."""

_S3, _S5, _S7, _S9 = SINE
_E2, _E3, _E4, _E5 = EXP


@inlined
def _held(x: np.float32, bound: np.float32) -> np.float32:
    """``x`` held to [-bound, bound], in a form that becomes two vector instructions."""
    x = -bound if x < -bound else x
    return bound if x > bound else x


@inlined
def _exponential(x: np.float32) -> np.float32:
    scaled = x * PER_LN2 + MAGIC
    k = scaled - MAGIC
    r = (x - k * LN2_1) - k * LN2_2
    tail = ((_E5 * r + _E4) * r + _E3) * r + _E2
    value: np.float32 = scaled_by_power((r * r) * tail + (r + ONE), scaled)
    return value


@kernel
def _activate(kind: int, values: NDArray[np.float32]) -> None:
    """Replace the potentials of one node on one tile by its activations."""
    if kind == SINE_NODE:
        for p in range(values.size):
            x = values[p]
            turned = x * PER_PI + MAGIC
            k = turned - MAGIC
            r = ((x - k * PI_1) - k * PI_2) - k * PI_3
            r = _held(r, QUARTER_TURN)
            square = r * r
            tail = ((_S9 * square + _S7) * square + _S5) * square + _S3
            values[p] = flipped_when_odd(r + (r * square) * tail, turned)
    elif kind == SIGMOID:
        for p in range(values.size):
            values[p] = TWO / (ONE + _exponential(_held(-values[p], FLATTEST))) - ONE
    elif kind == GAUSSIAN:
        for p in range(values.size):
            square = values[p] * values[p]
            values[p] = _exponential(-(FLATTEST if square > FLATTEST else square))
    elif kind == LINEAR:
        for p in range(values.size):
            values[p] = _held(values[p], THREE) / THREE


@kernel
def _add_weighted(values: NDArray[np.float32], weight: np.float32, source: NDArray[np.float32]) -> None:
    for p in range(values.size):
        values[p] += weight * source[p]


@kernel
def _mark_needed(
    sources: NDArray[np.int32], targets: NDArray[np.int32], count: int, outputs: int
) -> NDArray[np.bool_]:
    """``(inputs + count,)``: True for the nodes that some output depends on."""
    needed = np.zeros(INPUTS + count, np.bool_)
    needed[INPUTS + count - outputs :] = True
    for edge in range(sources.size - 1, -1, -1):
        if needed[targets[edge]]:
            needed[sources[edge]] = True
    return needed


@kernel
def _draw_tile(
    activations: NDArray[np.uint8],
    sources: NDArray[np.int32],
    targets: NDArray[np.int32],
    weights: NDArray[np.float32],
    needed: NDArray[np.bool_],
    planes: NDArray[np.float32],
    left: int,
    right: int,
    values: NDArray[np.float32],
    levels: NDArray[np.uint8],
) -> None:
    """One genome on the pixels ``left`` to ``right``.

    Planes are ``(4, P)``, levels ``(outputs, P)``; the scratch ``values`` holds one row of the tile's
    width for each node. All rows are contiguous, or the compiler would not make vector code.
    """
    count, outputs, width = activations.size, levels.shape[0], right - left
    edge = 0
    for node in range(count):
        row = values[node * width : (node + 1) * width]
        used = needed[INPUTS + node]
        if used:
            row[:] = np.float32(0.0)
        while edge < sources.size and targets[edge] == INPUTS + node:
            if used:
                source = sources[edge]
                if source < INPUTS:
                    _add_weighted(row, weights[edge], planes[source, left:right])
                else:
                    at = (source - INPUTS) * width
                    _add_weighted(row, weights[edge], values[at : at + width])
            edge += 1
        if used:
            _activate(activations[node], row)
    for output in range(outputs):
        at = (count - outputs + output) * width
        _to_levels(values[at : at + width], levels[output, left:right])


@kernel
def _to_levels(values: NDArray[np.float32], levels: NDArray[np.uint8]) -> None:
    for p in range(values.size):
        size = abs(values[p])
        levels[p] = np.uint8(np.int32((ONE if size > ONE else size) * WHITE))


@kernel
def _draw_rows(
    start: int,
    stop: int,
    nodes: NDArray[np.int64],
    activations: NDArray[np.uint8],
    edges: NDArray[np.int64],
    sources: NDArray[np.int32],
    targets: NDArray[np.int32],
    weights: NDArray[np.float32],
    planes: NDArray[np.float32],
    levels: NDArray[np.uint8],
) -> None:
    """Draw (genome, tile) pairs number ``start`` to ``stop`` into levels ``(N, outputs, P)``."""
    outputs, pixels = levels.shape[1], levels.shape[2]
    tiles = (pixels + TILE - 1) // TILE
    largest = 0
    for i in range(start // tiles, (stop - 1) // tiles + 1):
        largest = max(largest, nodes[i + 1] - nodes[i])
    scratch = np.empty(largest * min(TILE, pixels), np.float32)
    for job in range(start, stop):
        i, tile = job // tiles, job % tiles
        first, last = edges[i], edges[i + 1]
        count = nodes[i + 1] - nodes[i]
        needed = _mark_needed(sources[first:last], targets[first:last], count, outputs)
        _draw_tile(
            activations[nodes[i] : nodes[i + 1]],
            sources[first:last],
            targets[first:last],
            weights[first:last],
            needed,
            planes,
            tile * TILE,
            min((tile + 1) * TILE, pixels),
            scratch,
            levels[i],
        )


def draw(genomes: CppnGenomes, planes: NDArray[np.float32], outputs: int) -> NDArray[np.uint8]:
    """``(N, outputs, P) uint8`` levels of every genome on the input planes ``(4, P) float32``."""
    pixels = planes.shape[1]
    levels = np.empty((len(genomes), outputs, pixels), np.uint8)
    tiles = -(-pixels // TILE)

    def work(start: int, stop: int) -> None:
        _draw_rows(
            start,
            stop,
            genomes.nodes,
            genomes.activations,
            genomes.edges,
            genomes.sources,
            genomes.targets,
            genomes.weights,
            planes,
            levels,
        )

    share(work, len(genomes) * tiles, grain=16)
    return levels
