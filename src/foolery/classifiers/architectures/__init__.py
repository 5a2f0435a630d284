"""Architectures that foolery can build and train, each a torch module in its own file."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from foolery.errors import MissingExtraError, UsageError, did_you_mean

if TYPE_CHECKING:
    from foolery.classifiers.architectures.base import Network

_HOMES = {
    "lenet": ("foolery.classifiers.architectures.lenet", "LeNet"),
    "perceptron": ("foolery.classifiers.architectures.perceptron", "Perceptron"),
    "convnet": ("foolery.classifiers.architectures.convnet", "ConvNet"),
    "vae": ("foolery.classifiers.architectures.vae", "VAE"),
    "vit": ("foolery.classifiers.architectures.vit", "ViT"),
}


def list_architectures() -> list[str]:
    """The names that ``build`` takes."""
    return list(_HOMES)


def check_architecture(name: str) -> str:
    """Return ``name``, or raise UsageError unless ``build`` takes it."""
    if name not in _HOMES:
        raise UsageError(f"architecture: unknown {name!r}; {did_you_mean(name, list_architectures())}")
    return name


def build(name: str, classes: int) -> Network:
    """A network of the named architecture with ``classes`` outputs, its weights not yet set.

    Raises:
        UsageError: for an unknown name.
        MissingExtraError: without torch.
    """
    module, network = _HOMES[check_architecture(name)]
    try:
        import torch  # noqa: F401
    except ImportError:
        raise MissingExtraError("torch", "torch", f"build the architecture {name}") from None
    instance: Network = getattr(import_module(module), network)(classes)
    return instance
