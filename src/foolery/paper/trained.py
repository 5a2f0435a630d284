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
from foolery.data import Labelled
from foolery.data.labelled import LabelledData
from foolery.files import write_whole
from foolery.paper.experiment import Context


def subset(pictures: Labelled, share: float, seed: int) -> Labelled:
    """``share`` of each class (at least one picture), drawn by ``seed``.

    With one seed, a smaller share lies within every larger one.
    """
    generator = np.random.default_rng(seed)
    chosen = []
    for label in range(len(pictures.classes)):
        rows = generator.permutation(np.flatnonzero(pictures.labels == label))
        chosen.append(rows[: max(1, round(share * len(rows)))])
    return pictures.take(np.sort(np.concatenate(chosen)))


@dataclass(frozen=True)
class Trained:
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


def trained(
    context: Context,
    name: str,
    architecture: str,
    pictures: Labelled,
    tests: LabelledData,
    *,
    iterations: int,
    seed: int,
) -> Trained:
    """The network ``name`` in ``work/networks``: as it lies there, else trained now by its recipe.

    An interrupted training is begun again; a finished one with other settings is replaced.

    Args:
        context: gives the folder, and hears of the progress.
        name: of the files; says all that sets the network apart.
        architecture: one that has a recipe.
        pictures: to train on, of the recipe's canvas.
        tests: to measure it with.
        iterations: in place of the recipe's.
        seed: of the training.
    """
    folder = context.work / "networks"
    note, weights = folder / f"{name}.json", folder / f"{name}.safetensors"
    wanted = {
        "architecture": architecture,
        "pictures": len(pictures),
        "iterations": iterations,
        "seed": seed,
    }
    known = _read(note)
    if known is not None and known.get("settings") == wanted and weights.is_file():
        return Trained(weights, len(pictures), **known["result"])
    made = _train(context, weights, architecture, pictures, tests, iterations, seed)
    result = {key: value for key, value in asdict(made).items() if key not in ("file", "pictures")}
    write_whole(note, json.dumps({"settings": wanted, "result": result}, indent=1) + "\n")
    return made


def _train(
    context: Context,
    weights: Path,
    architecture: str,
    pictures: Labelled,
    tests: LabelledData,
    iterations: int,
    seed: int,
) -> Trained:
    from safetensors.torch import save

    from foolery.classifiers.accuracy import measure
    from foolery.classifiers.architectures import build
    from foolery.classifiers.card import Card, card_beside
    from foolery.training.optimise import descend
    from foolery.training.recipes import RECIPES

    begun = time.perf_counter()
    recipe = replace(RECIPES[architecture], iterations=iterations)
    network = build(architecture, len(pictures.classes))
    label = f"training {weights.stem}"
    descend(network, pictures, recipe, seed, lambda done, steps, loss: context.progress(label, done, steps))
    weights.parent.mkdir(parents=True, exist_ok=True)
    weights.write_bytes(save({name: each.contiguous() for name, each in network.state_dict().items()}))
    Card(
        name=weights.stem,
        kind="softmax",
        classes=pictures.classes,
        preprocessing=recipe.preprocessing,
        architecture=architecture,
        made_by=context.command,
        notes=f"{recipe.describe()} {len(pictures)} pictures, seed {seed}.",
    ).write(card_beside(weights))
    seconds = time.perf_counter() - begun
    answers = measure(load_classifier(f"torch:{weights}"), tests)
    return Trained(weights, len(pictures), answers.error, answers.median_confidence(answers.right), seconds)


def _read(path: Path) -> Mapping[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
