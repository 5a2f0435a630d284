"""Learn: from pictures in memory to a network in three files."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from foolery.classifiers.architectures import build
from foolery.classifiers.architectures.base import Network
from foolery.classifiers.card import Card, card_beside
from foolery.classifiers.preprocess import input_shape
from foolery.data import Labelled
from foolery.training.export import export
from foolery.training.optimise import THREADS, Progress, descend
from foolery.training.recipes import Recipe


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
