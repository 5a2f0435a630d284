"""Networks trained on a part of the data, kept so that none is trained twice, and the runs that fool them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from foolery.classifiers import load_classifier
from foolery.classifiers.accuracy import measure_accuracy
from foolery.classifiers.base import Classifier
from foolery.data import LabelledData, LabelledImages
from foolery.files import write_atomic
from foolery.paper.experiment import Context, scale_count
from foolery.paper.measures import median_of, queries_of_runs
from foolery.paper.records import read_record
from foolery.paper.runs import evolve_runs
from foolery.runs import RunFile

ITERATIONS = 2500
"""Of a training."""
RUNS, GENERATIONS, BATCH = 2, 200, 200
"""Of a search."""
ENCODINGS = ("cppn", "direct")


def subset(train_data: LabelledImages, share: float, seed: int) -> LabelledImages:
    """``share`` of each class (at least one image), drawn by ``seed``.

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
        images: that it was trained on.
        error: share of wrong predictions on test images.
        confidence: median on test images that it classifies correctly.
        seconds: that the training took.
    """

    file: Path
    images: int
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
        context: gives the folder, and gets the progress.
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
    record = read_record(record_file)
    if record is not None and record.get("settings") == expected and weights.is_file():
        return TrainedNetwork(weights, len(train_data), **record["result"])
    network = _train(context, weights, architecture, train_data, test_data, iterations, seed)
    result = {key: value for key, value in asdict(network).items() if key not in ("file", "images")}
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
    write_atomic(weights, save({name: each.contiguous() for name, each in network.state_dict().items()}))
    Card(
        name=weights.stem,
        kind="softmax",
        classes=train_data.classes,
        preprocessing=recipe.preprocessing,
        architecture=architecture,
        made_by=context.command,
        notes=f"{recipe.describe()} {len(train_data)} images, seed {seed}.",
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


@dataclass(frozen=True)
class FooledNetwork:
    """A network and how it was fooled.

    Attributes:
        share: of the training images that it saw.
        seed: of its training, and of which images it saw.
        network: itself.
        runs: by encoding.
    """

    share: float
    seed: int
    network: TrainedNetwork
    runs: Mapping[str, Sequence[RunFile]]

    def queries(self, encoding: str, threshold: float | str) -> float:
        """Median over classes and runs of the queries to ``threshold``; infinite if most do not reach it."""
        level = self.network.confidence if isinstance(threshold, str) else threshold
        return median_of(queries_of_runs(self.runs[encoding], level))


def fool_networks(context: Context, shares: Sequence[float]) -> list[FooledNetwork]:
    """Every network, fooled by all its runs, in the order of shares and seeds."""
    digits = context.data["digits"]
    (train_data,) = digits.batches(len(digits), context.classifiers["digits"].description.canvas)
    iterations = scale_count(ITERATIONS, context.scale)
    networks = []
    for share in shares:
        for seed in range(context.seeds):
            network = train_once(
                context,
                f"lenet-{share * 100:g}-{seed}-{iterations}",
                "lenet",
                subset(train_data, share, seed),
                context.data["digits-test"],
                iterations=iterations,
                seed=seed,
            )
            role = network.file.stem
            own_context = replace(context, classifiers={role: network.open()})
            networks.append(FooledNetwork(share, seed, network, runs_by_encoding(own_context, role)))
    return networks


def runs_by_encoding(context: Context, role: str) -> dict[str, Sequence[RunFile]]:
    """Two runs of each encoding against one network."""
    return {
        encoding: evolve_runs(
            context,
            role,
            encoding,
            generations=scale_count(GENERATIONS, context.scale),
            batch=BATCH,
            seeds=range(RUNS),
        )
        for encoding in ENCODINGS
    }
