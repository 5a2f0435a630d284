"""Built-in classifiers: networks as one weights file for both back ends, and prototypes without any."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from foolery.classifiers.base import Classifier
from foolery.classifiers.card import Card, read_card
from foolery.classifiers.fingerprint import fingerprint

SHIPPED = Path(__file__).parent / "shipped"
_ENDING = ".card.json"


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Every built-in classifier, by the name of its card."""
    return tuple(sorted(card.name.removesuffix(_ENDING) for card in SHIPPED.glob(f"*{_ENDING}")))


def card_of(name: str) -> Card:
    """The card of a built-in classifier."""
    return read_card(SHIPPED / f"{name}{_ENDING}")


def is_numpy(name: str) -> bool:
    """Whether a built-in classifier is no network, and runs on numpy alone."""
    return (SHIPPED / f"{name}.npy").is_file()


def open_builtin(name: str, backend: str, device: str = "cpu", precision: str = "float32") -> Classifier:
    """A built-in classifier on ``onnx`` or ``torch``; the fingerprint is the same on both.

    ``precision`` is that of torch. One that runs on numpy alone does so whatever is asked for.
    """
    if is_numpy(name):
        from foolery.classifiers.nearest_prototype import open_prototypes

        card, file = card_of(name), SHIPPED / f"{name}.npy"
        return open_prototypes(name, file, card, fingerprint([file], card))
    card, weights = card_of(name), SHIPPED / f"{name}.safetensors"
    digest = fingerprint([weights], card)
    if backend == "onnx":
        from foolery.classifiers.onnx import open_onnx

        return open_onnx(name, weights.with_suffix(".onnx"), card, digest, device=device)
    from foolery.classifiers.torch import open_torch

    return open_torch(name, weights, card, digest, device=device, precision=precision)
