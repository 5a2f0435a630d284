"""Inference: a batch of canvases through a network, chunk by chunk, on the worker threads."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Description
from foolery.classifiers.card import Card, Preprocessing
from foolery.classifiers.preprocess import input_shape, preprocess
from foolery.classifiers.scores import (
    check_form,
    check_values,
    from_outputs,
    from_probabilities,
    to_log_softmax,
    two_columns,
)
from foolery.workers import free_workers, parallel_for

#: ``(n, C, H, W) float32`` to ``(n, K) float32``, on one thread and without the GIL.
NetworkFunction: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.floating]]
#: ``(n, C, H, W) uint8`` canvases to ``(n, K)``.
CanvasFunction: TypeAlias = Callable[[Canvases], NDArray[np.floating]]

#: Network inputs per chunk: 2 MiB. Measured on 4 cores at 128, 160 and 227 pixels: 1 to 25 canvases
#: per chunk are equally fast within the noise, so memory decides.
_CHUNK_VALUES = 2**19
#: The same on a device with memory of its own: 64 MiB.
_DEVICE_CHUNK_VALUES = 2**24
#: Rows of outputs that become scores at a time: at least so many, and more if their values are few.
_SCORE_ROWS, _SCORE_VALUES = 32, 2**16


def scores(
    network: NetworkFunction, canvases: Canvases, description: Description, card: Card
) -> NDArray[np.float64]:
    """``(N, K) float64`` scores of ``(N, C, H, W) uint8`` canvases.

    Every chunk holds ``description.forward["chunk"]`` canvases (the last one what is left), so the
    numbers do not depend on the number of workers.

    Raises:
        UsageError: for canvases of another shape, and for outputs that no search can use.
    """
    return to_scores(outputs(network, canvases, description, card), description, card)


def scores_of_canvases(
    network: CanvasFunction,
    canvases: Canvases,
    description: Description,
    card: Card,
    *,
    workers: int | None = None,
) -> NDArray[np.float64]:
    """As ``scores``, for a network that takes canvases; ``workers=1`` where calls must not overlap."""
    return to_scores(_outputs_of_canvases(network, canvases, description, card, workers), description, card)


def outputs(
    network: NetworkFunction, canvases: Canvases, description: Description, card: Card
) -> NDArray[np.float64]:
    """``(N, K) float64`` outputs of the network, from which ``to_scores`` makes scores."""
    preprocessing = card.preprocessing
    shape = input_shape(preprocessing)

    def prepared(part: Canvases) -> NDArray[np.float32]:
        return preprocess(
            part, preprocessing, _worker_memory.memory((len(part), *shape), preprocessing.layout)
        )

    if free_workers() > 1 or len(canvases) * math.prod(shape) > _CHUNK_VALUES:
        return _outputs_of_canvases(lambda part: network(prepared(part)), canvases, description, card)
    description.canvas.check(canvases)  # one worker and few images: prepared all at once
    images, chunk = prepared(canvases), int(description.forward["chunk"])
    # Checked after the last call: a network leaves the cache cold, and between two calls each line is slow.
    parts = [network(images[start : start + chunk]) for start in range(0, len(images), chunk)]
    name, classes = description.name, len(description.classes)
    results = np.empty((len(images), classes))
    for number, rows in enumerate(parts):
        place = results[number * chunk : (number + 1) * chunk]
        place[:] = check_form(class_columns(rows, card), len(place), name, classes)
    return results


def to_scores(outputs: NDArray[np.float64], description: Description, card: Card) -> NDArray[np.float64]:
    """``(N, K) float64`` scores, in the memory of ``outputs``.

    Raises:
        UsageError: for outputs that no search can use.
    """
    name, classes = description.name, len(description.classes)

    def work(start: int, stop: int) -> None:
        values = check_values(outputs[start:stop], name, start)
        if card.output == "probabilities":
            outputs[start:stop] = from_probabilities(values, name)
        elif description.kind == "softmax":
            to_log_softmax(outputs[start:stop])
        else:
            outputs[start:stop] = from_outputs(values, description.kind)

    parallel_for(work, len(outputs), chunk=max(_SCORE_ROWS, _SCORE_VALUES // classes))
    return outputs


def _outputs_of_canvases(
    network: CanvasFunction,
    canvases: Canvases,
    description: Description,
    card: Card,
    workers: int | None = None,
) -> NDArray[np.float64]:
    description.canvas.check(canvases)
    return _in_chunks(
        lambda start, stop: network(canvases[start:stop]), len(canvases), description, card, workers
    )


def _in_chunks(
    forward: Callable[[int, int], NDArray[np.floating]],
    count: int,
    description: Description,
    card: Card,
    workers: int | None = None,
) -> NDArray[np.float64]:
    """Outputs of ``forward(start, stop)``, chunk by chunk."""
    name, classes = description.name, len(description.classes)
    results = np.empty((count, classes))

    def work(start: int, stop: int) -> None:
        rows = class_columns(forward(start, stop), card)
        results[start:stop] = check_form(rows, stop - start, name, classes)

    parallel_for(work, count, chunk=int(description.forward["chunk"]), workers=workers)
    return results


class _WorkerMemory(threading.local):
    """Memory for the network's input that a worker keeps between chunks, since new memory is slow."""

    def __init__(self) -> None:
        self._values = np.empty(0, np.float32)

    def memory(self, shape: tuple[int, ...], layout: str) -> NDArray[np.float32] | None:
        """``shape float32``, with whatever is in it; None where the input is made in another layout."""
        if layout != "nchw":
            return None
        count = math.prod(shape)
        if self._values.size < count:
            self._values = np.empty(count, np.float32)
        return self._values[:count].reshape(shape)


_worker_memory = _WorkerMemory()


def chunk_size(preprocessing: Preprocessing, max_chunk: int, device: str = "cpu", memory: int = 0) -> int:
    """Canvases per chunk: at most ``max_chunk`` (measured with MNIST's size), fewer of large inputs.

    Args:
        preprocessing: gives the size of the network's input.
        max_chunk: on the processor.
        device: one with memory of its own takes as many as 64 MiB hold, at most 1024.
        memory: bytes of it, where they are known: a 128th of them then, if that is more.
    """
    values = math.prod(input_shape(preprocessing))
    if device != "cpu":
        return max(1, min(1024, max(_DEVICE_CHUNK_VALUES, memory // 128 // 4) // values))
    return max(1, min(max_chunk, _CHUNK_VALUES // values))


def class_columns(outputs: NDArray[np.floating], card: Card) -> NDArray[np.floating]:
    """``(n, K)`` from what a network gives for ``n`` images; what is no array stays, for ``check_form``.

    Taken are ``(n, background + K)``, that with axes of length 1 behind it, and ``(n, 1)`` or ``(n,)`` for
    two classes: the probability or the logit of the second one.
    """
    if not hasattr(outputs, "ndim"):
        return outputs
    if outputs.ndim > 2 and set(outputs.shape[2:]) == {1}:
        outputs = outputs.reshape(outputs.shape[:2])
    single = outputs.ndim == 1 or (outputs.ndim == 2 and outputs.shape[1] == 1)
    if single and len(card.classes) == 2 and not card.background and outputs.dtype.kind == "f":
        return two_columns(outputs.reshape(-1, 1), card.kind, probabilities=card.output == "probabilities")
    return outputs[:, card.background :] if card.background else outputs
