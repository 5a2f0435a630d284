"""Fine-tuning: a pretrained network of any library learns a class of fooling images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from foolery.canvas import Canvases
from foolery.classifiers import load_classifier
from foolery.classifiers.card import Card, card_beside
from foolery.classifiers.preprocess import input_shape
from foolery.data import LabelledData
from foolery.data.class_matching import match_classes
from foolery.errors import UsageError
from foolery.hardening.training_set import FOOLING

if TYPE_CHECKING:
    from foolery.classifiers.torch_model import TorchClassifier


def trainable(reference: str, card: Path | None) -> TorchClassifier:
    """The torch network that ``reference`` names.

    Raises:
        UsageError: where it is none, where its outputs are not logits of a softmax, and where it has a class
            of fooling images already.
        MissingExtraError: where what runs it is not installed.
    """
    found = load_classifier(reference, backend="torch", card=card, device="cpu")
    if not hasattr(found, "network"):
        raise UsageError(
            f"classifier: {reference!r} cannot be fine-tuned: give a torch network (torch:FILE.safetensors, "
            "torchvision:NAME, timm:NAME, or a built-in name)"
        )
    network = cast("TorchClassifier", found)
    if network.card.kind != "softmax" or network.card.output != "logits":
        raise UsageError(
            f"classifier: {reference!r} cannot be fine-tuned: expected logits of a softmax, it gives "
            f"{network.card.output} of kind {network.card.kind}"
        )
    if FOOLING in network.card.classes:
        raise UsageError(
            f"classifier: {reference!r} has a class {FOOLING!r} already; name the network before"
        )
    return network


def fine_tune_with(
    reference: str,
    card: Path | None,
    weights: Path,
    *,
    pictures: LabelledData,
    images: Sequence[Canvases],
    seed: int,
    iterations: int | None,
    made_by: str,
    told: Callable[[int, int, float], None] | None = None,
) -> Card:
    """Fine-tune on ``pictures`` and fooling ``images``; write ``weights`` with ONNX graph and card, last.

    Args:
        reference: of the network to start from.
        card: its card, where it does not lie beside it.
        weights: a path that ends in ``.safetensors``.
        pictures: real ones; their classes are found among the network's by name.
        images: of the class of fooling images, repeats included.
        seed: of the order of the pictures.
        iterations: steps; None for the recipe's.
        made_by: the command, for the card.
        told: of every step.

    Raises:
        UsageError, MissingExtraError: as ``trainable``; for classes that do not match.
        FooleryError: where training diverges; nothing is written then.
    """
    from foolery.training.export import export
    from foolery.training.fooling_class import FineTuning, learn_class, with_one_more

    start = trainable(reference, card)
    known = start.description
    outputs = start.card.background + len(known.classes)
    network = with_one_more(start.network, outputs)
    recipe = FineTuning() if iterations is None else replace(FineTuning(), iterations=iterations)
    places = match_classes(pictures.classes, known.classes, known.name).index + start.card.background
    learn_class(
        network,
        pictures,
        places,
        np.concatenate(images),
        outputs,
        start.card.preprocessing,
        recipe,
        seed,
        told,
    )
    export(network, input_shape(start.card.preprocessing), weights, weights.with_suffix(".onnx"))
    changed = start.card.model_copy(
        update={
            "name": weights.stem,
            "classes": (*known.classes, FOOLING),
            "made_by": made_by,
            "notes": f"From {known.name}, fine-tuned, not trained from scratch. {recipe.describe()}",
            "test_error": None,
            "median_confidence": None,
            "calibration_error": None,
        }
    )
    changed.write(card_beside(weights))
    return changed
