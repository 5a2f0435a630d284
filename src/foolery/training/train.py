"""Train: from an architecture, data and a seed to a classifier in three files."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file

from foolery.classifiers.accuracy import measure
from foolery.classifiers.architectures import build, check_architecture
from foolery.classifiers.architectures.base import Network
from foolery.classifiers.card import Card, card_beside
from foolery.classifiers.fingerprint import fingerprint
from foolery.classifiers.preprocess import input_shape
from foolery.data import Labelled, open_data
from foolery.errors import UsageError
from foolery.rng import check_seed
from foolery.training.export import export
from foolery.training.optimise import THREADS, Progress, descend
from foolery.training.recipes import RECIPES, Recipe

if TYPE_CHECKING:
    from foolery.training.optimise import Progress


def learn(
    architecture: str,
    pictures: Labelled,
    recipe: Recipe,
    seed: int,
    weights: Path,
    made_by: str,
    progress: Progress | None = None,
) -> Card:
    """Train from scratch; write ``weights`` (``.safetensors``), the ONNX graph and the card beside it.

    The card is written last: where it is, the network is whole.
    """
    network = build(architecture, len(pictures.classes))
    descend(network, pictures, recipe, seed, progress)
    export(network, input_shape(recipe.preprocessing), weights, weights.with_suffix(".onnx"))
    card = Card(
        name=weights.stem,
        kind="softmax",
        classes=pictures.classes,
        preprocessing=recipe.preprocessing,
        architecture=architecture,
        made_by=made_by,
        notes=f"{recipe.describe()} torch {torch.__version__}, {THREADS} threads.",
    )
    card.write(card_beside(weights))
    return card


def learnt(weights: Path, card: Card) -> Network:
    """The network that lies in ``weights``, of the architecture that its card names."""
    network = build(str(card.architecture), len(card.classes))
    network.load_state_dict(load_file(weights))
    return network


@dataclass(frozen=True)
class Plan:
    """What is to be trained, checked before the work starts.

    Attributes:
        architecture: of the network.
        name: of the classifier and its files.
        data: a data reference.
        seed: of the first weights and of the order of the pictures.
        recipe: how.
        folder: to write to.
    """

    architecture: str
    name: str
    data: str
    seed: int
    recipe: Recipe
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
        said = f"foolery train {self.architecture} --data {self.data} --seed {self.seed}"
        if self.name != self.architecture:
            said += f" --name {self.name}"
        if self.recipe.iterations != RECIPES[self.architecture].iterations:
            said += f" --iterations {self.recipe.iterations}"
        return said


def train(
    architecture: str,
    *,
    data: str,
    seed: int,
    out: Path,
    name: str | None = None,
    progress: Progress | None = None,
    iterations: int | None = None,
    overwrite: bool = False,
) -> Card:
    """Train a network and write ``NAME.safetensors``, ``NAME.onnx`` and ``NAME.card.json``.

    The card, which is returned too, states error, median confidence and calibration error on the test
    pictures. The same seed gives the same files (same machine, same torch).

    Args:
        architecture: ``lenet``, ``perceptron``, ``vae``, ``convnet`` or ``vit``.
        data: a data reference, for instance ``mnist``.
        seed: of the first weights and of the order of the pictures.
        out: the folder to write to; it is made where it is missing.
        name: of the classifier and its files, by default that of the architecture.
        progress: called after every step with the steps done, the steps in all, and the loss.
        iterations: steps, by default the recipe's.
        overwrite: replace files of that name.

    Raises:
        UsageError: for an unknown architecture or data, a bad number or name, files that are there already.
        MissingExtraError: without the extra ``torch``.
    """
    plan = _plan(architecture, data, seed, out, name or architecture, iterations)
    if not overwrite:
        _check_free(plan)
    pictures, tests = open_data(data, "train"), open_data(data, "test")
    network = build(architecture, len(pictures.classes))

    from foolery.classifiers.torch import open_torch
    from foolery.training.export import check_exporter, export
    from foolery.training.generative import set_aside, settle
    from foolery.training.optimise import descend

    check_exporter()
    _make_folder(out)
    (whole,) = pictures.batches(len(pictures), plan.recipe.preprocessing.shape)
    learnt, aside = set_aside(network, whole)
    descend(network, learnt, plan.recipe, seed, progress)
    settled = settle(network, aside, plan.recipe)
    weights, graph, beside = plan.files
    export(network, input_shape(plan.recipe.preprocessing), weights, graph)
    card = _card(plan, whole)
    answers = measure(open_torch(plan.name, weights, card, fingerprint([weights], card)), tests)
    measured = {
        "test_error": round(answers.error, 6),
        "median_confidence": round(answers.median_confidence(), 6),
        "calibration_error": round(answers.calibration_error(), 6),
    }
    card = card.model_copy(update=measured | settled)
    card.write(beside)
    return card


def _plan(architecture: str, data: str, seed: int, out: Path, name: str, iterations: int | None) -> Plan:
    recipe = RECIPES[check_architecture(architecture)]
    if iterations is not None:
        if not 1 <= iterations <= 10**9:
            raise UsageError(f"iterations: expected a whole number from 1 to 10^9, got {iterations}")
        recipe = replace(recipe, iterations=iterations)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise UsageError(f"name: expected letters, digits, '.', '_' and '-', got {name!r}")
    return Plan(architecture, name, data, check_seed(seed), recipe, out)


def _check_free(plan: Plan) -> None:
    for path in plan.files:
        if path.exists():
            raise UsageError(f"out: {path} is there already; give another folder or name, or --overwrite")


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"out: cannot make the folder {out}: {error.strerror}") from None


def _card(plan: Plan, pictures: Labelled) -> Card:
    import torch

    from foolery.training.optimise import THREADS

    return Card(
        name=plan.name,
        kind="softmax",
        classes=pictures.classes,
        preprocessing=plan.recipe.preprocessing,
        architecture=plan.architecture,
        made_by=plan.command,
        notes=f"{plan.recipe.describe()} torch {torch.__version__}, {THREADS} threads.",
    )
