"""Hardening by ACET: a network of a known architecture, fine-tuned on optimised noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from foolery.classifiers.accuracy import measure_accuracy
from foolery.classifiers.card import Card, card_beside, read_card
from foolery.classifiers.fingerprint import fingerprint
from foolery.classifiers.preprocess import input_shape
from foolery.data import LabelledData
from foolery.errors import UsageError

if TYPE_CHECKING:
    from foolery.training.acet import AcetRecipe


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
        train_data: to learn from; classes in the order of the network's.
        test_data: to measure with.
        seed: of the order of the pictures, and of the noise.
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
    from foolery.classifiers.torch import open_torch
    from foolery.training.acet import AcetRecipe, fine_tune_by_acet
    from foolery.training.export import check_exporter, export_network
    from foolery.training.train import load_network

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
    hardened = card.model_copy(update={"name": out.stem, "made_by": made_by, "notes": _notes(card, recipe)})
    predictions = measure_accuracy(
        open_torch(out.stem, out, hardened, fingerprint([out], hardened)), test_data
    )
    hardened = hardened.model_copy(
        update={
            "test_error": round(predictions.error, 6),
            "median_confidence": round(predictions.median_confidence(), 6),
            "calibration_error": round(predictions.calibration_error(), 6),
        }
    )
    hardened.write(card_beside(out))
    return hardened


def _notes(card: Card, recipe: AcetRecipe) -> str:
    return f"From {card.name}. {recipe.describe()}"
