"""The fused renderer: node values of one tile of pixels stay in the cache, activations are vector code.

The same sequence of float32 operations as ``render_numpy``, so the same bytes.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.colors import PLAIN, color_code, convert
from foolery.encodings.cppn.activations import CAREFUL, draw_node
from foolery.encodings.cppn.genome import GAUSSIAN, INPUTS, SIGMOID, CppnGenomes
from foolery.encodings.cppn.simd import ROW, STEP, level_pass
from foolery.jit import jit, jit_inline, jit_internal
from foolery.workers import free_workers, parallel_for

_THREAD_ROWS = 48
"""Rows of scratch memory that a thread keeps; larger networks get theirs when they are drawn."""
_ALIGNMENT = 64
_thread_memory = threading.local()
_last_tiles: list[tuple[NDArray[np.float32], NDArray[np.float32]] | None] = [None]


@jit_inline
def _first_aligned(values: NDArray[np.float32]) -> int:
    """Number of the first element whose address is a multiple of 64."""
    return (-values.ctypes.data % _ALIGNMENT) // 4


@jit_internal
def _prepare(
    activations: NDArray[np.uint8],
    first_node: int,
    count: int,
    outputs: int,
    sources: NDArray[np.int32],
    targets: NDArray[np.int32],
    first: int,
    end: int,
    needed: NDArray[np.uint8],
    small: NDArray[np.uint8],
    ends: NDArray[np.int32],
) -> None:
    """Of every node, inputs counted: does an output need it, are all its sources small, where its edges end.

    A node may be small (nearly 0 over much of the image) if it is a gaussian, or a sine or linear of small
    ones. ``ends`` is 0 where there is no edge. Indices are unsigned: Python's negative ones cost time.
    """
    total = INPUTS + count
    for node in range(total):
        needed[node], small[node], ends[node] = node >= total - outputs, node >= INPUTS, 0
    for edge in range(first, end):
        source, target = np.uintp(sources[np.uintp(edge)]), np.uintp(targets[np.uintp(edge)])
        behind = np.uintp(0) if source < np.uintp(INPUTS) else source - np.uintp(INPUTS)
        kind = activations[np.uintp(first_node) + behind]
        passes = (kind == GAUSSIAN) | ((kind != SIGMOID) & (small[source] != 0))
        small[target] &= passes & (source >= np.uintp(INPUTS))
        needed[source], ends[target] = 1, edge + 1
    unneeded = 0
    for node in range(INPUTS, total):
        unneeded += needed[node] == 0
    if unneeded > 0:  # where every node feeds another one, every way ends at an output
        _find_needed(sources, targets, first, end, total, outputs, needed)


@jit_internal
def _find_needed(
    sources: NDArray[np.int32],
    targets: NDArray[np.int32],
    first: int,
    end: int,
    total: int,
    outputs: int,
    needed: NDArray[np.uint8],
) -> None:
    for node in range(total):
        needed[node] = node >= total - outputs
    for edge in range(end - 1, first - 1, -1):
        needed[sources[edge]] |= needed[targets[edge]]


@jit_internal
def _finish(
    rows: int, i: int, left: int, width: int, spare: NDArray[np.uint8], levels: NDArray[np.uint8]
) -> None:
    """From the rows of the outputs, at the address ``rows``, to levels of genome ``i``."""
    outputs, pixels = levels.shape[1], levels.shape[2]
    whole = width % STEP == 0
    for output in range(outputs):
        start = levels.ctypes.data + (i * outputs + output) * pixels + left
        level_pass(rows + 4 * ROW * output, width, start if whole else spare.ctypes.data)
        if not whole:
            for p in range(width):
                levels[i, output, left + p] = spare[p]


@jit
def _color_rows(start: int, stop: int, tiles: int, colors: int, levels: NDArray[np.uint8]) -> None:
    """Turn the levels that ``_draw_rows`` has drawn into colors."""
    pixels = levels.shape[2]
    for job in range(start, stop):
        i, left = job // tiles, job % tiles * ROW
        right = min(left + ROW, pixels)
        convert(colors, levels[i, 0, left:right], levels[i, 1, left:right], levels[i, 2, left:right])


@jit
def _draw_rows(
    start: int,
    stop: int,
    nodes: NDArray[np.int64],
    activations: NDArray[np.uint8],
    edges: NDArray[np.int64],
    sources: NDArray[np.int32],
    targets: NDArray[np.int32],
    weights: NDArray[np.float32],
    tiles: NDArray[np.float32],
    rows: NDArray[np.float32],
    spare: NDArray[np.uint8],
    levels: NDArray[np.uint8],
) -> None:
    """Draw (genome, tile) pairs number ``start`` to ``stop`` into levels ``(N, outputs, P)``."""
    outputs, pixels = levels.shape[1], levels.shape[2]
    max_nodes, max_edges = 0, 0
    for i in range(start // len(tiles), (stop - 1) // len(tiles) + 1):
        max_nodes = max(max_nodes, nodes[i + 1] - nodes[i])
        max_edges = max(max_edges, edges[i + 1] - edges[i])
    max_nodes += INPUTS
    needed, small = np.empty(max_nodes, np.uint8), np.empty(max_nodes, np.uint8)
    ends, places, scratch = np.empty(max_nodes, np.int32), np.empty(max_edges, np.int64), rows
    if max_nodes * ROW > rows.size:
        spare_rows = np.empty(max_nodes * ROW, np.float32)
        scratch = spare_rows[_first_aligned(spare_rows) :]
    inputs, hidden = tiles.ctypes.data, scratch.ctypes.data - 4 * INPUTS * ROW
    into, gains, last = places.ctypes.data, weights.ctypes.data, -1
    for job in range(start, stop):
        i, tile = job // len(tiles), job % len(tiles)
        first, end, count = edges[i], edges[i + 1], nodes[i + 1] - nodes[i]
        if i != last:
            last = i
            _prepare(activations, nodes[i], count, outputs, sources, targets, first, end, needed, small, ends)
        plane = inputs + 4 * INPUTS * ROW * tile
        for edge in range(first, end):
            source = sources[np.uintp(edge)]
            places[np.uintp(edge - first)] = 4 * ROW * source + (plane if source < INPUTS else hidden)
        left = tile * ROW
        width, edge = min(ROW, pixels - left), first
        for node in range(INPUTS, INPUTS + count):
            links, kind = ends[node] - edge, activations[nodes[i] + node - INPUTS]
            if links <= 0:
                for p in range(width):
                    scratch[(node - INPUTS) * ROW + p] = kind == GAUSSIAN
                continue
            if needed[node]:
                kind += CAREFUL * small[node]
                at = hidden + 4 * ROW * node
                draw_node(kind, at, width, into + 8 * (edge - first), gains + 4 * edge, links)
            edge += links
        outlets = hidden + 4 * ROW * (INPUTS + count - outputs)
        _finish(outlets, i, left, width, spare, levels)


def _aligned(size: int) -> NDArray[np.float32]:
    spare = np.zeros(size + _ALIGNMENT // 4, np.float32)
    first = -spare.ctypes.data % _ALIGNMENT // 4
    return spare[first : first + size]


def _tiles_of(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """``_in_tiles``, remembered for the planes of the last call."""
    last = _last_tiles[0]
    if last is None or last[0] is not planes:
        _last_tiles[0] = last = planes, _in_tiles(planes)
    return last[1]


def _in_tiles(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """``(tiles, 4, ROW)``: the planes as the kernel reads them, zero where there is no pixel."""
    whole, rest = divmod(planes.shape[1], ROW)
    tiles = _aligned((whole + (rest > 0)) * INPUTS * ROW).reshape(-1, INPUTS, ROW)
    tiles[:whole] = planes[:, : whole * ROW].reshape(INPUTS, whole, ROW).transpose(1, 0, 2)
    if rest:
        tiles[whole, :, :rest] = planes[:, whole * ROW :]
    return tiles


def _scratch() -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """The rows that this thread keeps, and room for the levels of one."""
    if not hasattr(_thread_memory, "rows"):
        _thread_memory.rows, _thread_memory.spare = _aligned(_THREAD_ROWS * ROW), np.empty(ROW, np.uint8)
    return _thread_memory.rows, _thread_memory.spare


def draw(
    genomes: CppnGenomes, planes: NDArray[np.float32], outputs: int, colors: str | None = None
) -> NDArray[np.uint8]:
    """``(N, outputs, P) uint8`` levels of every genome on the input planes ``(4, P) float32``.

    With ``colors`` the three levels of a pixel become R, G, B while they are in the cache.
    """
    levels = np.empty((len(genomes), outputs, planes.shape[1]), np.uint8)
    draw_into(genomes, planes, levels, colors)
    return levels


def draw_into(
    genomes: CppnGenomes, planes: NDArray[np.float32], levels: NDArray[np.uint8], colors: str | None = None
) -> None:
    """As ``draw``, into contiguous ``levels`` ``(N, outputs, P) uint8``."""
    number = color_code(colors)
    tiles = _tiles_of(planes)

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
            tiles,
            *_scratch(),
            levels,
        )
        if number != PLAIN:
            _color_rows(start, stop, len(tiles), number, levels)

    jobs, workers = len(genomes) * len(tiles), free_workers()
    parallel_for(work, jobs, chunk=max(jobs, 1) if workers == 1 else min(max(jobs // (8 * workers), 16), 64))
