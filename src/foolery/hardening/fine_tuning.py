"""Fine-tuning: a pretrained network gets a class of fooling images; a built-in one is trained by ACET."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from foolery.canvas import Canvases
from foolery.classifiers import load_classifier
from foolery.classifiers.card import Card, card_beside, read_card
from foolery.classifiers.preprocess import input_shape
from foolery.data import LabelledData
from foolery.data.class_matching import match_classes
from foolery.errors import UsageError
from foolery.hardening.config import FOOLING_CLASS

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
        seed: of the order of the images.
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


def harden_by_acet(
    weights: Path,
    out: Path,
    *,
    train_data: LabelledData,
    test_data: LabelledData,
    seed: int = 0,
    iterations: int | None = None,
    made_by: str = "python",
    on_progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> Card:
    """Fine-tune the network in ``weights`` and write it to ``out`` (``.safetensors``), with graph and card.

    The card is written last, and states error and confidence on ``test_data``.

    Args:
        weights: of a network that foolery trained, with its card beside it.
        out: a file that is not there.
        train_data: images to train with; classes in the order of the network's.
        test_data: to measure with.
        seed: of the order of the images, and of the noise.
        iterations: steps; None for the recipe's.
        made_by: the command, for the card.
        on_progress: of the work, often.

    Raises:
        UsageError: for a network of no known architecture, other classes, and a file that is there.
        MissingExtraError: without torch.
        FooleryError: where training diverges; nothing is written then.
    """
    card = read_card(card_beside(weights))
    if card.architecture is None:
        raise UsageError(
            f"classifier: {weights} does not say of which architecture it is; fine-tuning needs one that "
            "foolery can build"
        )
    if train_data.classes != card.classes:
        raise UsageError(
            f"data: expected the {len(card.classes)} classes of {card.name} in their order, got "
            f"{len(train_data.classes)} ({', '.join(train_data.classes[:3])}, …)"
        )
    if out.exists():
        raise UsageError(f"out: {out} is there already; give another name")
    from foolery.training.acet import AcetRecipe, fine_tune_by_acet
    from foolery.training.export import check_exporter, export_network
    from foolery.training.from_scratch import load_network, with_accuracy

    check_exporter()
    network = load_network(weights, card)
    recipe = AcetRecipe() if iterations is None else replace(AcetRecipe(), iterations=iterations)
    (images,) = train_data.batches(len(train_data), card.preprocessing.shape)
    fine_tune_by_acet(
        network,
        images,
        card.preprocessing,
        recipe,
        seed,
        lambda done, total, loss: on_progress("fine-tuning by ACET", done, total),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    export_network(network, input_shape(card.preprocessing), out, out.with_suffix(".onnx"))
    hardened = card.model_copy(
        update={"name": out.stem, "made_by": made_by, "notes": f"From {card.name}. {recipe.describe()}"}
    )
    hardened = with_accuracy(hardened, out, test_data)
    hardened.write(card_beside(out))
    return hardened
