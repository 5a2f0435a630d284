"""The playground: an image from a page, checked before it is decoded, and what a classifier predicts."""

from __future__ import annotations

import asyncio
import io
import warnings
from base64 import b64encode

import numpy as np
from starlette.requests import ClientDisconnect, Request

from foolery.canvas import png_bytes
from foolery.errors import UsageError
from foolery.report.wording import short_name
from foolery.studio.protocols import Predictor
from foolery.text import format_score, with_narrow_spaces

MAX_BYTES = 10 * 2**20  # bytes
MAX_PIXELS = 50_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
CONTENT_TYPE = "application/octet-stream"  # never sent across sites without asking first
SECONDS, BYTES_PER_SECOND = 5.0, 400_000  # time for a body: so long, and more for a large one


class UploadRefusedError(Exception):
    """An upload that is refused.

    Attributes:
        status: of the response.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


async def read_upload(request: Request, max_bytes: int = MAX_BYTES) -> bytes:
    """The body of a request, read no further than ``max_bytes`` bytes.

    Raises:
        RefusedError: it is larger, of another type, or does not come.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise UploadRefusedError(415, f"expected {CONTENT_TYPE}")
    declared = request.headers.get("content-length", "0")
    if not declared.isascii() or not declared.isdigit() or int(declared) > max_bytes:
        raise UploadRefusedError(413, _too_large(max_bytes))
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS + int(declared) / BYTES_PER_SECOND):
            async for part in request.stream():
                body += part
                if len(body) > max_bytes:
                    raise UploadRefusedError(413, _too_large(max_bytes))
    except (TimeoutError, ClientDisconnect):
        raise UploadRefusedError(408, "the image did not arrive") from None
    return bytes(body)


def check_image(content: bytes) -> None:
    """Raise UsageError unless ``content`` begins as an image of a known format and of at most 50 megapixels.

    Nothing is decoded: a small file can claim to be enormous.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                width, height = image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UsageError("image: too many pixels") from None
    except Exception:  # Pillow's readers raise what they like for damaged files
        raise UsageError(f"image: cannot be read; expected {', '.join(FORMATS)}") from None
    if width * height > MAX_PIXELS:
        raise UsageError(
            f"image: {width} x {height} pixels; at most {MAX_PIXELS // 1_000_000} million are read"
        )


def _too_large(largest: int) -> str:
    return f"the image is larger than {largest // 2**20} MB"


TOP = 5


def predictor_json(predictor: Predictor) -> dict[str, object]:
    """A classifier as pages need it."""
    return {
        "name": short_name(predictor.name),
        "channels": predictor.canvas.channels,
        "width": predictor.canvas.width,
        "height": predictor.canvas.height,
        "classes": len(predictor.classes),
        "kind": predictor.kind,
        "notes": list(predictor.notes),
    }


def predict_json(predictor: Predictor, image: bytes, label: str | None = None) -> dict[str, object]:
    """The top-5 predictions for an image, the classifier's input, and the confidence in one class.

    A class that the classifier does not have has no confidence: champions are tried on others, too.

    Raises:
        UsageError: for what is no image, or too large.
    """
    check_image(image)
    output = predictor.predict(image)
    order = np.argsort(-output.confidences, kind="stable")[:TOP].tolist()
    response: dict[str, object] = {
        "top": [_label_json(predictor, place, float(output.confidences[place])) for place in order],
        "input": b64encode(png_bytes(output.canvas)).decode(),
    }
    if label is not None:
        response["target"] = None
    if label in predictor.classes:
        place = list(predictor.classes).index(str(label))
        response["target"] = _label_json(predictor, place, float(output.confidences[place]))
    return response


def _label_json(predictor: Predictor, place: int, value: float) -> dict[str, object]:
    return {
        "label": predictor.classes[place],
        "confidence": value,
        "confidence_text": with_narrow_spaces(format_score(value, predictor.kind)),
        "share": round(max(0.0, min(1.0, value)), 6),
    }
