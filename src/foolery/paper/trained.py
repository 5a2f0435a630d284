"""Trained: networks that a reproduction trains for itself, kept so that none is trained twice."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier
from foolery.data import LabelledImages
from foolery.data.labelled import LabelledData
from foolery.files import write_atomic
from foolery.paper.experiment import Context


def subset(train_data: LabelledImages, share: float, seed: int) -> LabelledImages:
    """``share`` of each class (at least one picture), drawn by ``seed``.

    With one seed, a smaller share lies within every larger one.
    """
    generator = np.random.default_rng(seed)
    rows_of_classes = []
    for label in range(len(train_data.classes)):
        rows = generator.permutation(np.flatnonzero(train_data.labels == label))
        rows_of_classes.append(rows[: max(1, round(share * len(rows)))])
    return train_data.take(np.sort(np.concatenate(rows_of_classes)))


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network.

    Attributes:
        file: its weights; the card lies beside them.
        pictures: that it was trained on.
        error: share of wrong answers on test pictures.
        confidence: median on test pictures that it answers right.
        seconds: that the training took.
    """

    file: Path
    pictures: int
    error: float
    confidence: float
    seconds: float

    def open(self) -> Classifier:
        """The network as a classifier."""
        return load_classifier(f"torch:{self.file}")


def train_once(
    context: Context,
    name: str,
    architecture: str,
    train_data: LabelledImages,
    test_data: LabelledData,
    *,
    iterations: int,
    seed: int,
) -> TrainedNetwork:
    """The network ``name`` in ``work/networks``: as it lies there, else trained now by its recipe.

    An interrupted training is begun again; a finished one with other settings is replaced.

    Args:
        context: gives the folder, and hears of the progress.
        name: of the files; says all that sets the network apart.
        architecture: one that has a recipe.
        train_data: to train on, of the recipe's canvas.
        test_data: to measure it with.
        iterations: in place of the recipe's.
        seed: of the training.
    """
    folder = context.work / "networks"
    record_file, weights = folder / f"{name}.json", folder / f"{name}.safetensors"
    expected = {
        "architecture": architecture,
        "pictures": len(train_data),
        "iterations": iterations,
        "seed": seed,
    }
    record = _read(record_file)
    if record is not None and record.get("settings") == expected and weights.is_file():
        return TrainedNetwork(weights, len(train_data), **record["result"])
    network = _train(context, weights, architecture, train_data, test_data, iterations, seed)
    result = {key: value for key, value in asdict(network).items() if key not in ("file", "pictures")}
    write_atomic(record_file, json.dumps({"settings": expected, "result": result}, indent=1) + "\n")
    return network


def _train(
    context: Context,
    weights: Path,
    architecture: str,
    train_data: LabelledImages,
    test_data: LabelledData,
    iterations: int,
    seed: int,
) -> TrainedNetwork:
    from safetensors.torch import save

    from foolery.classifiers.accuracy import measure_accuracy
    from foolery.classifiers.architectures import build
    from foolery.classifiers.card import Card, card_beside
    from foolery.training.loop import train_network
    from foolery.training.recipes import RECIPES

    start = time.perf_counter()
    recipe = replace(RECIPES[architecture], iterations=iterations)
    network = build(architecture, len(train_data.classes))
    label = f"training {weights.stem}"
    train_network(
        network, train_data, recipe, seed, lambda done, steps, loss: context.on_progress(label, done, steps)
    )
    weights.parent.mkdir(parents=True, exist_ok=True)
    weights.write_bytes(save({name: each.contiguous() for name, each in network.state_dict().items()}))
    Card(
        name=weights.stem,
        kind="softmax",
        classes=train_data.classes,
        preprocessing=recipe.preprocessing,
        architecture=architecture,
        made_by=context.command,
        notes=f"{recipe.describe()} {len(train_data)} pictures, seed {seed}.",
    ).write(card_beside(weights))
    seconds = time.perf_counter() - start
    predictions = measure_accuracy(load_classifier(f"torch:{weights}"), test_data)
    return TrainedNetwork(
        weights,
        len(train_data),
        predictions.error,
        predictions.median_confidence(predictions.correct),
        seconds,
    )


def _read(path: Path) -> Mapping[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
