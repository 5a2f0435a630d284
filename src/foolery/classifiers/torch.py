"""Torch: classifiers in a file of safetensors, and which file torch may open at all."""

from __future__ import annotations

from pathlib import Path

from foolery.classifiers.architectures import build
from foolery.classifiers.base import Classifier
from foolery.classifiers.card import Card
from foolery.classifiers.fingerprint import fingerprint as fingerprint_of_files
from foolery.classifiers.request import Request
from foolery.classifiers.torch_model import TorchClassifier, classifier_of, fill
from foolery.errors import MissingExtraError, UsageError

try:
    from torch import nn
except ImportError:
    raise MissingExtraError("torch", "torch", "run a classifier with the back end torch") from None

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
        from foolery.classifiers.exported import open_exported

        return open_exported(request)
    if suffix != ".safetensors":
        raise UsageError(
            f"classifier {request.reference}: expected a file that ends in .safetensors or .pt2; an ONNX "
            f"file is named onnx:FILE"
        )
    card = request.card_of_file()
    mark = fingerprint_of_files([request.file], card)
    return open_torch(
        request.reference, request.file, card, mark, device=request.device, precision=request.precision
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
        name: the reference it was asked for by.
        weights: the file.
        card: names the architecture, and says what else the file cannot.
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
    network = _built(card.architecture, card.background + len(card.classes))
    fill(network, weights, card.architecture)
    return classifier_of(name, network, card, fingerprint, device=device, precision=precision)


def _built(architecture: str, classes: int) -> nn.Module:
    """A network of foolery's own architectures, torchvision's or timm's; its weights are not yet set."""
    library, colon, name = architecture.partition(":")
    if colon and library == "torchvision":
        from foolery.classifiers.torchvision import build_untrained

        return build_untrained(name, classes)
    if colon and library == "timm":
        from foolery.classifiers.timm import build_untrained as build_timm

        return build_timm(name, classes)
    return build(architecture, classes)
