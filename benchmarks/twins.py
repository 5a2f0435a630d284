"""Networks for ``error_rates.py``: twins of one recipe, hardened ones, and ones that were damaged on purpose.

Every network is made in a folder of its own and never twice. Torch computes with one thread, so that a busy
machine does not spend its time on waiting threads; the weights differ from those of two threads in the last
digits alone.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from foolery.canvas import Canvases
from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.scores import from_probabilities
from foolery.data import load_data
from foolery.data.labelled import LabelledImages
from foolery.training import RECIPES
from foolery.training.from_scratch import train_from_scratch

ARCHITECTURE = "perceptron"
LAST_LAYER = "fc3"
NOISY_LABELS = 0.3  # share that is drawn anew
PRUNED = 0.9  # share of each weight tensor that is set to 0
TEMPERATURE, DECIMALS = 10.0, 4
PAUSE = 0.002  # seconds before each answer of a slow wrapper


@dataclass(frozen=True)
class Wrapped:
    """A classifier whose log-probabilities pass through something; gradients are those of the one within."""

    inner: Classifier
    name: str
    change: Callable[[NDArray[np.float64]], NDArray[np.float64]]

    @property
    def description(self) -> Description:
        """That of the classifier within, under another name."""
        before = self.inner.description
        return replace(
            before,
            name=f"{before.name}, {self.name}",
            fingerprint=sha256((before.fingerprint + self.name).encode()).hexdigest(),
        )

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """See ``Classifier``."""
        return self.change(self.inner.scores(canvases))

    def __getattr__(self, name: str) -> Any:
        """Whatever else the classifier within has."""
        return getattr(self.inner, name)


def rounded(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities with a few decimals."""
    return from_probabilities(np.round(np.exp(scores), DECIMALS), "rounded")


def first_alone(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability of the first answer; what is left belongs to all others alike."""
    best = scores.max(axis=1, keepdims=True)
    rest = np.log1p(-np.exp(np.minimum(best, -1e-12))) - np.log(scores.shape[1] - 1)
    return np.where(scores == best, best, rest)


def slow(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """As they are, but later."""
    time.sleep(PAUSE)
    return scores


def training_data(noisy_by: int | None = None) -> LabelledImages:
    """All training images of MNIST; a seed draws some labels anew."""
    (images,) = (data := load_data("mnist", "train")).batches(
        len(data), RECIPES[ARCHITECTURE].preprocessing.shape
    )
    if noisy_by is None:
        return images
    generator = np.random.default_rng(noisy_by)
    drawn = generator.integers(0, len(images.classes), len(images))
    labels = np.where(generator.random(len(images)) < NOISY_LABELS, drawn, images.labels)
    return LabelledImages(images.canvases, labels, images.classes)


def trained(folder: Path, seed: int, iterations: int, *, noisy: bool = False) -> Path:
    """The weights of a network that is trained in ``folder``, if it is not there yet."""
    weights = folder / f"{ARCHITECTURE}-{seed}.safetensors"
    if not weights.with_suffix(".card.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        recipe = replace(RECIPES[ARCHITECTURE], iterations=iterations)
        data = training_data(seed if noisy else None)
        train_from_scratch(ARCHITECTURE, data, recipe, seed, weights, "benchmarks/error_rates.py")
    return weights


def hardened(weights: Path, folder: Path, seed: int, iterations: int) -> Path:
    """The network, fine-tuned by ACET after that."""
    from foolery.hardening.fine_tuning import harden_by_acet

    out = folder / weights.name
    if not out.with_suffix(".card.json").is_file():
        out.unlink(missing_ok=True)  # of a call that was interrupted before the card
        data = {"train_data": load_data("mnist", "train"), "test_data": load_data("mnist", "test")}
        harden_by_acet(weights, out, **data, seed=seed, iterations=iterations)
    return out


def pruned(name: str, weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """The smallest weights of a tensor set to 0; biases stay."""
    if weights.ndim < 2:
        return weights
    return np.where(np.abs(weights) < np.quantile(np.abs(weights), PRUNED), np.float32(0), weights)


def in_8_bits(name: str, weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights rounded to 255 levels of a tensor."""
    step = np.float32(np.abs(weights).max() / 127 or 1.0)
    levels: NDArray[np.float32] = np.round(weights / step).astype(np.float32) * step
    return levels


def cooled(name: str, weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """All logits divided by the temperature: the last layer is."""
    return weights / np.float32(TEMPERATURE) if name.startswith(LAST_LAYER) else weights


def changed(
    weights: Path, folder: Path, change: Callable[[str, NDArray[np.float32]], NDArray[np.float32]]
) -> Path:
    """A copy of a network whose weights are changed."""
    folder.mkdir(parents=True, exist_ok=True)
    card = weights.with_suffix(".card.json")
    shutil.copyfile(card, folder / card.name)
    tensors = {name: np.ascontiguousarray(change(name, one)) for name, one in load_file(weights).items()}
    save_file(tensors, folder / weights.name)
    return folder / weights.name


def opened(weights: Path) -> Classifier:
    """The network in ``weights``, with gradients."""
    return load_classifier(f"torch:{weights}", backend="torch", device="cpu")
