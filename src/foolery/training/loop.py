"""The training loop, and what goes through it: from a seed to a trained network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from foolery.canvas import Canvases
from foolery.classifiers.architectures.base import Network
from foolery.classifiers.preprocess import preprocess
from foolery.data import LabelledImages
from foolery.errors import FooleryError
from foolery.training.recipes import TrainingRecipe

#: Called after each step with the steps done, the steps in all, and the loss.
OnStep: TypeAlias = Callable[[int, int, float], None]

#: Fixed, because the number of threads decides the order of summation.
THREADS = 2


def minimize(
    optimizer: torch.optim.Optimizer,
    loss_at: Callable[[int], Tensor],
    rates_at: Callable[[int], Sequence[float]],
    iterations: int,
    on_step: OnStep | None = None,
) -> None:
    """Take ``iterations`` steps down the loss.

    Args:
        optimizer: over the parameters.
        loss_at: from a step, the first of which is 0, to the loss of its batch.
        rates_at: from a step to the learning rate of each of the optimizer's groups.
        iterations: number of steps.
        on_step: called after each of them.

    Raises:
        FooleryError: where the loss is no number any more.
    """
    for step in range(iterations):
        for group, rate in zip(optimizer.param_groups, rates_at(step), strict=True):
            group["lr"] = rate
        loss = loss_at(step)
        if not torch.isfinite(loss):
            raise FooleryError(f"training: the loss is {loss.item()} at step {step + 1}; lower the rate")
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if on_step is not None:
            on_step(step + 1, iterations, loss.item())


@contextmanager
def fixed_threads() -> Iterator[None]:
    """Torch computes with ``THREADS`` threads within, and as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def shuffled_rows(count: int, batch: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Rows of one batch after another, without end: random orders of all ``count``, without a seam."""
    queue = torch.empty(0, dtype=torch.long)
    while True:
        while len(queue) < batch:
            queue = torch.cat([queue, torch.randperm(count, generator=generator)])
        yield queue[:batch]
        queue = queue[batch:]


def train_network(
    network: Network,
    train_data: LabelledImages,
    recipe: TrainingRecipe,
    seed: int,
    on_step: OnStep | None = None,
) -> None:
    """Train ``network`` in place; the same seed gives the same weights (same machine, same torch).

    Args:
        network: any start: its weights are redrawn.
        train_data: already of the recipe's canvas.
        recipe: how.
        seed: of the first weights and of the order of the images.
        on_step: called after every step.

    Raises:
        FooleryError: where the loss is no number any more; nothing was written then.
    """
    generator = torch.Generator().manual_seed(seed)
    labels = torch.from_numpy(train_data.labels)
    batches = shuffled_rows(len(train_data), recipe.batch, generator)

    def loss_at(step: int) -> Tensor:
        rows = next(batches)
        canvases = train_data.canvases[rows.numpy()]
        if recipe.shift:
            canvases = shift_and_mirror(canvases, recipe.shift, generator)
        images = torch.from_numpy(preprocess(canvases, recipe.preprocessing))
        return network.loss(images.contiguous(memory_format=torch.channels_last), labels[rows])

    def rates_at(step: int) -> tuple[float, float]:
        rate = recipe.rate_at(step)
        return rate, rate * recipe.bias_rate

    with fixed_threads():
        network.initialize(generator)
        network.train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        minimize(_make_optimizer(network, recipe), loss_at, rates_at, recipe.iterations, on_step)
    network.eval()


def _make_optimizer(network: Network, recipe: TrainingRecipe) -> torch.optim.Optimizer:
    """Two groups: weights, then biases and scales."""
    weights = [value for value in network.parameters() if value.ndim > 1]
    biases = [value for value in network.parameters() if value.ndim <= 1]
    groups: list[dict[str, Any]] = [
        {"params": weights},
        {"params": biases, "weight_decay": recipe.weight_decay * recipe.bias_decay},
    ]
    rate = recipe.rate_at(0)
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(
            groups, lr=rate, betas=(recipe.momentum, 0.999), weight_decay=recipe.weight_decay
        )
    return torch.optim.SGD(
        groups,
        lr=rate,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        nesterov=recipe.optimizer == "nesterov",
    )


def shift_and_mirror(canvases: Canvases, pixels: int, generator: torch.Generator) -> Canvases:
    """``(N, C, H, W) uint8``: each moved by up to ``pixels`` each way, and mirrored or not, at random.

    What comes in at an edge is what lies inside it, mirrored. The same generator gives the same images.
    """
    count, _, height, width = canvases.shape
    edges = ((0, 0), (0, 0), (pixels, pixels), (pixels, pixels))
    padded = np.pad(canvases, edges, mode="reflect").transpose(0, 2, 3, 1)
    top, left = torch.randint(2 * pixels + 1, (2, count), generator=generator).numpy()
    mirrored = torch.randint(2, (count,), generator=generator).numpy().astype(bool)
    rows = top[:, None] + np.arange(height)
    columns = left[:, None] + np.arange(width)
    columns[mirrored] = columns[mirrored, ::-1]
    moved = padded[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return np.ascontiguousarray(moved.transpose(0, 3, 1, 2))
