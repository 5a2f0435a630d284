"""Architectures that foolery can build and train, each a torch module in its own file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.errors import MissingExtraError
from foolery.registry import Entry, Registry

if TYPE_CHECKING:
    from foolery.classifiers.architectures.base import Network

_HERE = "foolery.classifiers.architectures"

ARCHITECTURES = Registry(
    "architecture",
    None,
    (
        Entry("lenet", "the paper's LeNet, gray 28 x 28", f"{_HERE}.lenet:LeNet", extra="torch"),
        Entry(
            "perceptron",
            "three dense layers, gray 28 x 28",
            f"{_HERE}.perceptron:Perceptron",
            extra="torch",
        ),
        Entry("convnet", "a small residual network, RGB", f"{_HERE}.convnet:ConvNet", extra="torch"),
        Entry("vae", "a generative model of each class, gray 28 x 28", f"{_HERE}.vae:VAE", extra="torch"),
        Entry("vit", "a small vision transformer, RGB 32 x 32", f"{_HERE}.vit:ViT", extra="torch"),
    ),
)
"""A target takes the number of classes, and makes a ``Network``."""

FITTED = Registry(
    "architecture",
    None,
    (
        Entry(
            "neighbors", "nearest prototypes in features, RGB", f"{_HERE}.neighbors:Neighbors", extra="torch"
        ),
    ),
)
"""The same, of what is not trained by descent: ``benchmarks/cifar_panel.py`` makes it."""


def list_architectures() -> list[str]:
    """The names of what can be trained."""
    return ARCHITECTURES.names()


def check_architecture(name: str) -> str:
    """Return ``name``, or raise UsageError unless it can be trained."""
    return ARCHITECTURES.entry(name).name


def build(name: str, classes: int) -> Network:
    """A network of the named architecture with ``classes`` outputs, its weights not yet set.

    Raises:
        UsageError: for an unknown name.
        MissingExtraError: without torch.
    """
    registry = FITTED if name in FITTED.names() else ARCHITECTURES
    registry.entry(name)
    try:
        import torch  # noqa: F401
    except ImportError:
        raise MissingExtraError("torch", "torch", f"build the architecture {name}") from None
    network: Network = registry.load(name)(classes)
    return network
