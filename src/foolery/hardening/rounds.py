"""One round of an arms race: what was measured, and the fooling images for the next network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from foolery.arrays import read_arrays
from foolery.canvas import Canvases
from foolery.engine.run import run_encoding
from foolery.errors import UsageError
from foolery.files import atomic, write_atomic
from foolery.hardening.config import ROUND_FILE, read_versioned, unreadable, versioned
from foolery.runs import RunFile
from foolery.text import THRESHOLDS
from foolery.untrusted import UnreadableError

#: Images are packed to a smaller file; to so many times less at most, unless they are few bytes.
_MOST_PACKED, _SMALL = 200, 2**26

#: Fields of a round in format 1, and what they are called today.
_RENAMED = {
    "error": "test_error",
    "pictures": "training_images",
    "fooling": "fooling_images",
    "confidence": "median_confidence",
    "first_confidence": "first_generation_median",
}


class Round(BaseModel):
    """One network, trained and fooled.

    Attributes:
        number: from 1.
        test_error: share of the real test images that it gets wrong; a fooling class counts as wrong.
        real_as_fooling: share of the real test images that it takes for fooling images.
        training_images: number of images it was trained on, real ones and fooling images.
        fooling_images: number of fooling images among them, repeats included.
        runs: against it.
        median_confidence: over the reported runs and all classes, of the last generation's champions.
        quartiles: the same, lower and upper quarter.
        first_generation_median: the same median for the first generation's champions.
        run_medians: for each reported run the median over its classes.
        class_medians: for each class the median over the reported runs.
        fooled: confidence threshold to the share of champions that reach it.
        seconds: of training and of search.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    test_error: float
    real_as_fooling: float
    training_images: int
    fooling_images: int
    runs: int
    median_confidence: float
    quartiles: tuple[float, float]
    first_generation_median: float
    run_medians: tuple[float, ...]
    class_medians: tuple[float, ...]
    fooled: dict[str, float]
    seconds: dict[str, float]

    @classmethod
    def read(cls, file: Path) -> Round:
        """The round in ``file``; raises UsageError where it is damaged, or of a later version."""
        values = read_versioned(file, "foolery_round", _RENAMED)
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise unreadable(file, error) from None

    def write(self, file: Path) -> None:
        """Write it whole or not at all."""
        write_atomic(file, versioned("foolery_round", self))


def round_folder(folder: Path, number: int) -> Path:
    """Where round ``number`` of the arms race in ``folder`` lies."""
    return folder / f"round-{number:02d}"


def round_files(folder: Path) -> list[Path]:
    """The files of the rounds that are done; what a link leads to outside of ``folder`` is left out."""
    top = folder.resolve()
    files = sorted(folder.glob(f"round-*/{ROUND_FILE}"))
    return [file for file in files if file.resolve().is_relative_to(top)]


@dataclass(frozen=True)
class RoundImages:
    """Fooling images of R runs over n classes against the network of one round.

    Attributes:
        first_images: ``(R, n, C, H, W) uint8``, the champions of the first generation.
        last_images: ``(R, n, C, H, W) uint8``, those of the last generation.
        first_confidence: ``(R, n) float64``.
        last_confidence: ``(R, n) float64``.
        seconds: of search, summed over the runs.
    """

    first_images: Canvases
    last_images: Canvases
    first_confidence: NDArray[np.float64]
    last_confidence: NDArray[np.float64]
    seconds: float

    def training_images(self, runs: int) -> Canvases:
        """``(2 n runs, C, H, W) uint8``: of the first so many runs, half of first generations (paper 3.6)."""
        shape = self.first_images.shape[2:]
        return np.concatenate(
            [self.first_images[:runs].reshape(-1, *shape), self.last_images[:runs].reshape(-1, *shape)]
        )

    def write(self, path: Path) -> None:
        """Write it whole or not at all."""
        with atomic(path) as part, part.open("wb") as file:
            np.savez_compressed(
                file,
                first=self.first_images,
                last=self.last_images,
                first_confidence=self.first_confidence,
                last_confidence=self.last_confidence,
                seconds=np.float64(self.seconds),
            )

    @classmethod
    def read(cls, path: Path) -> RoundImages:
        """The images in a file; raises UsageError where it is damaged, or unpacks to far more than it is."""
        try:
            limit = max(_SMALL, _MOST_PACKED * path.stat().st_size)
            stored = read_arrays(path, limit)
            images = cls(
                stored["first"],
                stored["last"],
                stored["first_confidence"],
                stored["last_confidence"],
                float(stored["seconds"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = error.reason if isinstance(error, UnreadableError) else f"damaged ({error})"
            raise UsageError(f"out: {path}: {reason}; delete it, and resume to make it again") from None
        pair = (images.first_images, images.last_images)
        if not all(each.ndim == 5 and each.dtype == np.uint8 for each in pair) or not (
            pair[0].shape == pair[1].shape
            and images.first_confidence.shape == images.last_confidence.shape == pair[0].shape[:2]
        ):
            raise UsageError(
                f"out: {path}: damaged (its arrays do not fit each other); delete it, and resume to make it "
                "again"
            )
        return images


def images_of_runs(runs: Sequence[RunFile]) -> RoundImages:
    """Draw the champions of the first and of the last generation of every run.

    Raises:
        UsageError: for a run with a class that nobody has taken, or without former champions' genomes.
    """
    first, last = [], []
    first_confidences, last_confidences = [], []
    for run in runs:
        cells = len(run.settings.cells)
        initial = {each.cell: each for each in run.replacements if each.generation == 0}
        if len(initial) < cells or len(run.champions) < cells:
            raise UsageError("runs: one has no champion for some class; give it a larger batch")
        genomes = {each.number: each.genome for each in run.individuals}
        packed = [genomes[initial[cell].individual] for cell in range(cells)]
        if any(genome is None for genome in packed):
            raise UsageError("runs: former champions have no genomes; evolve with --keep-genomes all")
        encoding = run_encoding(run.settings)
        stored = [genome for genome in packed if genome is not None] + [row.genome for row in run.champions]
        canvases = encoding.render(encoding.unpack(stored))
        first.append(canvases[:cells])
        last.append(canvases[cells:])
        first_confidences.append([initial[cell].confidence for cell in range(cells)])
        last_confidences.append([row.confidence for row in run.champions])
    return RoundImages(
        np.stack(first),
        np.stack(last),
        np.array(first_confidences),
        np.array(last_confidences),
        sum(run.seconds for run in runs),
    )


def summarize_round(
    number: int,
    images: RoundImages,
    reported: int,
    *,
    test_error: float,
    real_as_fooling: float,
    training_images: int,
    fooling_images: int,
    training_seconds: float,
) -> Round:
    """Sum up a round from its runs; figures are over the first ``reported`` of them."""
    confidences = images.last_confidence[:reported]
    low, median, high = np.quantile(confidences, [0.25, 0.5, 0.75])
    return Round(
        number=number,
        test_error=test_error,
        real_as_fooling=real_as_fooling,
        training_images=training_images,
        fooling_images=fooling_images,
        runs=len(images.last_confidence),
        median_confidence=float(median),
        quartiles=(float(low), float(high)),
        first_generation_median=float(np.median(images.first_confidence[:reported])),
        run_medians=tuple(np.median(confidences, axis=1).tolist()),
        class_medians=tuple(np.median(confidences, axis=0).tolist()),
        fooled={str(bound): float((confidences >= bound).mean()) for bound in THRESHOLDS},
        seconds={"training": training_seconds, "search": images.seconds},
    )
