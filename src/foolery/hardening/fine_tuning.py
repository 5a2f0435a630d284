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
from foolery.hardening.training_set import FOOLING_CLASS

if TYPE_CHECKING:
    from foolery.classifiers.torch_model import TorchClassifier


def load_trainable(reference: str, card: Path | None) -> TorchClassifier:
    """The torch network that ``reference`` names.

    Raises:
        UsageError: where it is none, where its outputs are not logits of a softmax, and where it has a class
            of fooling images already.
        MissingExtraError: where what runs it is not installed.
    """
    classifier = load_classifier(reference, backend="torch", card=card, device="cpu")
    if not hasattr(classifier, "network"):
        raise UsageError(
            f"classifier: {reference!r} cannot be fine-tuned: give a torch network (torch:FILE.safetensors, "
            "torchvision:NAME, timm:NAME, or a built-in name)"
        )
    torch_classifier = cast("TorchClassifier", classifier)
    if torch_classifier.card.kind != "softmax" or torch_classifier.card.output != "logits":
        raise UsageError(
            f"classifier: {reference!r} cannot be fine-tuned: expected logits of a softmax, it gives "
            f"{torch_classifier.card.output} of kind {torch_classifier.card.kind}"
        )
    if FOOLING_CLASS in torch_classifier.card.classes:
        raise UsageError(
            f"classifier: {reference!r} has a class {FOOLING_CLASS!r} already; name the network before"
        )
    return torch_classifier


def fine_tune_with_fooling_class(
    reference: str,
    card: Path | None,
    weights: Path,
    *,
    train_data: LabelledData,
    images: Sequence[Canvases],
    seed: int,
    iterations: int | None,
    made_by: str,
    on_step: Callable[[int, int, float], None] | None = None,
) -> Card:
    """Fine-tune on ``train_data`` and fooling ``images``; write ``weights`` with ONNX graph and card, last.

    Args:
        reference: of the network to start from.
        card: its card, where it does not lie beside it.
        weights: a path that ends in ``.safetensors``.
        train_data: real ones; their classes are found among the network's by name.
        images: of the class of fooling images, repeats included.
        seed: of the order of the pictures.
        iterations: steps; None for the recipe's.
        made_by: the command, for the card.
        on_step: of every step.

    Raises:
        UsageError, MissingExtraError: as ``trainable``; for classes that do not match.
        FooleryError: where training diverges; nothing is written then.
    """
    from foolery.training.export import export_network
    from foolery.training.fooling_class import FineTuningRecipe, add_output, learn_fooling_class

    start = load_trainable(reference, card)
    description = start.description
    outputs = start.card.background + len(description.classes)
    network = add_output(start.network, outputs)
    recipe = FineTuningRecipe() if iterations is None else replace(FineTuningRecipe(), iterations=iterations)
    output_indices = (
        match_classes(train_data.classes, description.classes, description.name).index + start.card.background
    )
    learn_fooling_class(
        network,
        train_data,
        output_indices,
        np.concatenate(images),
        outputs,
        start.card.preprocessing,
        recipe,
        seed,
        on_step,
    )
    export_network(network, input_shape(start.card.preprocessing), weights, weights.with_suffix(".onnx"))
    new_card = start.card.model_copy(
        update={
            "name": weights.stem,
            "classes": (*description.classes, FOOLING_CLASS),
            "made_by": made_by,
            "notes": f"From {description.name}, fine-tuned, not trained from scratch. {recipe.describe()}",
            "test_error": None,
            "median_confidence": None,
            "calibration_error": None,
        }
    )
    new_card.write(card_beside(weights))
    return new_card
