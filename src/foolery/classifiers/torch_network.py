"""Torch network: a module of torch behind the contract of a classifier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.card import Card, Preprocessing
from foolery.classifiers.contract import Description
from foolery.classifiers.devices import torch_device
from foolery.classifiers.forward import grain_of, scores, scores_of
from foolery.classifiers.preprocess import crop_slices
from foolery.classifiers.scores import SATURATES
from foolery.errors import MissingExtraError, UsageError

try:
    import torch
    from torch import Tensor, nn

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
        network: in evaluation mode, on its device, channels last: LeNet is twice as fast so.
        batch: the only number of pictures that the network takes; None for any.
    """

    description: Description
    card: Card
    network: nn.Module
    batch: int | None = None

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64`` for canvases ``(N, C, H, W) uint8``; see ``Description.kind``."""
        if self.description.device == "cpu":
            return scores(self._on_lane, canvases, self.description, self.card)
        return scores_of(self._on_device, canvases, self.description, self.card, lanes=1)

    def logits(self, canvases: Tensor) -> Tensor:
        """``(N, K) float32`` for ``(N, C, H, W) float32`` from 0 to 255, with gradients.

        On whole numbers they are the logits behind ``scores`` (cosines for ``similarity``, logarithms of
        probabilities where the network gives probabilities).
        """
        outputs: Tensor = self._whole(prepared(canvases, self.card.preprocessing))
        outputs = outputs.flatten(1)[:, self.card.background :]
        if self.card.output == "logits":
            return outputs
        logarithms = outputs.clamp_min(torch.finfo(outputs.dtype).tiny).log()
        return logarithms if self.card.kind == "softmax" else logarithms - torch.log1p(-outputs)

    def _on_lane(self, pictures: NDArray[np.float32]) -> NDArray[np.floating]:
        with _one_thread(), torch.inference_mode():
            batch = torch.from_numpy(pictures).contiguous(memory_format=torch.channels_last)
            given: NDArray[np.floating] = self._whole(batch).numpy()
        return given

    def _on_device(self, canvases: Canvases) -> NDArray[np.floating]:
        with _exact(), torch.inference_mode():
            uploaded = torch.from_numpy(np.ascontiguousarray(canvases)).to(self.description.device)
            pictures = prepared(uploaded.float(), self.card.preprocessing)
            batch = pictures.contiguous(memory_format=torch.channels_last)
            given: NDArray[np.floating] = self._whole(batch).float().cpu().numpy()
        return given

    def _whole(self, pictures: Tensor) -> Tensor:
        """The network's outputs; for one of a fixed batch, the first picture fills what is missing."""
        count = len(pictures)
        if self.batch is None or count == self.batch:
            outputs: Tensor = self.network(pictures)
            return outputs
        parts = []
        for start in range(0, count, self.batch):
            part = pictures[start : start + self.batch]
            filled = torch.cat([part, part[:1].expand(self.batch - len(part), -1, -1, -1)])
            parts.append(self.network(filled)[: len(part)])
        return torch.cat(parts)


@dataclass(frozen=True)
class SplitClassifier(TorchClassifier):
    """A classifier whose network comes in two parts: what the last layer sees, and that layer."""

    network: Network

    def features(self, canvases: Tensor) -> Tensor:
        """``(N, F) float32``, what the last layer sees, for canvases as in ``logits``."""
        return self.network.features(prepared(canvases, self.card.preprocessing))

    def head(self, features: Tensor) -> Tensor:
        """``(N, K) float32`` logits of features."""
        return self.network.head(features)


def fill(network: nn.Module, weights: Path, architecture: str) -> None:
    """Set a network's weights from a safetensors file.

    Raises:
        UsageError: where the file cannot be read, or holds another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        network.load_state_dict(load_file(weights))
    except (OSError, SafetensorError) as error:
        raise UsageError(f"classifier torch: cannot read {weights}: {error}") from None
    except RuntimeError as error:
        said = " ".join(str(error).split())
        said = said if len(said) < 300 else said[:300] + " …"
        raise UsageError(f"classifier torch: {weights} does not hold a {architecture}: {said}") from None


def classifier_of(
    name: str,
    network: nn.Module,
    card: Card,
    fingerprint: str,
    *,
    device: str = "cpu",
    notes: tuple[str, ...] = (),
    batch: int | None = None,
) -> TorchClassifier:
    """Any torch network as a classifier, in evaluation mode on its device.

    Args:
        name: the reference it was asked for by.
        network: takes ``(N, C, H, W) float32``, preprocessed as the card says, and gives ``(N, K)``.
        card: says what the network cannot.
        fingerprint: of the weights and the card.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        notes: what a user has to know of it.
        batch: the only number of pictures that it takes; None for any.
    """
    used = torch_device(device)
    description = Description(
        name=name,
        fingerprint=fingerprint,
        canvas=card.preprocessing.shape,
        classes=card.classes,
        kind=card.kind,
        backend="torch",
        device=used,
        forward={"grain": batch or grain_of(card.preprocessing, GRAIN, used)},
        notes=((SATURATES,) if card.output == "probabilities" else ()) + notes,
    )
    network.requires_grad_(False)
    placed = network.to(used).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    placed.eval()
    make: Callable[..., TorchClassifier] = (
        SplitClassifier if isinstance(network, Network) else TorchClassifier
    )
    return make(description, card, placed, batch)


def tried(classifier: TorchClassifier) -> TorchClassifier:
    """``classifier``, once it has scored one black canvas.

    Raises:
        UsageError: where it cannot, or gives another number of classes than its card names.
    """
    canvas = np.zeros((1, *classifier.description.canvas.axes), np.uint8)
    try:
        classifier.scores(canvas)
    except UsageError:
        raise
    except Exception as error:  # a foreign network can raise anything
        said = next(iter(str(error).splitlines()), "")
        name = classifier.description.name
        raise UsageError(
            f"classifier {name}: cannot score a canvas {canvas.shape}: {type(error).__name__}: {said}"
        ) from None
    return classifier


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


@contextmanager
def _exact() -> Iterator[None]:
    """Float32 means float32, the same numbers every time: no TF32, no algorithm chosen by the clock."""
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        yield
