"""MAITE: models of the Modular AI Trustworthy Engineering protocols, ``maite:package.module:name``.

A model takes a sequence of images ``(C, H, W)`` and gives one array of probabilities for each. Its class
names come from ``metadata["index2label"]``; its canvas is an attribute ``canvas`` ``(channels, height,
width)``, or a card says it. MAITE itself is not needed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.classifiers.python import card_fields, load_object, wrap_call
from foolery.classifiers.request import Request
from foolery.errors import UsageError


def open_reference(request: Request) -> Classifier:
    """The classifier that ``maite:module:name`` names: a model, or what makes one without arguments.

    Raises:
        UsageError: where the module or the name is not there or fails, or it is no MAITE model.
    """
    model = load_object(request)
    metadata = getattr(model, "metadata", None)
    if not callable(model) or not isinstance(metadata, dict) or "id" not in metadata:
        raise UsageError(
            f"classifier {request.reference}: gave {type(model).__name__}, which is no MAITE model: expected "
            f'a callable with metadata that has an "id"'
        )
    fields = {"output": "probabilities", **_classes(request, metadata), **card_fields(model, request)}

    def call(canvases: Canvases) -> NDArray[np.floating]:
        return np.stack([np.asarray(row, np.float64) for row in model(list(canvases))])

    return wrap_call(request, model, request.card_from(fields), call)


def _classes(request: Request, metadata: dict[str, Any]) -> dict[str, Any]:
    labels = metadata.get("index2label")
    if labels is None:
        return {}
    if sorted(labels) != list(range(len(labels))):
        raise UsageError(
            f"classifier {request.reference}: index2label must have the indices from 0 on, got "
            f"{sorted(labels)[:5]}"
        )
    return {"classes": tuple(str(labels[index]) for index in range(len(labels)))}
