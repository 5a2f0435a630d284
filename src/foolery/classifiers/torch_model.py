"""Torch: a module of torch behind the contract of a classifier."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.arrays import read_safetensors_header
from foolery.canvas import Canvases
from foolery.classifiers.base import Description
from foolery.classifiers.card import Card, Preprocessing
from foolery.classifiers.device import check_computes, precision_context, recorded_precision, torch_device
from foolery.classifiers.inference import chunk_size, outputs, scores, to_scores
from foolery.classifiers.preprocess import crop_slices
from foolery.classifiers.scores import SATURATES
from foolery.errors import MissingExtraError, UsageError
from foolery.untrusted import UnreadableError

try:
    import torch
    from torch import Tensor, nn

    from foolery.classifiers.architectures.base import Network
    from foolery.classifiers.torch_scores import class_columns_of, scores_on_device
except ImportError:
    raise MissingExtraError("torch", "torch", "run a classifier with the back end torch") from None


def random_initialization(build: Callable[[], nn.Module], seed: int) -> nn.Module:
    """What ``build`` builds with torch's generator at ``seed``; the generator is put back as it was."""
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # libraries warn that a random start is slow, or not trained
        torch.manual_seed(seed)
        return build()


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it torch has one thread. It keeps that number for each thread; it is put back as it was."""
    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


#: Canvases per chunk. Measured as in ``onnx.CHUNK``: 33 000 images/s, 28 000 with 25 canvases per chunk.
CHUNK = 50
#: Note of a classifier that does not compute in float32.
PRECISION_NOTE = (
    "It computes in {}: its scores are rougher than in float32, and foolery verify says by how much."
)


@dataclass(frozen=True)
class TorchClassifier:
    """A torch network behind the contract of a classifier; it can be differentiated.

    Attributes:
        description: name, canvas, classes, settings.
        card: its preprocessing, among others.
        network: in evaluation mode, on its device, channels last: LeNet is twice as fast so. It is not
            compiled: ``torch.compile`` took 27 s for LeNet on a processor, and 2 s more for a last chunk of
            another size, to gain 16 %: the shortest run that is faster for it has 7 million queries.
        batch: the only number of images that the network takes; None for any.
    """

    description: Description
    card: Card
    network: nn.Module
    batch: int | None = None

    @property
    def chunk(self) -> int | None:
        """See ``ChunkedClassifier``; None on devices other than the processor."""
        return int(self.description.forward["chunk"]) if self.description.device == "cpu" else None

    @property
    def canvas_device(self) -> str:
        """See ``DeviceClassifier``."""
        return self.description.device

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64`` for canvases ``(N, C, H, W) uint8``; see ``Description.kind``."""
        if self.description.device == "cpu" and isinstance(canvases, np.ndarray):
            return scores(self._forward_cpu, canvases, self.description, self.card)
        return scores_on_device(self._forward_device, canvases, self.description, self.card)

    def outputs(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64``; see ``ChunkedClassifier``."""
        return outputs(self._forward_cpu, canvases, self.description, self.card)

    def to_scores(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """``(N, K) float64`` scores of outputs; see ``ChunkedClassifier``."""
        return to_scores(outputs, self.description, self.card)

    def logits(self, canvases: Tensor) -> Tensor:
        """``(N, K) float32`` for ``(N, C, H, W) float32`` from 0 to 255, with gradients.

        On whole numbers they are the logits behind ``scores`` (cosines for ``similarity``, logarithms of
        probabilities where the network gives probabilities).
        """
        outputs = self._forward(preprocess_tensor(canvases, self.card.preprocessing))
        outputs = class_columns_of(outputs, self.card)
        if self.card.output == "logits":
            return outputs
        logarithms = outputs.clamp_min(torch.finfo(outputs.dtype).tiny).log()
        return logarithms if self.card.kind == "softmax" else logarithms - torch.log1p(-outputs)

    def _forward_cpu(self, images: NDArray[np.float32]) -> NDArray[np.floating]:
        with one_thread(), torch.inference_mode():
            batch = torch.from_numpy(images).contiguous(memory_format=torch.channels_last)
            outputs: NDArray[np.floating] = self._forward(batch).numpy()
        return outputs

    def _forward_device(self, canvases: Canvases) -> Tensor:
        with torch.inference_mode():
            on_device = self._to_device(canvases).contiguous(memory_format=torch.channels_last)
            images = preprocess_tensor(on_device.float(), self.card.preprocessing)
            return self._forward(images.contiguous(memory_format=torch.channels_last))

    def _to_device(self, canvases: Canvases | Tensor) -> Tensor:
        """``canvases`` on the network's device, where those that were drawn there are already."""
        if isinstance(canvases, np.ndarray):
            canvases = torch.from_numpy(np.ascontiguousarray(canvases))
        return canvases.to(self.description.device)

    def _forward(self, images: Tensor) -> Tensor:
        """The network's outputs; for one of a fixed batch, the first image fills what is missing."""
        with self._in_precision():
            count = len(images)
            if self.batch is None or count == self.batch:
                return _at_least_float32(self.network(images))
            parts = []
            for start in range(0, count, self.batch):
                part = images[start : start + self.batch]
                filled = torch.cat([part, part[:1].expand(self.batch - len(part), -1, -1, -1)])
                parts.append(self.network(filled)[: len(part)])
            return _at_least_float32(torch.cat(parts))

    def _in_precision(self) -> AbstractContextManager[None]:
        return precision_context(recorded_precision(self.description.forward), self.description.device)


@dataclass(frozen=True)
class SplitClassifier(TorchClassifier):
    """A classifier whose network comes in two parts: all before the last layer, and that layer."""

    network: Network

    def features(self, canvases: Tensor) -> Tensor:
        """``(N, F) float32``, what the last layer sees, for canvases as in ``logits``."""
        with self._in_precision():
            outputs = self.network.features(preprocess_tensor(canvases, self.card.preprocessing))
        return _at_least_float32(outputs)

    def head(self, features: Tensor) -> Tensor:
        """``(N, K) float32`` logits of features."""
        with self._in_precision():
            return _at_least_float32(self.network.head(features))


def load_weights(network: nn.Module, weights: Path, architecture: str) -> None:
    """Set a network's weights from a safetensors file.

    Raises:
        UsageError: where the file cannot be read, or holds another network.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        read_safetensors_header(weights)
        network.load_state_dict(load_file(weights))
    except UnreadableError as error:
        raise UsageError(f"classifier torch: cannot read {weights}: {error.reason}") from None
    except (OSError, SafetensorError) as error:
        raise UsageError(f"classifier torch: cannot read {weights}: {error}") from None
    except RuntimeError as error:
        message = " ".join(str(error).split())
        message = message if len(message) < 300 else message[:300] + " …"
        raise UsageError(f"classifier torch: {weights} does not hold a {architecture}: {message}") from None


def torch_classifier(
    name: str,
    network: nn.Module,
    card: Card,
    fingerprint: str,
    *,
    device: str = "cpu",
    precision: str = "float32",
    notes: tuple[str, ...] = (),
    batch: int | None = None,
) -> TorchClassifier:
    """Any torch network as a classifier, in evaluation mode on its device.

    Args:
        name: the reference.
        network: takes ``(N, C, H, W) float32``, preprocessed by the card, and gives ``(N, K)``.
        card: preprocessing and class names.
        fingerprint: of the weights and the card.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: ``float32``, ``tf32``, ``bf16`` or ``fp16``; recorded where it is not float32.
        notes: for the user.
        batch: the only number of images that it takes; None for any.

    Raises:
        UsageError: where the device is not there, or cannot compute in that precision.
    """
    used = torch_device(device)
    check_computes(precision, used)
    forward: dict[str, str | int] = {
        "chunk": batch or chunk_size(card.preprocessing, CHUNK, used, _memory_of(used))
    }
    if precision != "float32":
        forward["precision"] = precision
        notes = (*notes, PRECISION_NOTE.format(precision))
    description = Description(
        name=name,
        fingerprint=fingerprint,
        canvas=card.preprocessing.shape,
        classes=card.classes,
        kind=card.kind,
        backend="torch",
        device=used,
        forward=forward,
        notes=((SATURATES,) if card.output == "probabilities" else ()) + notes,
    )
    network.requires_grad_(False)
    module = network.to(used).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    module.eval()
    make: Callable[..., TorchClassifier] = (
        SplitClassifier if isinstance(network, Network) else TorchClassifier
    )
    return make(description, card, module, batch)


def smoke_test(classifier: TorchClassifier) -> TorchClassifier:
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
        message = next(iter(str(error).splitlines()), "")
        name = classifier.description.name
        raise UsageError(
            f"classifier {name}: cannot score a canvas {canvas.shape}: {type(error).__name__}: {message}"
        ) from None
    return classifier


def preprocess_tensor(canvases: Tensor, preprocessing: Preprocessing) -> Tensor:
    """As ``preprocess``, the same operations in the same order, for float tensors with gradients."""
    pixels = canvases[(..., *crop_slices(preprocessing))] * preprocessing.scale
    if preprocessing.per_image:
        least = float(np.prod(pixels.shape[1:])) ** -0.5
        deviation = pixels.std(dim=(1, 2, 3), keepdim=True, unbiased=False).clamp_min(least)
        pixels = (pixels - pixels.mean(dim=(1, 2, 3), keepdim=True)) / deviation
    if any(preprocessing.mean):
        pixels = pixels - pixels.new_tensor(preprocessing.mean)[:, None, None]
    if set(preprocessing.std) != {1.0}:
        pixels = pixels / pixels.new_tensor(preprocessing.std)[:, None, None]
    if preprocessing.channel_order == "bgr":
        pixels = pixels.flip(1)
    return pixels if preprocessing.layout == "nchw" else pixels.permute(0, 2, 3, 1)


def _memory_of(device: str) -> int:
    """Bytes that a GPU has; 0 for other devices."""
    return int(torch.cuda.get_device_properties(device).total_memory) if device.startswith("cuda") else 0


def _at_least_float32(outputs: Tensor) -> Tensor:
    """Numpy has no bfloat16, and a log-softmax needs the digits."""
    return outputs.float() if outputs.dtype in (torch.bfloat16, torch.float16) else outputs
