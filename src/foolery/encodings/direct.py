"""The encoding ``direct``: every value of the canvas is a gene (paper 2.2 and 3.1)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.encodings.base import Encoding
from foolery.encodings.colors import COLORS, RGB, check_colors, color_options, to_rgb
from foolery.encodings.variation import CROSSOVERS, cross, guided_step, level_steps, step_guide
from foolery.errors import UsageError, did_you_mean
from foolery.jit import jit, jit_internal
from foolery.rng import Purpose, Stream, philox
from foolery.workers import parallel_for

if TYPE_CHECKING:
    from foolery.encodings.differentiable import DifferentiableEncoding

RATE = 0.1
HALVING_PERIOD = 1000
"""Generations after which the mutation rate halves (paper 2.2; absent from the released code)."""

FORMAT = 1
_HEADER = struct.Struct("<BxHHH")
_MUTATE, _STEP = np.uint64(Purpose.MUTATE), np.uint64(Purpose.STEP)
_STEP_BLOCK = 256  # random words of steps at a time
_BIT_ROW = np.uintp(8)  # numbers in the table for each mask


@dataclass(frozen=True)
class DirectGenomes:
    """N images as their genes: ``levels`` is ``(N, C * H * W) uint8`` in canvas order."""

    levels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.levels)


@jit_internal
def _find_hits(
    threshold: np.uint64,
    seed: np.uint64,
    child: np.uint64,
    generation: np.uint64,
    masks: NDArray[np.uint8],
    places: NDArray[np.int32],
    hits: NDArray[np.int32],
) -> int:
    """The genes of one image whose 32-bit word is below ``threshold``; returns how many they are.

    Args:
        threshold: 2^32 times the probability of a hit.
        seed: of the run.
        child: its number.
        generation: its generation.
        masks: ``(blocks,)`` scratch: of every four genes, which are hit.
        places: see ``_tables``.
        hits: ``(4 * blocks + 4,)``, filled from the left, without a branch.
    """
    for block in range(masks.size):  # apart from the loop below, so that it becomes vector code
        first, second, third, fourth = philox(np.uint64(block), child, generation, _MUTATE, seed)
        masks[block] = (
            np.uint8(first < threshold)
            | np.uint8(second < threshold) << 1
            | np.uint8(third < threshold) << 2
            | np.uint8(fourth < threshold) << 3
        )
    count = np.uintp(0)  # unsigned: Python's negative indices cost time
    for block in range(masks.size):
        at, gene = np.uintp(masks[np.uintp(block)]) * _BIT_ROW, np.int32(4 * block)
        for offset in range(4):
            hits[count + np.uintp(offset)] = gene + places[at + np.uintp(offset)]
        count += np.uintp(places[at + np.uintp(4)])
    return int(np.int64(count))


@jit
def _mutate_rows(
    levels: NDArray[np.uint8],
    threshold: np.uint64,
    places: NDArray[np.int32],
    steps: NDArray[np.uint64],
    guide: NDArray[np.int16],
    seeds: NDArray[np.uint64],
    children: NDArray[np.uint64],
    generation: np.uint64,
    masks: NDArray[np.uint8],
    hits: NDArray[np.int32],
    words: NDArray[np.uint64],
) -> None:
    """Mutate in place every gene whose 32-bit word is below ``threshold``.

    ``masks`` and ``hits`` are scratch for ``_find_hits``, and ``words`` for ``_STEP_BLOCK`` steps.
    """
    for i in range(levels.shape[0]):
        child, seed, row = children[i], seeds[i], levels[i]
        count = _find_hits(threshold, seed, child, generation, masks, places, hits)
        while count > 0 and hits[count - 1] >= row.size:
            count -= 1
        for start in range(0, count, _STEP_BLOCK):
            genes, size = hits[start:], min(_STEP_BLOCK, count - start)
            for hit in range(size):
                words[hit], _, _, _ = philox(np.uint64(genes[hit]), child, generation, _STEP, seed)
            for hit in range(size):
                gene = np.uintp(genes[hit])
                moved = np.int64(row[gene]) + guided_step(words[hit], steps, guide)
                row[gene] = np.uint8(min(max(moved, np.int64(0)), np.int64(255)))


@dataclass(frozen=True)
class Direct(Encoding[DirectGenomes]):
    """Pixels as genes: uniform noise at the start, then polynomial mutation of one gene in ten.

    Args:
        canvas: what is drawn.
        crossover: ``none`` as the paper describes it, or ``sbx`` as the released code has it.
        colors: what the three planes of a color canvas mean: ``hsv`` as published, ``hls``, or
            ``rgb``, in which every image can be written.
    """

    canvas: CanvasShape
    crossover: str = "none"
    colors: str = COLORS[0]

    name = "direct"

    def __post_init__(self) -> None:
        if self.crossover not in CROSSOVERS:
            raise UsageError(
                f"crossover: {self.crossover!r} is unknown; {did_you_mean(self.crossover, list(CROSSOVERS))}"
            )

        check_colors(self.colors, self.canvas, (*COLORS, RGB))

    @property
    def options(self) -> Mapping[str, str | int | float | bool]:
        """``crossover``, and ``colors`` where there are any."""
        return {"crossover": self.crossover, **color_options(self.colors, self.canvas)}

    @property
    def group_size(self) -> int:
        """Two with crossover, which takes its mates from rows 2k and 2k + 1."""
        return 1 if self.crossover == "none" else 2

    def initial(self, stream: Stream) -> DirectGenomes:
        """Uniform noise, one image for every row of ``stream``."""
        return DirectGenomes(stream.bytes(Purpose.INITIAL, self.canvas.size))

    def vary(self, parents: DirectGenomes, stream: Stream) -> DirectGenomes:
        """One mutated child of every parent; with ``sbx`` rows 2k and 2k + 1 are mates."""
        return self._mutated(parents.levels.copy(), stream)

    def offspring(self, pool: DirectGenomes, parent_rows: NDArray[np.int64], stream: Stream) -> DirectGenomes:
        """One mutated child of the image at each of the rows ``parent_rows``."""
        return self._mutated(pool.levels[parent_rows], stream)

    def _mutated(self, levels: NDArray[np.uint8], stream: Stream) -> DirectGenomes:
        """Children of the parents ``levels``, in their memory where that is possible."""
        if self.crossover != "none":
            levels = cross(levels, stream)
        threshold = np.uint64(round(mutation_rate(stream.generation) * 2**32))
        places, steps, guide = _tables()
        generation, blocks = np.uint64(stream.generation), (levels.shape[1] + 3) // 4

        def work(start: int, stop: int) -> None:
            rows = slice(start, stop)
            _mutate_rows(
                levels[rows],
                threshold,
                places,
                steps,
                guide,
                stream.seeds[rows],
                stream.children[rows],
                generation,
                np.empty(blocks, np.uint8),
                np.empty(4 * blocks + 4, np.int32),
                np.empty(_STEP_BLOCK, np.uint64),
            )

        parallel_for(work, len(stream), chunk=64)
        return DirectGenomes(levels)

    def mates(self, stream: Stream) -> NDArray[np.int64]:
        """``(N,)``: the row that child i was crossed with, or -1."""
        return CROSSOVERS[self.crossover](stream)

    def take(self, genomes: DirectGenomes, index: NDArray[np.int64]) -> DirectGenomes:
        """The genomes at ``index``, repeats allowed."""
        return DirectGenomes(genomes.levels[index])

    def put(self, genomes: DirectGenomes, index: NDArray[np.int64], source: DirectGenomes) -> DirectGenomes:
        """``genomes`` with ``genomes[index[i]] = source[i]``, in the memory of ``genomes``."""
        genomes.levels[index] = source.levels
        return genomes

    def join(self, parts: Sequence[DirectGenomes]) -> DirectGenomes:
        """The genomes of all ``parts``, in order."""
        return parts[0] if len(parts) == 1 else DirectGenomes(np.concatenate([part.levels for part in parts]))

    def render(self, genomes: DirectGenomes) -> Canvases:
        """``(N, C, H, W) uint8``: the levels themselves, as RGB where they are colors."""
        levels = genomes.levels.reshape(len(genomes), *self.canvas.axes)
        return levels if self.canvas.channels == 1 else to_rgb(levels.copy(), self.colors)

    def render_into(self, genomes: DirectGenomes, canvases: Canvases) -> None:
        """As ``render``, into ``canvases``, which are contiguous."""
        canvases[...] = genomes.levels.reshape(canvases.shape)
        to_rgb(canvases, self.colors)

    def differentiable(self, device: str = "cpu") -> DifferentiableEncoding[DirectGenomes]:
        """With the levels as parameters."""
        from foolery.encodings.torch_direct import TorchDirect

        return TorchDirect(self, device)

    def pack(self, genomes: DirectGenomes) -> list[bytes]:
        """One byte string per genome: format (u8), C, H, W (u16), levels."""
        header = _HEADER.pack(FORMAT, *self.canvas.axes)
        return [header + row.tobytes() for row in genomes.levels]

    def unpack(self, blobs: Sequence[bytes]) -> DirectGenomes:
        """The inverse of ``pack``; UsageError for anything else."""
        header = _HEADER.pack(FORMAT, *self.canvas.axes)
        for number, blob in enumerate(blobs):
            if len(blob) != len(header) + self.canvas.size or not blob.startswith(header):
                raise UsageError(
                    f"genome {number}: not a valid direct genome of canvas {self.canvas.axes}; "
                    "the file is damaged or was altered"
                )
        genes = b"".join(blob[len(header) :] for blob in blobs)
        return DirectGenomes(np.frombuffer(genes, np.uint8).reshape(len(blobs), self.canvas.size).copy())


@lru_cache(maxsize=1)
def _tables() -> tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.int16]]:
    """Where a number below 16 has its bits, from the lowest on, and how many; steps and their guide."""
    places = np.zeros((16, int(_BIT_ROW)), np.int32)
    for mask in range(16):
        bits = [bit for bit in range(4) if mask >> bit & 1]
        places[mask, : len(bits)], places[mask, 4] = bits, len(bits)
    return places.reshape(-1), level_steps(), step_guide(level_steps())


def mutation_rate(generation: int) -> float:
    """Probability that a gene mutates: 0.1, halved every 1000 generations (paper 2.2)."""
    return RATE * 0.5 ** (generation // HALVING_PERIOD)
