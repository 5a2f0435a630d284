"""Contest: the settings of an arms race between a network and the search that fools it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from foolery.classifiers.architectures import check_architecture
from foolery.classifiers.card import CanvasCard
from foolery.errors import UsageError
from foolery.training.recipes import RECIPES, Recipe

Count = Annotated[int, Field(ge=1, le=10**9)]


Method = Literal["class", "acet", "fine-tune"]


class Contest(BaseModel):
    """Rounds of training and fooling; the defaults are the paper's for MNIST (3.7).

    Attributes:
        architecture: of every network.
        method: ``class`` trains each from scratch with a fooling class (paper 3.6); ``acet`` fine-tunes
            the one before on optimised noise; ``fine-tune`` gives the pretrained ``start`` a fooling class.
        start: reference of a network that the first round takes as it is; None to train it.
        card: file of its card, where that does not lie beside it.
        data: a data reference, or another name of the pictures.
        seed: of the first network, and of the first run against it.
        rounds: number of networks.
        first_runs: runs against the first network.
        runs: against each later one.
        reported: runs of which confidences are reported.
        generations: of each run.
        batch: children per generation.
        encoding: of the images.
        copies: how often the fooling class is repeated in the training set.
        iterations: steps of training; None for the recipe's.
        side: of the canvas, in pixels; None for the recipe's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: str = "lenet"
    method: Method = "class"
    start: str | None = None
    card: str | None = None
    data: str = "mnist"
    seed: int = 0
    rounds: Count = 15
    first_runs: Count = 300
    runs: Count = 50
    reported: Count = 30
    generations: Count = 200
    batch: Count = 200
    encoding: str = "cppn"
    copies: Count = 1
    iterations: Count | None = None
    side: Count | None = None

    def runs_in(self, number: int) -> int:
        """Runs in round ``number``, the first of which is 1; the last needs only those that are reported."""
        if number == self.rounds:
            return self.reported
        return max(self.first_runs if number == 1 else self.runs, self.reported)

    def recipe(self) -> Recipe:
        """That of the architecture, with the steps and the canvas asked for."""
        recipe = RECIPES[check_architecture(self.architecture)]
        if self.iterations is not None:
            recipe = replace(recipe, iterations=self.iterations)
        if self.side is not None:
            how = recipe.preprocessing
            canvas = CanvasCard(channels=how.canvas.channels, height=self.side, width=self.side)
            recipe = replace(recipe, preprocessing=how.model_copy(update={"canvas": canvas}))
        return recipe

    def queries(self) -> int:
        """Images classified in all rounds."""
        runs = sum(self.runs_in(number) for number in range(1, self.rounds + 1))
        return runs * (self.generations + 1) * self.batch

    @classmethod
    def read(cls, path: Path) -> Self:
        """The contest in a JSON file; raises UsageError where it is damaged."""
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            raise UsageError(f"out: {path} cannot be read ({str(error).splitlines()[0]})") from None
