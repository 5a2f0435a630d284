"""What the studio breeds with; made here, so that it knows no classifier and no engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from foolery.errors import UsageError

if TYPE_CHECKING:
    from foolery.cli._studio_backend import LoadedPredictor
    from foolery.engine.breeding import Breeding


@dataclass(frozen=True)
class StudioBreeder:
    """Starts runs of the studio's classifiers, and goes on with them; see ``foolery.studio.breeding``."""

    predictors: Sequence[LoadedPredictor]
    command: str = "foolery studio"

    def start(self, predictor: int, library: Path, source: tuple[Path, int] | None) -> Breeding:
        """A new run in the library, from nothing or from the champion that holds a cell of a run."""
        from foolery.engine.breeding import Breeding, free_folder

        classifier = self.predictors[predictor].classifier
        genome = None if source is None else champion_genome(*source)
        folder, seed = free_folder(library)
        return Breeding.start(classifier, folder, source=genome, seed=seed, command=self.command)

    def go_on(self, folder: Path) -> tuple[int, Breeding]:
        """A run that was bred before; its classifier must be one of the studio's.

        Raises:
            UsageError: it is not.
        """
        from foolery.engine.breeding import Breeding
        from foolery.runs import open_run_file

        settings = open_run_file(folder).settings
        for number, predictor in enumerate(self.predictors):
            if predictor.fingerprint == settings.fingerprint:
                return number, Breeding.go_on(predictor.classifier, folder, command=self.command)
        raise UsageError(
            f"{folder.name}: its classifier {settings.classifier} is not loaded; start the studio with "
            f"--classifier {settings.classifier}"
        )

    def enter(self, predictor: int, genome: bytes, folder: Path) -> list[str]:
        """The classes that a picture took in a run of the same predictor."""
        from foolery.engine.breeding import enter_archive

        return enter_archive(self.predictors[predictor].classifier, folder, genome, command=self.command)


def champion_genome(folder: Path, cell: int) -> bytes:
    """The packed CPPN that holds a cell of a run.

    Raises:
        UsageError: the run is of another encoding, or the cell is empty.
    """
    from foolery.runs import open_run_file

    run = open_run_file(folder)
    if run.settings.encoding != "cppn":
        raise UsageError(f"{folder.name}: only CPPNs can be bred; this run is {run.settings.encoding}")
    genome = next((each.genome for each in run.champions if each.cell == cell), None)
    if genome is None:
        raise UsageError(f"{folder.name}: class number {cell} has no champion yet")
    return genome
