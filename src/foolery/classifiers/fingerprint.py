"""Fingerprint: one SHA-256 over everything that decides the scores of a classifier."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from foolery.classifiers.card import LATER_PREPROCESSING, Card

if TYPE_CHECKING:
    from torch import nn

#: Fields of a card that count only where they are not at their default: fingerprints outlive versions.
_LATER_FIELDS = ("output", "output_name", "background")


def fingerprint(weights: Sequence[Path], card: Card) -> str:
    """SHA-256 (hex) over the bytes of every weights file, the preprocessing, the kind and the class names.

    Args:
        weights: the file that holds the network, then the external files it points to, in order.
        card: gives the rest; its name, notes and measured figures do not count.
    """
    return fingerprint_of_digests((_file_digest(path) for path in weights), card)


def fingerprint_of_digests(digests: Iterable[bytes], card: Card) -> str:
    """As ``fingerprint``, from the SHA-256 of each part of the network."""
    digest = hashlib.sha256()
    for each in digests:
        digest.update(each)
    preprocessing = card.preprocessing.model_dump(mode="json")
    for name in LATER_PREPROCESSING:
        if preprocessing[name] == type(card.preprocessing).model_fields[name].default:
            del preprocessing[name]
    content = {
        "preprocessing": preprocessing,
        "kind": card.kind,
        "classes": card.classes,
    }
    fields = Card.model_fields
    content |= {
        name: getattr(card, name) for name in _LATER_FIELDS if getattr(card, name) != fields[name].default
    }
    digest.update(json.dumps(content, sort_keys=True).encode())
    return digest.hexdigest()


def network_digests(architecture: str, network: nn.Module) -> list[bytes]:
    """SHA-256 of a torch network's parts: the name of its architecture, then every tensor, sorted by name."""
    import torch

    digests = [hashlib.sha256(architecture.encode()).digest()]
    for name, tensor in sorted(network.state_dict().items()):
        flat = tensor.detach().cpu().contiguous().flatten()
        digest = hashlib.sha256(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(flat.view(torch.uint8).numpy().tobytes())
        digests.append(digest.digest())
    return digests


def _file_digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
