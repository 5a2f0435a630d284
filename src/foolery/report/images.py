"""Canvases as the image files that a page shows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, to_image

if TYPE_CHECKING:
    from PIL.Image import Image

SMALL = 96  # pixels: up to here a thumbnail is the canvas, and a page enlarges it in whole steps
MAX_THUMBNAIL = 264  # twice the width in which a page shows it
_QUALITY = 90
_LEVEL = 2  # of PNG's compression: as small as the others for these images, and quicker


def png(canvas: Canvases) -> bytes:
    """``(C, H, W) uint8`` as a PNG file; reading it back gives the same values."""
    buffer = io.BytesIO()
    to_image(canvas).save(buffer, format="PNG", compress_level=_LEVEL)
    return buffer.getvalue()


def thumbnail(canvas: Canvases) -> bytes:
    """``(C, H, W) uint8`` as a WebP file: without loss up to 96 pixels, at most 264 pixels wide and high."""
    image = to_image(canvas)
    if max(image.size) > MAX_THUMBNAIL:
        image.thumbnail((MAX_THUMBNAIL, MAX_THUMBNAIL))
    return _webp(image, exact=max(image.size) <= SMALL)


def strip(canvases: Sequence[Canvases]) -> bytes:
    """Canvases of one shape side by side, as a WebP file."""
    image = to_image(np.concatenate(list(canvases), axis=2))
    return _webp(image, exact=image.height <= SMALL // 2)


def sprite(images: NDArray[np.uint8]) -> bytes:
    """``(N, h, w) uint8`` gray images side by side, as a WebP file."""
    return _webp(to_image(np.concatenate(list(images), axis=1)[None]), exact=False)


def _webp(image: Image, *, exact: bool) -> bytes:
    buffer = io.BytesIO()
    if exact:
        image.save(buffer, format="WEBP", lossless=True, method=0)
    else:
        image.save(buffer, format="WEBP", quality=_QUALITY, method=2)
    return buffer.getvalue()
