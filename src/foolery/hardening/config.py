"""Settings of an arms race, and the files that an arms race consists of.

``arms_race.json`` holds the settings, ``round-NN/round.json`` what a round measured. Both say the version of
their format. Format 1 had no version, called the settings ``contest.json``, and other names for some fields.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from foolery.classifiers.architectures import check_architecture
from foolery.classifiers.card import CanvasCard
from foolery.errors import UsageError
from foolery.files import write_atomic
from foolery.training.recipes import RECIPES, TrainingRecipe
from foolery.untrusted import UnreadableError, read_json

FORMAT = 2
CONFIG_FILE, OLD_CONFIG_FILE = "arms_race.json", "contest.json"
ROUND_FILE, IMAGES_FILE, NETWORK_FILE = "round.json", "images.npz", "network.safetensors"

#: The name of class n + 1.
FOOLING_CLASS = "fooling image"

Method = Literal["class", "acet", "fine-tune"]
OnBroken = Literal["refuse", "skip"]
Count = Annotated[int, Field(ge=1, le=10**9)]


def training_seed(seed: int, number: int) -> int:
    """Of network ``number`` (from 1) of the race of ``seed``: no two races share one (of a million).

    ``seed + number - 1``, as it once was, gave the first network of a race the start of the second one of its
    neighbour.
    """
    return 1_000_000 * seed + number - 1


def search_seed(seed: int, number: int) -> int:
    """Of the first run against that network; runs against other networks, of any race, draw other numbers."""
    return 1000 * (1_000_000 * seed + number)


class ArmsRaceConfig(BaseModel):
    """Rounds of training and fooling; the defaults are the paper's for MNIST (3.7).

    Attributes:
        architecture: of every network.
        method: ``class`` trains each from scratch with a fooling class (paper 3.6); ``acet`` fine-tunes
            the one before on optimised noise; ``fine-tune`` gives the pretrained ``start`` a fooling class.
        start: reference of a network that the first round takes as it is; None to train it.
        card: file of its card, where that does not lie beside it.
        data: a data reference, or another name of the images.
        seed: of the first network, and of the first run against it.
        rounds: number of networks.
        first_runs: runs against the first network.
        runs: runs against each later one.
        reported_runs: runs whose confidences are reported.
        generations: of each run.
        batch: children per generation.
        encoding: of the fooling images.
        copies: how often each fooling image is repeated in the training set.
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
    reported_runs: Count = 30
    generations: Count = 200
    batch: Count = 200
    encoding: str = "cppn"
    copies: Count = 1
    iterations: Count | None = None
    side: Count | None = None

    @property
    def card_file(self) -> Path | None:
        """The file of the card, as a path."""
        return None if self.card is None else Path(self.card)

    def runs_in(self, number: int) -> int:
        """Runs in round ``number``, the first of which is 1; the last needs only those that are reported."""
        if number == self.rounds:
            return self.reported_runs
        return max(self.first_runs if number == 1 else self.runs, self.reported_runs)

    def recipe(self) -> TrainingRecipe:
        """That of the architecture, with the steps and the canvas of these settings."""
        recipe = RECIPES[check_architecture(self.architecture)]
        if self.iterations is not None:
            recipe = replace(recipe, iterations=self.iterations)
        if self.side is not None:
            preprocessing = recipe.preprocessing
            canvas = CanvasCard(channels=preprocessing.canvas.channels, height=self.side, width=self.side)
            recipe = replace(recipe, preprocessing=preprocessing.model_copy(update={"canvas": canvas}))
        return recipe

    def queries(self) -> int:
        """Images classified in all rounds."""
        runs = sum(self.runs_in(number) for number in range(1, self.rounds + 1))
        return runs * (self.generations + 1) * self.batch

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The settings of the arms race in ``folder``.

        Raises:
            UsageError: where their file is damaged, or of a later version.
        """
        path = config_file(folder)
        values = read_versioned(path, "foolery_arms_race", {"reported": "reported_runs"})
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise unreadable(path, error) from None

    def write(self, folder: Path) -> None:
        """Write them in the newest format, whole or not at all; a file of format 1 goes."""
        write_atomic(folder / CONFIG_FILE, versioned("foolery_arms_race", self))
        (folder / OLD_CONFIG_FILE).unlink(missing_ok=True)


def config_file(folder: Path) -> Path:
    """Where the settings in ``folder`` lie, or would lie."""
    old = folder / OLD_CONFIG_FILE
    return old if old.is_file() and not (folder / CONFIG_FILE).is_file() else folder / CONFIG_FILE


def versioned(key: str, values: BaseModel) -> str:
    """``values`` as JSON, with the version of the format under ``key`` before them."""
    return json.dumps({key: FORMAT, **values.model_dump(mode="json")}, indent=1, ensure_ascii=False) + "\n"


def read_versioned(path: Path, key: str, renamed: Mapping[str, str]) -> dict[str, Any]:
    """The fields in a file of an arms race, with the names that they have today.

    Args:
        path: of the file.
        key: under which the version stands; format 1 has none.
        renamed: names of format 1 to those of today.

    Raises:
        UsageError: where the file is no JSON object, or was written by a later foolery.
    """
    try:
        values = read_json(path)
        version = values.pop(key, 1)
    except (ValueError, AttributeError, TypeError) as error:
        raise unreadable(path, error) from None
    if not isinstance(version, int) or not 1 <= version <= FORMAT:
        raise UsageError(
            f"{path}: format {version!r} of a later foolery; this one reads 1 to {FORMAT}: update foolery"
        )
    return {renamed.get(name, name): value for name, value in values.items()} if version == 1 else values


def unreadable(path: Path, error: Exception) -> UsageError:
    """The one line about a damaged file."""
    why = error.reason if isinstance(error, UnreadableError) else str(error).splitlines()[0]
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return UsageError(f"{path}: cannot be read ({why}); restore it, or begin in another folder")
