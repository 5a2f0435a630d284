"""Loading: a classifier from the words that name it, with what a user has to know of it said once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foolery.cli._output import note
from foolery.errors import UsageError

if TYPE_CHECKING:
    from foolery.classifiers.base import Classifier


def load(
    reference: str,
    backend: str,
    card: Path | None,
    device: str,
    class_names: str | None,
    trust: bool,
    changes: list[str] | None,
    precision: str = "float32",
) -> Classifier:
    """The classifier that ``reference`` and the options of ``foolery.cli._options`` name.

    Its notes go to standard error.
    """
    from foolery.classifiers import load_classifier

    loaded = load_classifier(
        reference,
        backend=backend,
        card=card,
        device=device,
        classes=class_names,
        trust=trust,
        changes=fields(changes or []),
        precision=precision,
    )
    for said in loaded.description.notes:
        note(f"note: {said}")
    return loaded


def fields(changes: list[str]) -> dict[str, Any]:
    """``FIELD=VALUE`` words as fields of a card; a value that is no JSON is a word.

    Raises:
        UsageError: for a word without a field, or a field given twice.
    """
    found: dict[str, Any] = {}
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals or not name.strip() or name.strip() in found:
            raise UsageError(f"--set: expected FIELD=VALUE, each field once, got {change!r}")
        try:
            found[name.strip()] = json.loads(value)
        except ValueError:
            found[name.strip()] = value
    return found


def announce(classifier: Classifier, batch: int, queries: int) -> None:
    """Say how fast the classifier was just measured to be, and what ``queries`` will take."""
    from foolery.classifiers.wrappers.metered import images_per_second

    rate = images_per_second(classifier, batch)
    seconds = queries / rate
    time = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
    note(f"measured {rate:,.0f} images/s: {queries:,} queries take about {time} or more")
