"""Fingerprint: one SHA-256 over everything that decides what a classifier says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from foolery.classifiers.card import Card


def fingerprint(weights: Sequence[Path], card: Card) -> str:
    """SHA-256 (hex) over the bytes of every weights file, the preprocessing, the kind and the class names.

    Args:
        weights: the file that holds the network, then the external files it points to, in order.
        card: gives the rest; its name, notes and measured figures do not count.
    """
    digest = hashlib.sha256()
    for path in weights:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    said = {
        "preprocessing": card.preprocessing.model_dump(mode="json"),
        "kind": card.kind,
        "classes": card.classes,
    }
    digest.update(json.dumps(said, sort_keys=True).encode())
    return digest.hexdigest()
