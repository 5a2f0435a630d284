"""Fit: the one way in which an image, or a canvas of another shape, becomes a canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from foolery.canvas import Canvases, CanvasShape, Resize, from_image, to_image
from foolery.workers import parallel_for

if TYPE_CHECKING:
    from PIL.Image import Image

#: Named in the provenance of every result whose images went through ``fit``.
FIT = "short side resized (Pillow bilinear, antialiased, uint8), then centre crop"
_OTHER_FITS: dict[Resize, str] = {
    "squash": "height and width resized, whatever the proportions (Pillow bilinear, antialiased, uint8)",
    "letterbox": "long side resized (Pillow bilinear, antialiased, uint8), the rest filled on both sides",
    "corner": "long side resized (Pillow bilinear, antialiased, uint8), filled on the right and below",
}
#: Canvases for each worker at a time; Pillow lets other threads run while it resizes.
CHUNK = 16


def fit(image: Image | Canvases, shape: CanvasShape) -> Canvases:
    """One image as a ``(C, H, W) uint8`` canvas of ``shape``.

    The image is converted to gray or RGB, resized until it just covers the canvas (lengths rounded
    down, as torchvision does), and cropped about its centre; or squashed or letterboxed, where
    ``shape.resize`` says so. A canvas of that shape comes back as it is.

    Args:
        image: a PIL image of any mode, or a ``(C, H, W) uint8`` canvas, gray or RGB.
        shape: what to make of it.
    """
    from PIL.Image import Resampling

    if isinstance(image, np.ndarray):
        if image.shape == shape.axes:
            return image
        image = to_image(image)
    mode = "L" if shape.channels == 1 else "RGB"
    image = image if image.mode == mode else image.convert(mode)
    if shape.resize == "squash":
        size = (shape.width, shape.height)
        return from_image(image if size == image.size else image.resize(size, Resampling.BILINEAR))
    if shape.resize in ("letterbox", "corner"):
        return from_image(_letterboxed(image, shape))
    size = _covering(image.size, shape)
    if size != image.size:
        image = image.resize(size, Resampling.BILINEAR)
    left, top = round((size[0] - shape.width) / 2), round((size[1] - shape.height) / 2)
    return from_image(image.crop((left, top, left + shape.width, top + shape.height)))


def fit_all(canvases: Canvases, shape: CanvasShape) -> Canvases:
    """``(N, C, H, W) uint8`` of ``shape`` from a batch of canvases; the same array where nothing changes."""
    if canvases.shape[1:] == shape.axes:
        return canvases
    fitted = np.empty((len(canvases), *shape.axes), np.uint8)

    def work(start: int, stop: int) -> None:
        for row in range(start, stop):
            fitted[row] = fit(canvases[row], shape)

    parallel_for(work, len(canvases), chunk=CHUNK)
    return fitted


def how_fitted(shape: CanvasShape) -> str:
    """In words what ``fit`` does to an image of another size, for provenance."""
    return _OTHER_FITS.get(shape.resize, FIT)


def _letterboxed(image: Image, shape: CanvasShape) -> Image:
    """The whole image within the canvas, what is left filled with ``shape.fill``."""
    from PIL import Image as Pillow

    width, height = image.size
    ratio = min(shape.width / width, shape.height / height)
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    if size != image.size:
        image = image.resize(size, Pillow.Resampling.BILINEAR)
    if size == (shape.width, shape.height):
        return image
    canvas = Pillow.new(image.mode, (shape.width, shape.height), (shape.fill,) * len(image.getbands()))
    at = (0, 0)
    if shape.resize == "letterbox":
        at = ((shape.width - size[0]) // 2, (shape.height - size[1]) // 2)
    canvas.paste(image, at)
    return canvas


def _covering(size: tuple[int, int], shape: CanvasShape) -> tuple[int, int]:
    """``(width, height)``: the smallest size of the same proportions that covers the canvas."""
    width, height = size
    if shape.height * width >= shape.width * height:
        return shape.height * width // height, shape.height
    return shape.width, shape.width * height // width
