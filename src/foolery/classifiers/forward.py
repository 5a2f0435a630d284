"""Forward: a batch of canvases through a network, slice by slice, on the lanes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.card import Card, Preprocessing
from foolery.classifiers.contract import Description
from foolery.classifiers.preprocess import input_shape, preprocess
from foolery.classifiers.scores import check_form, check_values, from_outputs, from_probabilities
from foolery.lanes import share

#: ``(n, C, H, W) float32`` to ``(n, K) float32``, on one thread and without the GIL.
Network: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.floating]]
#: ``(n, C, H, W) uint8`` canvases to ``(n, K)``.
Whole: TypeAlias = Callable[[Canvases], NDArray[np.floating]]

#: Network inputs per slice on a lane: 2 MiB. Measured on 4 cores at 128, 160 and 227 pixels: 1 to 25 canvases
#: per slice are equally fast within the noise, so memory decides.
_LANE_VALUES = 2**19
#: The same on a device with memory of its own: 64 MiB.
_DEVICE_VALUES = 2**24


def scores(network: Network, canvases: Canvases, description: Description, card: Card) -> NDArray[np.float64]:
    """``(N, K) float64`` scores of ``(N, C, H, W) uint8`` canvases.

    Every slice holds ``description.forward["grain"]`` canvases (the last one what is left), so the
    numbers do not depend on how many lanes there are.

    Raises:
        UsageError: for canvases of another shape, and for a network that gives what no search can use.
    """
    return scores_of(lambda part: network(preprocess(part, card.preprocessing)), canvases, description, card)


def scores_of(
    network: Whole, canvases: Canvases, description: Description, card: Card, *, lanes: int | None = None
) -> NDArray[np.float64]:
    """As ``scores``, for a network that takes canvases; ``lanes=1`` where calls must not overlap."""
    description.canvas.check(canvases)
    name, classes = description.name, len(description.classes)
    outputs = np.empty((len(canvases), classes))

    def work(start: int, stop: int) -> None:
        given = _rows(network(canvases[start:stop]), card.background)
        outputs[start:stop] = check_form(given, stop - start, name, classes)

    share(work, len(canvases), grain=int(description.forward["grain"]), lanes=lanes)
    check_values(outputs, name)
    if card.output == "probabilities":
        return from_probabilities(outputs, name)
    return from_outputs(outputs, description.kind)


def grain_of(how: Preprocessing, most: int, device: str = "cpu") -> int:
    """Canvases per slice: at most ``most`` (measured with MNIST's size), fewer where the inputs are large.

    Args:
        how: gives the size of the network's input.
        most: on the processor.
        device: one with memory of its own takes as many as 64 MiB hold, at most 1024.
    """
    values = math.prod(input_shape(how))
    if device != "cpu":
        return max(1, min(1024, _DEVICE_VALUES // values))
    return max(1, min(most, _LANE_VALUES // values))


def _rows(outputs: NDArray[np.floating], background: int) -> NDArray[np.floating]:
    """``(n, K)`` from ``(n, background + K)`` or ``(n, background + K, 1, 1)``."""
    if isinstance(outputs, np.ndarray) and outputs.ndim > 2 and set(outputs.shape[2:]) == {1}:
        outputs = outputs.reshape(outputs.shape[:2])
    return outputs[:, background:] if background else outputs
