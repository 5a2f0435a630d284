"""Torch: classifiers in a file of safetensors, and which file torch may open at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foolery.classifiers.architectures import build
from foolery.classifiers.base import Classifier
from foolery.classifiers.card import Card
from foolery.classifiers.fingerprint import fingerprint
from foolery.classifiers.preprocess import input_shape
from foolery.classifiers.request import Request
from foolery.classifiers.torch_model import TorchClassifier, load_weights, smoke_test, torch_classifier
from foolery.errors import MissingExtraError, UsageError

try:
    from torch import Tensor, nn
except ImportError:
    raise MissingExtraError("torch", "torch", "run a classifier with the back end torch") from None


class _ProgramModule(nn.Module):
    """The program as a module that gives the first of its outputs."""

    def __init__(self, program: nn.Module) -> None:
        super().__init__()
        self.program = program

    def train(self, mode: bool = True) -> _ProgramModule:
        """A program stays in the mode it was exported in; torch raises where it is set to another."""
        return self

    def forward(self, images: Tensor) -> Tensor:
        value: Any = self.program(images)
        while isinstance(value, (tuple, list, dict)):
            value = next(iter(value.values())) if isinstance(value, dict) else value[0]
        outputs: Tensor = value
        return outputs


def open_exported(request: Request) -> TorchClassifier:
    """The classifier in an exported program.

    Raises:
        UsageError: without trust, since the file can carry pickles, and these can run code; where torch
            cannot read it, or the card does not fit it.
    """
    file = request.file
    if not request.trust:
        raise UsageError(
            f"classifier {request.reference}: an exported program can carry code; give --trust if you made "
            f"it, or convert it to safetensors or, with torch.onnx.export, to ONNX"
        )
    card = request.card_of_file()
    from torch.export import load

    try:
        program = load(file)
        module = program.module()
    except Exception as error:  # torch raises almost anything for a damaged file
        message = next(iter(str(error).splitlines()), "")
        raise UsageError(
            f"classifier {request.reference}: torch cannot read it: {type(error).__name__}: {message}"
        ) from None
    batch = _batch(program, request, input_shape(card.preprocessing))
    digest = fingerprint([file], card)
    return smoke_test(
        torch_classifier(
            request.reference,
            _ProgramModule(module),
            card,
            digest,
            device=request.device,
            precision=request.precision,
            batch=batch,
        )
    )


def _batch(program: Any, request: Request, expected: tuple[int, ...]) -> int | None:
    """The number of images that the program was exported for; None if any."""
    names = set(program.graph_signature.user_inputs)
    inputs = [
        node.meta["val"] for node in program.graph.nodes if node.op == "placeholder" and node.name in names
    ]
    if len(inputs) != 1:
        raise UsageError(f"classifier {request.reference}: must have one input, and has {len(inputs)}")
    shape = [side if isinstance(side, int) else None for side in inputs[0].shape]
    fits = len(shape) == 4 and all(
        side in (None, ours) for side, ours in zip(shape[1:], expected, strict=True)
    )
    if not fits:
        raise UsageError(
            f"classifier {request.reference}: takes {tuple(inputs[0].shape)}, but its card makes "
            f"(N, {', '.join(map(str, expected))})"
        )
    return shape[0]


_PICKLES = {".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt", ".tar"}


def open_reference(request: Request) -> Classifier:
    """The classifier that ``torch:FILE`` names, with the card beside the file or the one that was given.

    Raises:
        UsageError: for a pickle, for an exported program without trust, and as ``open_torch``.
    """
    suffix = Path(request.rest).suffix.lower()
    if suffix in _PICKLES:
        raise UsageError(
            f"classifier {request.reference}: expected a .safetensors file; pickles are never read, since "
            f"they can run code; convert it where you trust it: safetensors.torch.save_file("
            f"model.state_dict(), FILE), or torch.onnx.export"
        )
    if suffix == ".pt2":
        return open_exported(request)
    if suffix != ".safetensors":
        raise UsageError(
            f"classifier {request.reference}: expected a file that ends in .safetensors or .pt2; an ONNX "
            f"file is named onnx:FILE"
        )
    card = request.card_of_file()
    digest = fingerprint([request.file], card)
    return open_torch(
        request.reference, request.file, card, digest, device=request.device, precision=request.precision
    )


def open_torch(
    name: str,
    weights: Path,
    card: Card,
    fingerprint: str,
    *,
    device: str = "cpu",
    precision: str = "float32",
) -> TorchClassifier:
    """The classifier in a safetensors file.

    Args:
        name: the reference.
        weights: the file.
        card: architecture, preprocessing and class names.
        fingerprint: of the weights and the card.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: ``float32``, ``tf32``, ``bf16`` or ``fp16``.

    Raises:
        UsageError: where the device cannot compute in that precision, the card names no architecture, or
            the weights are not of that one.
    """
    if card.architecture is None:
        raise UsageError(
            f"classifier torch: the card of {weights} names no architecture; add one that foolery trains, or "
            f"torchvision:NAME, or timm:NAME"
        )
    network = _build_network(card.architecture, card.background + len(card.classes))
    load_weights(network, weights, card.architecture)
    return torch_classifier(name, network, card, fingerprint, device=device, precision=precision)


def _build_network(architecture: str, classes: int) -> nn.Module:
    """A network of foolery's own architectures, torchvision's or timm's; its weights are not yet set."""
    library, colon, name = architecture.partition(":")
    if colon and library == "torchvision":
        from foolery.classifiers.torchvision import build_untrained

        return build_untrained(name, classes)
    if colon and library == "timm":
        from foolery.classifiers.timm import build_untrained as build_timm

        return build_timm(name, classes)
    return build(architecture, classes)
