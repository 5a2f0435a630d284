"""The encoding ``cppn`` with its pictures drawn by a GPU of NVIDIA, in the GPU's memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import cast

from foolery.canvas import Canvases
from foolery.encodings.cppn.cuda import tape
from foolery.encodings.cppn.cuda.driver import Kernel, properties
from foolery.encodings.cppn.cuda.launch import MOST_SHARED, THREADS, launch_of
from foolery.encodings.cppn.cuda.program import compiled
from foolery.encodings.cppn.cuda.source import ENTRY, source
from foolery.encodings.cppn.encoding import Cppn
from foolery.encodings.cppn.genome import CppnGenomes
from foolery.errors import MissingExtraError

try:
    import torch
    from torch import Tensor
except ImportError:
    raise MissingExtraError("torch", "torch", "draw on a GPU") from None


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
        sent = words.to(self.device, non_blocking=True)
        index = torch.cuda.current_device()
        meaning = "gray" if self.canvas.channels == 1 else self.colors
        kernel, has = _kernel(index, meaning), _properties(index)
        pixels = self.canvas.height * self.canvas.width
        form = launch_of(rows, pixels, processors=has["processors"], shared=has["shared"])
        scratch = torch.empty(form.blocks * form.spare, dtype=torch.float32, device=self.device)
        kernel.launch(
            blocks=form.blocks,
            threads=THREADS,
            shared=form.shared,
            stream=torch.cuda.current_stream().cuda_stream,
            arguments=form.arguments(
                sent.data_ptr(),
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
def _kernel(device: int, meaning: str) -> Kernel:
    has = _properties(device)
    image = compiled(source(meaning), has["capability"])
    return Kernel(device, image, ENTRY, min(MOST_SHARED, has["shared"]))
