"""Looking: what a classifier says about a picture, as JSON types."""

from __future__ import annotations

from base64 import b64encode

import numpy as np

from foolery.canvas import png_bytes
from foolery.errors import UsageError
from foolery.report.run_view import spaced
from foolery.report.wording import short_name
from foolery.studio.playground import check_picture
from foolery.studio.protocols import Eye
from foolery.text import format_score

TOP = 5


def eye_told(eye: Eye) -> dict[str, object]:
    """A classifier as pages need it."""
    return {
        "name": short_name(eye.name),
        "channels": eye.canvas.channels,
        "width": eye.canvas.width,
        "height": eye.canvas.height,
        "classes": len(eye.classes),
        "kind": eye.kind,
        "notes": list(eye.notes),
    }


def answer(eye: Eye, picture: bytes, label: str | None = None) -> dict[str, object]:
    """The first answers about a picture, the picture as the classifier sees it, and its score for one class.

    Raises:
        UsageError: for what is no picture, or too large.
    """
    check_picture(picture)
    view = eye.look(picture)
    order = np.argsort(-view.confidences, kind="stable")[:TOP].tolist()
    told: dict[str, object] = {
        "top": [_told(eye, place, float(view.confidences[place])) for place in order],
        "seen": b64encode(png_bytes(view.canvas)).decode(),
    }
    if label is not None:
        if label not in eye.classes:
            raise UsageError(f"class: {short_name(eye.name)} has no class {label!r}")
        place = list(eye.classes).index(label)
        told["own"] = _told(eye, place, float(view.confidences[place]))
    return told


def _told(eye: Eye, place: int, value: float) -> dict[str, object]:
    return {
        "label": eye.classes[place],
        "confidence": value,
        "shown": spaced(format_score(value, eye.kind)),
        "share": round(max(0.0, min(1.0, value)), 6),
    }
