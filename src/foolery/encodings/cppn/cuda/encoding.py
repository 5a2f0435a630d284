"""The encoding ``cppn`` with its images drawn by a GPU of NVIDIA, in the GPU's memory."""

from __future__ import annotations

from ctypes import c_int, c_longlong, c_void_p
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.encodings.cppn.cuda import tape
from foolery.encodings.cppn.cuda.program import (
    ENTRY,
    TILE_PIXELS,
    Kernel,
    compile_program,
    properties,
    source,
)
from foolery.encodings.cppn.encoding import Cppn
from foolery.encodings.cppn.genome import CppnGenomes
from foolery.errors import MissingExtraError

try:
    import torch
    from torch import Tensor
except ImportError:
    raise MissingExtraError("torch", "torch", "draw on a GPU") from None

THREADS = 128
TILE = THREADS * TILE_PIXELS
"""Pixels of a tile: what one block draws at a time."""

ROW = 4 * TILE
"""Bytes of a row: one node's values on a tile."""

MAX_SHARED = 36 * ROW
"""Bytes of shared memory for a block: three blocks fit on a processor of an H100 with 36 rows each."""

MAX_SCRATCH = 2**28
"""Bytes of scratch in global memory, unless a single genome needs more."""

BLOCKS_PER_PROCESSOR = 8
BYTES_OF_HEAD = 16


@dataclass(frozen=True)
class LaunchConfig:
    """The form of one launch.

    Attributes:
        blocks: each draws every ``blocks``-th tile.
        rows: rows in a block's shared memory; genomes that need more use the scratch.
        spare: floats of scratch for each block; 0 where no genome needs it.
    """

    blocks: int
    rows: int
    spare: int

    @property
    def shared(self) -> int:
        """Bytes of shared memory for a block."""
        return self.rows * ROW

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
            c_int(self.rows),
            c_void_p(scratch),
            c_longlong(self.spare),
            c_void_p(canvases),
        ]


def launch_config(rows: NDArray[np.int32], pixels: int, *, processors: int, shared: int) -> LaunchConfig:
    """The launch that draws genomes of ``rows`` rows each.

    Args:
        rows: ``(N,)``, at least one.
        pixels: of a canvas.
        processors: multiprocessors of the device.
        shared: bytes of shared memory that the device lets a block have.
    """
    max_rows = min(MAX_SHARED, shared) // ROW
    shared_rows = int(rows[rows <= max_rows].max(initial=0))
    jobs = len(rows) * -(-pixels // TILE)
    largest = int(rows.max())
    if largest <= max_rows:
        return LaunchConfig(jobs, shared_rows, 0)
    fitting = MAX_SCRATCH // (ROW * largest)
    blocks = max(1, min(jobs, fitting, processors * BLOCKS_PER_PROCESSOR))
    return LaunchConfig(blocks, shared_rows, largest * TILE)


@dataclass(frozen=True)
class CudaCppn(Cppn):
    """As ``Cppn``, with canvases that are torch uint8 tensors on ``device``: the same bytes.

    Args:
        canvas, coordinates, colors: as in ``Cppn``.
        device: ``cuda`` or ``cuda:N``.
    """

    device: str = "cuda"

    @cached_property
    def _inputs(self) -> Tensor:
        return torch.from_numpy(self.planes).to(self.device)

    def render(self, genomes: CppnGenomes) -> Canvases:
        """``(N, C, H, W) uint8`` on the device; queued on torch's current stream, nothing waits for it."""
        with torch.cuda.device(self.device):
            canvases = torch.empty((len(genomes), *self.canvas.axes), dtype=torch.uint8, device=self.device)
            if len(genomes):
                self._draw(genomes, canvases)
        return cast("Canvases", canvases)

    def _draw(self, genomes: CppnGenomes, canvases: Tensor) -> None:
        words = torch.empty(tape.words_needed(genomes), dtype=torch.int32, pin_memory=True)
        rows = tape.write(genomes, self.canvas.channels, words.numpy())
        device_words = words.to(self.device, non_blocking=True)
        index = torch.cuda.current_device()
        color_mode = "gray" if self.canvas.channels == 1 else self.colors
        kernel, limits = _kernel(index, color_mode), _properties(index)
        pixels = self.canvas.height * self.canvas.width
        form = launch_config(rows, pixels, processors=limits["processors"], shared=limits["shared"])
        scratch = torch.empty(form.blocks * form.spare, dtype=torch.float32, device=self.device)
        kernel.launch(
            blocks=form.blocks,
            threads=THREADS,
            shared=form.shared,
            stream=torch.cuda.current_stream().cuda_stream,
            arguments=form.arguments(
                device_words.data_ptr(),
                self._inputs.data_ptr(),
                scratch.data_ptr(),
                canvases.data_ptr(),
                pixels=pixels,
                genomes=len(genomes),
            ),
        )


def cuda_cppn(encoding: Cppn, device: str) -> Cppn:
    """``encoding`` on a device that torch calls ``cuda``; itself where torch means AMD's."""
    if torch.version.cuda is None:
        return encoding
    return CudaCppn(encoding.canvas, encoding.coordinates, encoding.colors, device)


@lru_cache(maxsize=64)
def _properties(device: int) -> dict[str, int]:
    return dict(properties(device))


@lru_cache(maxsize=64)
def _kernel(device: int, color_mode: str) -> Kernel:
    limits = _properties(device)
    image = compile_program(source(color_mode), limits["capability"])
    return Kernel(device, image, ENTRY, min(MAX_SHARED, limits["shared"]))
