"""Training sets with a class of fooling images, and the files of networks that can be trained further."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from foolery.canvas import Canvases
from foolery.classifiers import builtin
from foolery.classifiers.architectures import list_architectures
from foolery.classifiers.card import card_beside, read_card
from foolery.classifiers.preprocess import input_shape
from foolery.data import LabelledImages
from foolery.errors import UsageError
from foolery.files import write_atomic
from foolery.hardening.config import FOOLING_CLASS


def add_fooling_class(train_data: LabelledImages, images: Sequence[Canvases]) -> LabelledImages:
    """``train_data`` with one class more, which holds all ``images``.

    Raises:
        UsageError: where a class has that name already.
    """
    if FOOLING_CLASS in train_data.classes:
        raise UsageError(f"data: it has a class {FOOLING_CLASS!r} already; rename it")
    added = np.concatenate(images)
    labels = np.full(len(added), len(train_data.classes), np.int64)
    return LabelledImages(
        np.concatenate([train_data.canvases, added]),
        np.concatenate([train_data.labels, labels]),
        (*train_data.classes, FOOLING_CLASS),
    )


def weights_file(reference: str) -> Path:
    """The ``.safetensors`` file of a network that foolery trained: a built-in name, or ``torch:FILE``.

    Raises:
        UsageError: for references of other kinds, which hold nothing that can be trained, and for files
            without a card or of no known architecture.
    """
    kind, colon, rest = reference.partition(":")
    if not colon and reference in builtin.names():
        return builtin.SHIPPED / f"{reference}.safetensors"
    if kind != "torch" or not rest.endswith(".safetensors"):
        raise UsageError(
            f"classifier: {reference!r} cannot be trained: give an architecture "
            f"({', '.join(list_architectures())}), a built-in network ({', '.join(builtin.names())}) or "
            "torch:FILE.safetensors of one that foolery trained"
        )
    weights = Path(rest).expanduser()
    if not weights.is_file():
        raise UsageError(f"classifier: no file {weights}")
    if not card_beside(weights).is_file():
        raise UsageError(f"classifier: {weights} has no card beside it ({card_beside(weights).name})")
    if read_card(card_beside(weights)).architecture is None:
        raise UsageError(f"classifier: the card of {weights} names no architecture; it cannot be trained")
    return weights


def copy_network(reference: str, weights: Path) -> None:
    """Copy the network that ``reference`` names to ``weights``, its graph and its card beside it, last.

    The graph is written again, as it points to the weights by name.
    """
    from foolery.training.export import export_network
    from foolery.training.from_scratch import load_network

    source = weights_file(reference)
    card = read_card(card_beside(source))
    network = load_network(source, card)
    export_network(network, input_shape(card.preprocessing), weights, weights.with_suffix(".onnx"))
    write_atomic(card_beside(weights), card_beside(source).read_bytes())
