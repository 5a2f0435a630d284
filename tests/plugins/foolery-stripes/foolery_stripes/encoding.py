"""The encoding ``stripes``: horizontal stripes, each of one color."""

from dataclasses import dataclass

import numpy as np

from foolery.canvas import CanvasShape
from foolery.encodings import Encoding
from foolery.errors import UsageError
from foolery.rng import Purpose


@dataclass(frozen=True)
class Stripes(Encoding):
    """Genomes are ``(N, C * stripes) uint8``: the levels of every stripe."""

    canvas: CanvasShape
    stripes: int = 8

    name = "stripes"
    keeps_ancestors = True

    def __post_init__(self):
        if not 1 <= self.stripes <= self.canvas.height:
            raise UsageError(f"stripes: expected 1 to {self.canvas.height}, got {self.stripes}")

    @property
    def options(self):
        return {"stripes": self.stripes}

    @property
    def genes(self):
        return self.canvas.channels * self.stripes

    def initial(self, stream):
        return stream.bytes(Purpose.INITIAL, self.genes)

    def vary(self, parents, stream):
        changed = stream.bytes(Purpose.MUTATE, self.genes) < 26  # one gene in ten
        return np.where(changed, stream.bytes(Purpose.STEP, self.genes), parents)

    def take(self, genomes, index):
        return genomes[index]

    def put(self, genomes, index, source):
        genomes[index] = source
        return genomes

    def join(self, parts):
        return np.concatenate(parts)

    def render(self, genomes):
        levels = genomes.reshape(len(genomes), self.canvas.channels, self.stripes)
        rows = levels[:, :, np.arange(self.canvas.height) * self.stripes // self.canvas.height]
        return np.repeat(rows[..., None], self.canvas.width, axis=3)

    def pack(self, genomes):
        return [genome.tobytes() for genome in genomes]

    def unpack(self, blobs):
        if any(len(blob) != self.genes for blob in blobs):
            raise UsageError(f"genome: not one of {self.genes} genes; the file is damaged or was altered")
        return np.frombuffer(b"".join(blobs), np.uint8).reshape(len(blobs), self.genes).copy()
