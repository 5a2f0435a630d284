"""Training from scratch: from an architecture, data and a seed to a classifier in three files."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from foolery.classifiers.accuracy import measure_accuracy
from foolery.classifiers.architectures import build, check_architecture
from foolery.classifiers.card import Card, card_beside
from foolery.classifiers.fingerprint import fingerprint
from foolery.classifiers.preprocess import input_shape
from foolery.classifiers.torch_model import load_weights
from foolery.data import LabelledData, LabelledImages, load_data
from foolery.errors import UsageError
from foolery.install import shell_words
from foolery.rng import check_seed
from foolery.training.export import check_exporter, export_network
from foolery.training.recipes import RECIPES, TrainingRecipe

if TYPE_CHECKING:
    from foolery.classifiers.architectures.base import Network
    from foolery.training.loop import OnStep


def train(
    architecture: str,
    *,
    data: str,
    seed: int,
    out: Path,
    name: str | None = None,
    on_step: OnStep | None = None,
    iterations: int | None = None,
    overwrite: bool = False,
) -> Card:
    """Train a network and write ``NAME.safetensors``, ``NAME.onnx`` and ``NAME.card.json``.

    The card, which is returned too, states error, median confidence and calibration error on the test
    images. The same seed gives the same files (same machine, same torch).

    Args:
        architecture: ``lenet``, ``perceptron``, ``vae``, ``convnet`` or ``vit``.
        data: a data reference, for instance ``mnist``.
        seed: of the first weights and of the order of the images.
        out: the folder to write to; it is made where it is missing.
        name: of the classifier and its files, by default that of the architecture.
        on_step: called after every step with the steps done, the steps in all, and the loss.
        iterations: steps, by default the recipe's.
        overwrite: replace files of that name.

    Raises:
        UsageError: for an unknown architecture or data, a bad number or name, files that are there already.
        MissingExtraError: without the extra ``torch``.
    """
    plan = _plan(architecture, data, seed, out, name or architecture, iterations)
    if not overwrite:
        _check_free(plan)
    train_data, test_data = load_data(data, "train"), load_data(data, "test")
    network = build(architecture, len(train_data.classes))

    from foolery.training.generative import calibrate_density, hold_out
    from foolery.training.loop import train_network

    check_exporter()
    _make_folder(out)
    (images,) = train_data.batches(len(train_data), plan.recipe.preprocessing.shape)
    training_part, held_out = hold_out(network, images)
    train_network(network, training_part, plan.recipe, seed, on_step)
    density = calibrate_density(network, held_out, plan.recipe)
    weights, graph, card_file = plan.files
    export_network(network, input_shape(plan.recipe.preprocessing), weights, graph)
    card = training_card(weights, architecture, images.classes, plan.recipe, plan.command)
    card = with_accuracy(card, weights, test_data).model_copy(update=density)
    card.write(card_file)
    return card


def train_from_scratch(
    architecture: str,
    train_data: LabelledImages,
    recipe: TrainingRecipe,
    seed: int,
    weights: Path,
    made_by: str,
    on_step: OnStep | None = None,
) -> Card:
    """Train on given images; write ``weights`` (``.safetensors``), the ONNX graph and the card beside it.

    The card is written last: where it is, the network is whole.
    """
    from foolery.training.loop import train_network

    network = build(architecture, len(train_data.classes))
    train_network(network, train_data, recipe, seed, on_step)
    export_network(network, input_shape(recipe.preprocessing), weights, weights.with_suffix(".onnx"))
    card = training_card(weights, architecture, train_data.classes, recipe, made_by)
    card.write(card_beside(weights))
    return card


def training_card(
    weights: Path, architecture: str, classes: tuple[str, ...], recipe: TrainingRecipe, made_by: str
) -> Card:
    """The card of a network that was trained by ``recipe`` into ``weights``; says nothing of its accuracy."""
    import torch

    from foolery.training.loop import THREADS

    return Card(
        name=weights.stem,
        kind="softmax",
        classes=classes,
        preprocessing=recipe.preprocessing,
        architecture=architecture,
        made_by=made_by,
        notes=f"{recipe.describe()} torch {torch.__version__}, {THREADS} threads.",
    )


def with_accuracy(card: Card, weights: Path, test_data: LabelledData) -> Card:
    """``card`` with error, median confidence and calibration error of the network on ``test_data``."""
    from foolery.classifiers.torch import open_torch

    classifier = open_torch(weights.stem, weights, card, fingerprint([weights], card))
    predictions = measure_accuracy(classifier, test_data)
    return card.model_copy(
        update={
            "test_error": round(predictions.error, 6),
            "median_confidence": round(predictions.median_confidence(), 6),
            "calibration_error": round(predictions.calibration_error(), 6),
        }
    )


def load_network(weights: Path, card: Card) -> Network:
    """The network that lies in ``weights``, of the architecture that its card names."""
    network = build(str(card.architecture), len(card.classes))
    load_weights(network, weights, str(card.architecture))
    return network


@dataclass(frozen=True)
class TrainingPlan:
    """What is to be trained, checked before the work starts.

    Attributes:
        architecture: of the network.
        name: of the classifier and its files.
        data: a data reference.
        seed: of the first weights and of the order of the images.
        recipe: how.
        folder: to write to.
    """

    architecture: str
    name: str
    data: str
    seed: int
    recipe: TrainingRecipe
    folder: Path

    @property
    def weights(self) -> Path:
        """``NAME.safetensors``; the ONNX graph and the card lie beside it."""
        return self.folder / f"{self.name}.safetensors"

    @property
    def files(self) -> tuple[Path, Path, Path]:
        """Weights, ONNX graph and card."""
        return self.weights, self.weights.with_suffix(".onnx"), card_beside(self.weights)

    @property
    def command(self) -> str:
        """The command that carries it out, but for the folder."""
        command = shell_words(
            ["foolery", "train", self.architecture, "--data", self.data, "--seed", str(self.seed)]
        )
        if self.name != self.architecture:
            command += f" --name {shell_words([self.name])}"
        if self.recipe.iterations != RECIPES[self.architecture].iterations:
            command += f" --iterations {self.recipe.iterations}"
        return command


def _plan(
    architecture: str, data: str, seed: int, out: Path, name: str, iterations: int | None
) -> TrainingPlan:
    recipe = RECIPES[check_architecture(architecture)]
    if iterations is not None:
        if not 1 <= iterations <= 10**9:
            raise UsageError(f"iterations: expected a whole number from 1 to 10^9, got {iterations}")
        recipe = replace(recipe, iterations=iterations)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise UsageError(f"name: expected letters, digits, '.', '_' and '-', got {name!r}")
    return TrainingPlan(architecture, name, data, check_seed(seed), recipe, out)


def _check_free(plan: TrainingPlan) -> None:
    for path in plan.files:
        if path.exists():
            raise UsageError(f"out: {path} is there already; give another folder or name, or --overwrite")


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"out: cannot make the folder {out}: {error.strerror}") from None
