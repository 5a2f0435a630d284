"""Loading: a classifier from the words that name it, with what a user has to know of it said once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from foolery.cli.output import note

if TYPE_CHECKING:
    from foolery.classifiers.contract import Classifier


def load(
    reference: str,
    backend: str,
    card: Path | None,
    device: str,
    class_names: str | None,
    trust: bool,
) -> Classifier:
    """The classifier that ``reference`` and the options of ``foolery.cli.options`` name.

    Its notes go to standard error.
    """
    from foolery.classifiers import load_classifier

    loaded = load_classifier(
        reference, backend=backend, card=card, device=device, classes=class_names, trust=trust
    )
    for said in loaded.description.notes:
        note(f"note: {said}")
    return loaded
