"""Crowd: the runs against one network, and the images that they leave for the next one."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from foolery.canvas import Canvases
from foolery.engine.run import encoding_of
from foolery.errors import UsageError
from foolery.runs import RunFile

if TYPE_CHECKING:
    from foolery.hardening.settings import Contest


@dataclass(frozen=True)
class Standing:
    """Settings of an arms race, and the rounds that are done.

    Attributes:
        name: of its folder.
    """

    name: str
    contest: Contest
    rounds: tuple[Round, ...]


def standing_of(folder: Path) -> Standing:
    """What the arms race in ``folder`` has come to.

    Raises:
        UsageError: where a file of it is damaged.
    """
    from foolery.hardening.arms_race import CONTEST
    from foolery.hardening.settings import Contest

    contest, rounds = Contest.read(folder / CONTEST), []
    for file in files_of(folder):
        try:
            rounds.append(Round.model_validate_json(file.read_text(encoding="utf-8")))
        except (OSError, ValidationError) as error:
            raise UsageError(f"{file}: cannot be read ({str(error).splitlines()[0]})") from None
    return Standing(folder.resolve().name, contest, tuple(sorted(rounds, key=lambda each: each.number)))


def files_of(folder: Path) -> list[Path]:
    """The files of the rounds that are done; what a link leads to outside of ``folder`` is left out."""
    top = folder.resolve()
    return [file for file in sorted(folder.glob("round-*/round.json")) if file.resolve().is_relative_to(top)]


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


class Round(BaseModel):
    """One network, trained and fooled.

    Attributes:
        number: from 1.
        error: share of the real test pictures that it gets wrong; a fooling class counts as wrong.
        real_as_fooling: share of the real test pictures that it takes for fooling images.
        pictures: that it learnt from, real ones and fooling images.
        fooling: images among them, repeats included.
        runs: against it.
        confidence: median over the reported runs and all classes, of the last generation's champions.
        quartiles: the same, lower and upper quarter.
        first_confidence: the same median for the first generation's champions.
        run_medians: for each reported run the median over its classes.
        class_medians: for each class the median over the reported runs.
        fooled: confidence threshold to the share of champions that reach it.
        seconds: of training and of search.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    error: float
    real_as_fooling: float
    pictures: int
    fooling: int
    runs: int
    confidence: float
    quartiles: tuple[float, float]
    first_confidence: float
    run_medians: tuple[float, ...]
    class_medians: tuple[float, ...]
    fooled: dict[str, float]
    seconds: dict[str, float]


THRESHOLDS = ("0.5", "0.9", "0.99", "0.9999")


def round_of(
    number: int,
    crowd: Crowd,
    reported: int,
    *,
    error: float,
    real_as_fooling: float,
    pictures: int,
    fooling: int,
    training: float,
) -> Round:
    """Sum up a round from its runs; figures are over the first ``reported`` of them."""
    sure = crowd.last_confidence[:reported]
    low, middle, high = np.quantile(sure, [0.25, 0.5, 0.75])
    return Round(
        number=number,
        error=error,
        real_as_fooling=real_as_fooling,
        pictures=pictures,
        fooling=fooling,
        runs=len(crowd.last_confidence),
        confidence=float(middle),
        quartiles=(float(low), float(high)),
        first_confidence=float(np.median(crowd.first_confidence[:reported])),
        run_medians=tuple(np.median(sure, axis=1).tolist()),
        class_medians=tuple(np.median(sure, axis=0).tolist()),
        fooled={bound: float((sure >= float(bound)).mean()) for bound in THRESHOLDS},
        seconds={"training": training, "search": crowd.seconds},
    )
