"""Torch: classifiers whose architecture foolery knows, their weights in a safetensors file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.architectures import build
from foolery.classifiers.card import Card, Preprocessing
from foolery.classifiers.contract import Description
from foolery.classifiers.forward import scores
from foolery.classifiers.preprocess import crop_slices
from foolery.errors import MissingExtraError, UsageError

try:
    import torch
    from torch import Tensor

    from foolery.classifiers.architectures.contract import Network
except ImportError:
    raise MissingExtraError("torch", "torch", "run a classifier with the back end torch") from None

#: Canvases per slice. Measured as in ``onnx.GRAIN``: 33 000 images/s, 28 000 with 25 canvases per slice.
GRAIN = 50


@dataclass(frozen=True)
class TorchClassifier:
    """A torch network behind the contract of a classifier; it can be differentiated.

    Attributes:
        description: what is known of it.
        card: its preprocessing, among others.
        network: in evaluation mode, channels last: LeNet is twice as fast so.
    """

    description: Description
    card: Card
    network: Network

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64`` for canvases ``(N, C, H, W) uint8``; see ``Description.kind``."""
        return scores(self._forward, canvases, self.description, self.card.preprocessing)

    def logits(self, canvases: Tensor) -> Tensor:
        """``(N, K) float32`` for ``(N, C, H, W) float32`` from 0 to 255, with gradients.

        On whole numbers they are the logits behind ``scores``.
        """
        return self.head(self.features(canvases))

    def features(self, canvases: Tensor) -> Tensor:
        """``(N, F) float32``, what the last layer sees, for canvases as in ``logits``."""
        return self.network.features(prepared(canvases, self.card.preprocessing))

    def head(self, features: Tensor) -> Tensor:
        """``(N, K) float32`` logits of features."""
        return self.network.head(features)

    def _forward(self, pictures: NDArray[np.float32]) -> NDArray[np.floating]:
        with _one_thread(), torch.inference_mode():
            batch = torch.from_numpy(pictures).contiguous(memory_format=torch.channels_last)
            given: NDArray[np.floating] = self.network(batch).numpy()
        return given


def open_torch(name: str, weights: Path, card: Card, fingerprint: str) -> TorchClassifier:
    """The classifier in a safetensors file.

    Args:
        name: the reference it was asked for by.
        weights: the file.
        card: names the architecture, and says what else the file cannot.
        fingerprint: of the weights and the card.

    Raises:
        UsageError: where the card names no architecture, or the weights are not of that one.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if card.architecture is None:
        raise UsageError(f"classifier torch: the card of {weights} names no architecture; add one")
    network = build(card.architecture, len(card.classes))
    try:
        network.load_state_dict(load_file(weights))
    except (OSError, SafetensorError) as error:
        raise UsageError(f"classifier torch: cannot read {weights}: {error}") from None
    except RuntimeError as error:
        said = " ".join(str(error).split())
        raise UsageError(f"classifier torch: {weights} does not hold a {card.architecture}: {said}") from None
    network.eval().requires_grad_(False)
    return TorchClassifier(
        Description(
            name=name,
            fingerprint=fingerprint,
            canvas=card.preprocessing.shape,
            classes=card.classes,
            kind=card.kind,
            backend="torch",
            forward={"grain": GRAIN},
        ),
        card,
        network.to(memory_format=torch.channels_last),  # type: ignore[call-overload]
    )


def prepared(canvases: Tensor, how: Preprocessing) -> Tensor:
    """As ``preprocess``, the same operations in the same order, for float tensors with gradients."""
    pixels = canvases[(..., *crop_slices(how))] * how.scale
    if any(how.mean):
        pixels = pixels - pixels.new_tensor(how.mean)[:, None, None]
    if set(how.std) != {1.0}:
        pixels = pixels / pixels.new_tensor(how.std)[:, None, None]
    if how.channel_order == "bgr":
        pixels = pixels.flip(1)
    return pixels if how.layout == "nchw" else pixels.permute(0, 2, 3, 1)


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread for each lane. Torch keeps that number per thread; it is put back as it was."""
    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
