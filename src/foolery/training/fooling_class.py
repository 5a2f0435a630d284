"""An extra class: a trained network gets one more output, and is fine-tuned to use it."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from foolery.canvas import Canvases
from foolery.classifiers.card import Preprocessing
from foolery.classifiers.preprocess import preprocess
from foolery.data import LabelledData
from foolery.errors import UsageError
from foolery.training.loop import OnStep, minimize, shuffled_rows


@dataclass(frozen=True)
class FineTuningRecipe:
    """How a network is fine-tuned with a class of fooling images.

    Attributes:
        iterations: steps of descent.
        batch: images per step.
        learning_rate: learning rate at the start; it falls to zero along a straight line.
        momentum: of the descent.
        weight_decay: weight decay.
    """

    iterations: int = 300
    batch: int = 32
    learning_rate: float = 1e-3
    momentum: float = 0.9
    weight_decay: float = 5e-4

    def describe(self) -> str:
        """All of it in words, for a card."""
        return (
            f"Fine-tuned with one class more: {self.iterations} iterations of batch {self.batch}, SGD, "
            f"learning rate {self.learning_rate:g} falling to 0, momentum {self.momentum}, weight decay "
            f"{self.weight_decay}; "
            "all layers, batch statistics and dropout as in use."
        )


def add_output(network: nn.Module, outputs: int) -> nn.Module:
    """A copy of ``network`` whose last layer gives ``outputs + 1`` numbers.

    The new row of weights is the mean of the others, so that the new class starts as likely as an average
    one: a row of zeros before a rectifier would never learn.

    Raises:
        UsageError: where no linear layer or 1 x 1 convolution gives ``outputs`` numbers.
    """
    wider = copy.deepcopy(network)
    layers = [each for each in wider.modules() if _has_outputs(each, outputs)]
    if not layers:
        raise UsageError(
            f"network: no linear layer and no 1 x 1 convolution of it has {outputs} outputs, so it cannot "
            "be given one more"
        )
    layer = layers[-1]
    assert isinstance(layer, nn.Linear | nn.Conv2d)
    layer.weight = _append_mean(layer.weight)
    if layer.bias is not None:
        layer.bias = _append_mean(layer.bias)
    if isinstance(layer, nn.Linear):
        layer.out_features = outputs + 1
    else:
        layer.out_channels = outputs + 1
    return wider


def learn_fooling_class(
    network: nn.Module,
    train_data: LabelledData,
    output_indices: NDArray[np.int64],
    images: Canvases,
    label: int,
    preprocessing: Preprocessing,
    recipe: FineTuningRecipe,
    seed: int,
    on_step: OnStep | None = None,
) -> None:
    """Change ``network`` in place; the same seed gives the same weights (same machine, threads and torch).

    Args:
        network: gives one number for each class, the class of fooling images last.
        train_data: real ones, read as they are needed.
        output_indices: ``(data classes,) int64``, the network's output for each class of ``train_data``.
        images: ``(N, C, H, W) uint8`` fooling images, repeats included.
        label: output of their class.
        preprocessing: preprocessing.
        recipe: of the descent.
        seed: of the order of the images.
        on_step: called after every step.

    Raises:
        FooleryError: where the loss is no number any more; the caller's files are as they were.
        UsageError: where images cannot be read.
    """
    generator = torch.Generator().manual_seed(seed)
    batches = shuffled_rows(len(train_data) + len(images), recipe.batch, generator)

    def loss_at(step: int) -> Tensor:
        rows = next(batches).numpy()
        canvases, labels = _batch(train_data, output_indices, images, label, rows, preprocessing)
        logits = network(torch.from_numpy(preprocess(canvases, preprocessing))).flatten(1)
        return nn.functional.cross_entropy(logits, torch.from_numpy(labels))

    network.eval().requires_grad_(True)
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
    )
    minimize(
        optimizer,
        loss_at,
        lambda step: (recipe.learning_rate * (1 - step / recipe.iterations),),
        recipe.iterations,
        on_step,
    )
    network.requires_grad_(False)


def _has_outputs(layer: nn.Module, outputs: int) -> bool:
    if isinstance(layer, nn.Linear):
        return layer.out_features == outputs
    return isinstance(layer, nn.Conv2d) and layer.out_channels == outputs and layer.kernel_size == (1, 1)


def _append_mean(rows: Tensor) -> nn.Parameter:
    return nn.Parameter(torch.cat([rows.detach(), rows.detach().mean(dim=0, keepdim=True)]))


def _batch(
    train_data: LabelledData,
    output_indices: NDArray[np.int64],
    images: Canvases,
    label: int,
    rows: NDArray[np.int64],
    preprocessing: Preprocessing,
) -> tuple[Canvases, NDArray[np.int64]]:
    """Rows below ``len(images)`` are real images, the others fooling images."""
    fooling = images[rows[rows >= len(train_data)] - len(train_data)]
    parts, labels = [fooling], [np.full(len(fooling), label, np.int64)]
    chosen = rows[rows < len(train_data)]
    if len(chosen):
        for part in train_data.take(chosen).batches(len(chosen), preprocessing.shape):
            parts.append(part.canvases)
            labels.append(output_indices[part.labels])
    return np.concatenate(parts), np.concatenate(labels)
