"""Scores on a device: from canvases to float64 scores of a torch network, with one transfer to the host."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foolery.canvas import Canvases
from foolery.classifiers.base import Description, Kind
from foolery.classifiers.card import Card
from foolery.classifiers.scores import check_form, check_values, from_outputs, from_probabilities

#: ``(n, C, H, W) uint8`` canvases, anywhere, to ``(n, background + K)`` on the device.
DeviceFunction: TypeAlias = Callable[[Canvases], Tensor]


def scores_on_device(
    network: DeviceFunction, canvases: Canvases, description: Description, card: Card
) -> NDArray[np.float64]:
    """``(N, K) float64`` scores of ``(N, C, H, W) uint8`` canvases, an array or a torch tensor.

    Every chunk holds ``description.forward["chunk"]`` canvases (the last one what is left).

    Raises:
        UsageError: for canvases of another shape, and for a network that gives what no search can use.
    """
    description.canvas.check(canvases)
    name, classes, chunk = description.name, len(description.classes), int(description.forward["chunk"])
    starts = range(0, len(canvases), chunk)
    if not starts:
        return np.empty((0, classes))
    outputs = torch.cat([network(canvases[start : start + chunk]) for start in starts])
    outputs = class_columns_of(outputs, card)
    check_form(np.broadcast_to(np.float32(0), tuple(outputs.shape)), len(canvases), name, classes)
    if card.output == "probabilities":
        return from_probabilities(check_values(to_host(outputs), name), name)
    if outputs.device.type == "mps":  # it has no float64
        return from_outputs(check_values(to_host(outputs), name), description.kind)
    scores = to_host(scores_of_logits(outputs, description.kind)).astype(np.float64, copy=False)
    if not np.isfinite(scores.sum()):
        check_values(to_host(outputs), name)
    return scores


def class_columns_of(outputs: Tensor, card: Card) -> Tensor:
    """``(n, K)`` from what a network gives for ``n`` images; as ``inference.class_columns``."""
    columns = outputs.reshape(len(outputs), -1)
    if columns.shape[1] == 1 and len(card.classes) == 2 and not card.background:
        logit = -columns if card.kind == "sigmoid" else torch.zeros_like(columns)
        other = 1 - columns if card.output == "probabilities" else logit
        return torch.cat([other, columns], dim=1)
    return columns[:, card.background :]


def scores_of_logits(logits: Tensor, kind: Kind) -> Tensor:
    """``(N, K) float64`` from ``(N, K)`` logits, or cosines, as ``scores.from_outputs`` takes them."""
    exact = logits.double()
    if kind == "softmax":
        top = exact.argmax(1, keepdim=True)
        shifted = exact - exact.gather(1, top)
        odds = shifted.exp().scatter(1, top, 0.0)
        return shifted - odds.sum(1, keepdim=True).log1p()
    return torch.nn.functional.logsigmoid(exact) if kind == "sigmoid" else exact


def to_host(values: Tensor) -> NDArray[np.floating]:
    """``values`` as an array, once the device has them; through memory that it reaches directly."""
    if values.device.type != "cuda":
        array: NDArray[np.floating] = values.cpu().numpy()
        return array
    home = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
    home.copy_(values, non_blocking=True)
    torch.cuda.current_stream(values.device).synchronize()
    array_on_host: NDArray[np.floating] = home.numpy()
    return array_on_host
