"""Crowd: the runs against one network, and the images that they leave for the next one."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.engine.run import encoding_of
from foolery.errors import UsageError
from foolery.runs import RunFile


@dataclass(frozen=True)
class Crowd:
    """What was kept of R runs over n classes.

    Attributes:
        first: ``(R, n, C, H, W) uint8``, the champions of the first generation.
        last: those of the last generation.
        first_confidence: ``(R, n) float64``.
        last_confidence: likewise.
        seconds: of search, summed over the runs.
    """

    first: Canvases
    last: Canvases
    first_confidence: NDArray[np.float64]
    last_confidence: NDArray[np.float64]
    seconds: float

    def images(self, runs: int) -> Canvases:
        """``(2 n runs, C, H, W) uint8``: of the first so many runs, half of first generations (paper 3.6)."""
        shape = self.first.shape[2:]
        return np.concatenate([self.first[:runs].reshape(-1, *shape), self.last[:runs].reshape(-1, *shape)])

    def write(self, path: Path) -> None:
        """Write it whole or not at all."""
        part = path.with_name(f"{path.name}.part")
        with part.open("wb") as file:
            np.savez_compressed(
                file,
                first=self.first,
                last=self.last,
                first_confidence=self.first_confidence,
                last_confidence=self.last_confidence,
                seconds=np.float64(self.seconds),
            )
        os.replace(part, path)

    @classmethod
    def read(cls, path: Path) -> Crowd:
        """The crowd in a file; raises UsageError where it is damaged."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                return cls(
                    stored["first"],
                    stored["last"],
                    stored["first_confidence"],
                    stored["last_confidence"],
                    float(stored["seconds"]),
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise UsageError(f"out: {path} is damaged ({error}); delete it to have it made again") from None


def crowd_of(runs: Sequence[RunFile]) -> Crowd:
    """Draw the champions of the first and of the last generation of every run.

    Raises:
        UsageError: for a run with a class that nobody has taken, or without former champions' genomes.
    """
    first, last = [], []
    first_sure, last_sure = [], []
    for run in runs:
        cells = len(run.settings.cells)
        begun = {reign.cell: reign for reign in run.reigns if reign.generation == 0}
        if len(begun) < cells or len(run.champions) < cells:
            raise UsageError("runs: one has no champion for some class; give it a larger batch")
        genomes = {each.number: each.genome for each in run.individuals}
        packed = [genomes[begun[cell].individual] for cell in range(cells)]
        if any(genome is None for genome in packed):
            raise UsageError("runs: former champions have no genomes; evolve with --keep all")
        encoding = encoding_of(run.settings)
        present = [genome for genome in packed if genome is not None] + [row.genome for row in run.champions]
        drawn = encoding.render(encoding.unpack(present))
        first.append(drawn[:cells])
        last.append(drawn[cells:])
        first_sure.append([begun[cell].confidence for cell in range(cells)])
        last_sure.append([row.confidence for row in run.champions])
    return Crowd(
        np.stack(first),
        np.stack(last),
        np.array(first_sure),
        np.array(last_sure),
        sum(run.seconds for run in runs),
    )
