"""Upload: a picture from a page, taken in only as far as it may be one."""

from __future__ import annotations

import asyncio
import io
import warnings
from base64 import b64encode

import numpy as np
from starlette.requests import ClientDisconnect, Request

from foolery.canvas import png_bytes
from foolery.errors import UsageError
from foolery.report.run_view import spaced
from foolery.report.wording import short_name
from foolery.studio.protocols import Eye
from foolery.text import format_score

LARGEST = 10 * 2**20  # bytes
MOST_PIXELS = 50_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
CONTENT = "application/octet-stream"  # never sent across sites without asking first
PATIENCE = 30.0  # seconds for all of it


class RefusedError(Exception):
    """An upload that is not taken in.

    Attributes:
        status: of the answer.
    """

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


async def taken_in(request: Request, largest: int = LARGEST) -> bytes:
    """The body of a request, read no further than ``largest`` bytes.

    Raises:
        RefusedError: it is larger, of another type, or does not come.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != CONTENT:
        raise RefusedError(415, f"expected {CONTENT}")
    told = request.headers.get("content-length", "0")
    if not told.isascii() or not told.isdigit() or int(told) > largest:
        raise RefusedError(413, _too_large(largest))
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for part in request.stream():
                body += part
                if len(body) > largest:
                    raise RefusedError(413, _too_large(largest))
    except (TimeoutError, ClientDisconnect):
        raise RefusedError(408, "the picture did not come") from None
    return bytes(body)


def check_picture(content: bytes) -> None:
    """Raise UsageError unless ``content`` begins as a picture of a known format and of at most 50 megapixels.

    Nothing is decoded: a small file can claim to be enormous.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                width, height = image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UsageError("picture: too many pixels") from None
    except Exception:  # Pillow's readers raise what they like for damaged files
        raise UsageError(f"picture: not one that can be read; expected {', '.join(FORMATS)}") from None
    if width * height > MOST_PIXELS:
        raise UsageError(
            f"picture: {width} x {height} pixels; at most {MOST_PIXELS // 1_000_000} million are read"
        )


def _too_large(largest: int) -> str:
    return f"the picture is larger than {largest // 2**20} MB"


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
