"""Extra class: a trained network gets one output more, and learns by fine-tuning when to use it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from foolery.canvas import Canvases
from foolery.classifiers.card import Preprocessing
from foolery.classifiers.preprocess import preprocess
from foolery.data import LabelledData
from foolery.errors import FooleryError, UsageError

#: Called after each step with the steps done, the steps in all, and the loss.
Progress: TypeAlias = Callable[[int, int, float], None]


@dataclass(frozen=True)
class FineTuning:
    """How a network learns the class of fooling images.

    Attributes:
        iterations: steps of descent.
        batch: pictures per step.
        rate: learning rate at the start; it falls to zero along a straight line.
        momentum: of the descent.
        decay: weight decay.
    """

    iterations: int = 300
    batch: int = 32
    rate: float = 1e-3
    momentum: float = 0.9
    decay: float = 5e-4

    def describe(self) -> str:
        """All of it in words, for a card."""
        return (
            f"Fine-tuned with one class more: {self.iterations} iterations of batch {self.batch}, SGD, "
            f"learning rate {self.rate:g} falling to 0, momentum {self.momentum}, weight decay {self.decay}; "
            "all layers, batch statistics and dropout as in use."
        )


def with_one_more(network: nn.Module, outputs: int) -> nn.Module:
    """A copy of ``network`` whose last layer gives ``outputs + 1`` numbers.

    The new row of weights is the mean of the others, so that the new class starts as likely as an average
    one: a row of zeros before a rectifier would never learn.

    Raises:
        UsageError: where no linear layer or 1 x 1 convolution gives ``outputs`` numbers.
    """
    wider = copy.deepcopy(network)
    found = [each for each in wider.modules() if _gives(each, outputs)]
    if not found:
        raise UsageError(
            f"network: no linear layer and no 1 x 1 convolution of it has {outputs} outputs, so it cannot "
            "be given one more"
        )
    layer = found[-1]
    assert isinstance(layer, nn.Linear | nn.Conv2d)
    layer.weight = _with_mean(layer.weight)
    if layer.bias is not None:
        layer.bias = _with_mean(layer.bias)
    if isinstance(layer, nn.Linear):
        layer.out_features = outputs + 1
    else:
        layer.out_channels = outputs + 1
    return wider


def learn_class(
    network: nn.Module,
    pictures: LabelledData,
    places: NDArray[np.int64],
    images: Canvases,
    label: int,
    how: Preprocessing,
    recipe: FineTuning,
    seed: int,
    progress: Progress | None = None,
) -> None:
    """Change ``network`` in place; the same seed gives the same weights (same machine, threads and torch).

    Args:
        network: gives one number for each class, the class of fooling images last.
        pictures: real ones, read as they are needed.
        places: ``(data classes,) int64``, the network's output for each class of ``pictures``.
        images: ``(N, C, H, W) uint8`` fooling images, repeats included.
        label: output of their class.
        how: preprocessing.
        recipe: of the descent.
        seed: of the order of the pictures.
        progress: told about every step.

    Raises:
        FooleryError: where the loss is no number any more; the caller's files are as they were.
        UsageError: where pictures cannot be read.
    """
    generator = torch.Generator().manual_seed(seed)
    network.eval().requires_grad_(True)
    descent = torch.optim.SGD(
        network.parameters(), lr=recipe.rate, momentum=recipe.momentum, weight_decay=recipe.decay
    )
    for step, rows in enumerate(_rows(len(pictures) + len(images), recipe, generator)):
        for group in descent.param_groups:
            group["lr"] = recipe.rate * (1 - step / recipe.iterations)
        canvases, labels = _batch(pictures, places, images, label, rows, how)
        logits = network(torch.from_numpy(preprocess(canvases, how))).flatten(1)
        loss = nn.functional.cross_entropy(logits, torch.from_numpy(labels))
        if not torch.isfinite(loss):
            raise FooleryError(f"training: the loss is {loss.item()} at step {step + 1}; lower the rate")
        descent.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        descent.step()
        if progress is not None:
            progress(step + 1, recipe.iterations, loss.item())
    network.requires_grad_(False)


def _gives(layer: nn.Module, outputs: int) -> bool:
    if isinstance(layer, nn.Linear):
        return layer.out_features == outputs
    return isinstance(layer, nn.Conv2d) and layer.out_channels == outputs and layer.kernel_size == (1, 1)


def _with_mean(rows: Tensor) -> nn.Parameter:
    return nn.Parameter(torch.cat([rows.detach(), rows.detach().mean(dim=0, keepdim=True)]))


def _rows(count: int, recipe: FineTuning, generator: torch.Generator) -> Iterator[NDArray[np.int64]]:
    waiting = torch.empty(0, dtype=torch.long)
    for _ in range(recipe.iterations):
        while len(waiting) < recipe.batch:
            waiting = torch.cat([waiting, torch.randperm(count, generator=generator)])
        yield waiting[: recipe.batch].numpy()
        waiting = waiting[recipe.batch :]


def _batch(
    pictures: LabelledData,
    places: NDArray[np.int64],
    images: Canvases,
    label: int,
    rows: NDArray[np.int64],
    how: Preprocessing,
) -> tuple[Canvases, NDArray[np.int64]]:
    """Rows below ``len(pictures)`` are real pictures, the others fooling images."""
    fooling = images[rows[rows >= len(pictures)] - len(pictures)]
    parts, labels = [fooling], [np.full(len(fooling), label, np.int64)]
    chosen = rows[rows < len(pictures)]
    if len(chosen):
        for part in pictures.take(chosen).batches(len(chosen), how.shape):
            parts.append(part.canvases)
            labels.append(places[part.labels])
    return np.concatenate(parts), np.concatenate(labels)
