"""Launch: how much shared memory, scratch and how many blocks one batch of networks gets."""

from __future__ import annotations

from ctypes import c_int, c_longlong, c_void_p
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.encodings.cppn.cuda.source import TILE_PIXELS

THREADS = 128
TILE = THREADS * TILE_PIXELS
"""Pixels of a tile: what one block draws at a time."""

ROW = 4 * TILE
"""Bytes of a row: one node's values on a tile."""

MOST_SHARED = 36 * ROW
"""Bytes of shared memory for a block: three blocks fit on a processor of an H100 with 36 rows each."""

MOST_SCRATCH = 2**28
"""Bytes of scratch in global memory, unless a single genome needs more."""

BLOCKS_PER_PROCESSOR = 8
BYTES_OF_HEAD = 16


@dataclass(frozen=True)
class Launch:
    """The form of one launch.

    Attributes:
        blocks: each draws every ``blocks``-th tile.
        room: rows in a block's shared memory; genomes that need more use the scratch.
        spare: floats of scratch for each block; 0 where no genome needs it.
    """

    blocks: int
    room: int
    spare: int

    @property
    def shared(self) -> int:
        """Bytes of shared memory for a block."""
        return self.room * ROW

    def arguments(
        self, words: int, planes: int, scratch: int, canvases: int, *, pixels: int, genomes: int
    ) -> list[Any]:
        """What the kernel takes, in its order; the first four are addresses on the device.

        Args:
            words: heads and tapes, as ``tape.write`` makes them.
            planes: ``(4, pixels) float32``.
            scratch: ``blocks * spare`` floats.
            canvases: ``(genomes, channels, pixels) uint8``, to be filled.
            pixels: of a canvas.
            genomes: in the batch.
        """
        return [
            c_void_p(words),
            c_void_p(words + BYTES_OF_HEAD * genomes),
            c_void_p(planes),
            c_int(pixels),
            c_int(genomes),
            c_int(self.room),
            c_void_p(scratch),
            c_longlong(self.spare),
            c_void_p(canvases),
        ]


def launch_of(rows: NDArray[np.int32], pixels: int, *, processors: int, shared: int) -> Launch:
    """The launch that draws genomes of ``rows`` rows each.

    Args:
        rows: ``(N,)``, at least one.
        pixels: of a canvas.
        processors: multiprocessors of the device.
        shared: bytes of shared memory that the device lets a block have.
    """
    most = min(MOST_SHARED, shared) // ROW
    room = int(rows[rows <= most].max(initial=0))
    jobs = len(rows) * -(-pixels // TILE)
    largest = int(rows.max())
    if largest <= most:
        return Launch(jobs, room, 0)
    fitting = MOST_SCRATCH // (ROW * largest)
    blocks = max(1, min(jobs, fitting, processors * BLOCKS_PER_PROCESSOR))
    return Launch(blocks, room, largest * TILE)
