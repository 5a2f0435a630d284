"""Prepare: everything that an arms race needs is found and checked before its first round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from foolery.classifiers.architectures import build, check_architecture, known_architectures
from foolery.classifiers.card import CanvasCard, card_beside, read_card
from foolery.data import LabelledData, open_data
from foolery.data.class_matching import match_classes
from foolery.data.labelled import Unbroken
from foolery.encodings import make_encoding
from foolery.errors import UsageError
from foolery.hardening.fine_tuning import trainable
from foolery.hardening.training_set import weights_of
from foolery.training.export import check_exporter
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


Broken = Literal["refuse", "skip"]
IN_MEMORY = 1 << 28  # bytes of pictures that fine-tuning holds decoded; more of them are read again and again
LISTED = 5  # names of broken pictures in a message


@dataclass(frozen=True)
class Ready:
    """A contest with its data.

    Attributes:
        contest: settings.
        pictures: to learn from; in memory, except for fine-tuning.
        tests: to measure with.
        notes: what the user should know before it starts, a line each.
    """

    contest: Contest
    pictures: LabelledData
    tests: LabelledData
    notes: tuple[str, ...]


def prepared(
    network: str,
    data: str,
    method: Method,
    *,
    broken: Broken = "refuse",
    over_represent: float | None = None,
    settings: Mapping[str, object],
) -> Ready:
    """Find network and data, and check that they belong together.

    Args:
        network: an architecture, to be trained from scratch; or a reference, to be fine-tuned.
        data: a data reference.
        method: of hardening.
        broken: whether pictures that cannot be read are left out, or end it.
        over_represent: how large the fooling class is to be, in average classes; None: every image once.
        settings: further fields of ``Contest``.

    Raises:
        UsageError: for anything that cannot be used, in one line.
        MissingExtraError: without torch.
    """
    if method == "fine-tune":
        return _to_fine_tune(network, data, broken, over_represent, settings)
    architecture, start = _found(network, method)
    if settings.get("card") is not None:
        raise UsageError("card: only method fine-tune takes one; the others find it beside the network")
    contest = _contest(
        {"architecture": architecture, "data": data, "method": method, "start": start}, settings
    )
    shape = contest.recipe().preprocessing.shape
    make_encoding(contest.encoding, shape)
    build(architecture, 2)
    check_exporter()
    opened = open_data(data, "train")
    (pictures,) = opened.batches(len(opened), shape)
    notes = _about_broken(opened.unreadable, broken)
    if start is not None and read_card(card_beside(weights_of(start))).classes != pictures.classes:
        raise UsageError(f"data: its classes are not those of {network}, in their order")
    if over_represent is not None:
        contest = contest.model_copy(update={"copies": _copies(contest, pictures, over_represent)})
    return Ready(contest, pictures, open_data(data, "test"), notes)


def _contest(known: Mapping[str, object], settings: Mapping[str, object]) -> Contest:
    chosen = {key: value for key, value in settings.items() if value is not None}
    try:
        return Contest.model_validate({**chosen, **known})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).replace("_", "-")
        raise UsageError(f"{name}: {first['msg'].lower()}, got {first['input']!r}") from None


def _to_fine_tune(
    network: str,
    data: str,
    broken: Broken,
    over_represent: float | None,
    settings: Mapping[str, object],
) -> Ready:
    """A contest of a pretrained network; its pictures are read as they are needed."""
    check_exporter()
    if settings.get("side") is not None:
        raise UsageError("side: a pretrained network has its canvas; leave it out")
    card = None if settings.get("card") is None else Path(str(settings["card"]))
    found = trainable(network, card)
    known = found.description
    contest = _contest(
        {
            "architecture": found.card.architecture or known.name,
            "data": data,
            "method": "fine-tune",
            "start": network,
        },
        settings,
    )
    make_encoding(contest.encoding, known.canvas)
    pictures, tests = open_data(data, "train"), open_data(data, "test")
    for each in (pictures, tests):
        match_classes(each.classes, known.classes, known.name)
    notes: tuple[str, ...] = (f"{network} is fine-tuned, not trained from scratch",)
    if len(pictures) * known.canvas.size <= IN_MEMORY:
        opened = pictures
        (pictures,) = opened.batches(len(opened), known.canvas)
        notes += _about_broken(opened.unreadable, broken)
    elif broken == "refuse":
        pictures = Unbroken(pictures)
    if over_represent is not None:
        contest = contest.model_copy(update={"copies": _copies(contest, pictures, over_represent)})
    return Ready(contest, pictures, tests, notes)


def _found(network: str, method: Method) -> tuple[str, str | None]:
    """Architecture, and what to start from."""
    if method == "class":
        if network not in known_architectures():
            raise UsageError(
                f"network: method class trains from scratch, so it takes an architecture "
                f"({', '.join(known_architectures())}), got {network!r}"
            )
        return network, None
    weights = weights_of(network)
    return str(read_card(card_beside(weights)).architecture), network


def _about_broken(unreadable: list[str], broken: Broken) -> tuple[str, ...]:
    if not unreadable:
        return ()
    listed = "; ".join(unreadable[:LISTED]) + (" …" if len(unreadable) > LISTED else "")
    if broken == "refuse":
        raise UsageError(
            f"data: {len(unreadable)} pictures cannot be read ({listed}); mend them, or give --broken skip"
        )
    return (f"left out {len(unreadable)} pictures that cannot be read: {listed}",)


def _copies(contest: Contest, pictures: LabelledData, over_represent: float) -> int:
    if not 0 < over_represent <= 1000:
        raise UsageError(f"over-represent: expected a number above 0 and up to 1000, got {over_represent:g}")
    ordinary = len(pictures) / len(pictures.classes)
    images = 2 * len(pictures.classes) * contest.first_runs
    copies = round(over_represent * ordinary / images)
    if copies < 1:
        raise UsageError(
            f"over-represent: {images} images of the first round are more than {over_represent:g} times the "
            f"{ordinary:.0f} of a class already; give fewer --first-runs, or leave it out"
        )
    return copies
