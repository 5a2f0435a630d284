"""Preprocess: from 8-bit canvases to what a network takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.card import Preprocessing
from foolery.jit import jit

_ONE = np.float32(1.0)


@jit
def _prepare(
    canvases: NDArray[np.uint8],
    top: int,
    left: int,
    scale: np.float32,
    mean: NDArray[np.float32],
    std: NDArray[np.float32],
    backwards: bool,
    images: NDArray[np.float32],
) -> None:
    """Fill ``images`` ``(N, C, h, w)``, whose channels are in the other order where ``backwards``."""
    channels, height, width = images.shape[1], images.shape[2], images.shape[3]
    for i in range(images.shape[0]):
        for channel in range(channels):
            place = channels - 1 - channel if backwards else channel
            shift, unit = mean[channel], std[channel]
            for y in range(height):
                row, pixels = images[i, place, y], canvases[i, channel, top + y, left : left + width]
                if unit == _ONE:
                    for x in range(width):
                        row[x] = np.float32(pixels[x]) * scale - shift
                else:
                    for x in range(width):
                        row[x] = (np.float32(pixels[x]) * scale - shift) / unit


def preprocess(
    canvases: Canvases, preprocessing: Preprocessing, out: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """``(N, C, h, w) float32`` (or ``(N, h, w, C)``, as ``preprocessing.layout`` says), contiguous.

    Cropped, scaled, normalised and brought into the network's order of channels, in that order, each step
    rounded to float32. ``out`` is memory for a result of NCHW layout.
    """
    if preprocessing.per_image:
        return _arranged(_standardized(canvases, preprocessing), preprocessing, out)
    rows, columns = crop_slices(preprocessing)
    count, (channels, height, width) = len(canvases), _planes(preprocessing)
    if out is None:
        out = np.empty((count, channels, height, width), np.float32)
    _prepare(
        np.ascontiguousarray(canvases),
        rows.start or 0,
        columns.start or 0,
        np.float32(preprocessing.scale),
        np.array(preprocessing.mean, np.float32),
        np.array(preprocessing.std, np.float32),
        preprocessing.channel_order == "bgr",
        out,
    )
    return out if preprocessing.layout == "nchw" else np.ascontiguousarray(out.transpose(0, 2, 3, 1))


def _standardized(canvases: Canvases, preprocessing: Preprocessing) -> NDArray[np.float32]:
    """``(N, C, h, w) float32``: each image less its mean, over its standard deviation, then mean and std."""
    rows, columns = crop_slices(preprocessing)
    pixels = canvases[:, :, rows, columns].astype(np.float64) * preprocessing.scale
    mean = pixels.mean(axis=(1, 2, 3), keepdims=True)
    least = 1 / np.sqrt(np.prod(pixels.shape[1:]))  # as TensorFlow has it, for images of one color
    deviation = np.maximum(pixels.std(axis=(1, 2, 3), keepdims=True), least)
    shift, unit = (np.array(each)[:, None, None] for each in (preprocessing.mean, preprocessing.std))
    images: NDArray[np.float32] = (((pixels - mean) / deviation - shift) / unit).astype(np.float32)
    return images


def _arranged(
    images: NDArray[np.float32], preprocessing: Preprocessing, out: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """``images`` in the network's order of channels and axes, in ``out`` where it is given."""
    ordered = images[:, ::-1] if preprocessing.channel_order == "bgr" else images
    if preprocessing.layout == "nhwc":
        return np.ascontiguousarray(ordered.transpose(0, 2, 3, 1))
    if out is None:
        return np.ascontiguousarray(ordered)
    out[...] = ordered
    return out


def crop_slices(preprocessing: Preprocessing) -> tuple[slice, slice]:
    """Rows and columns of the centre crop; halves are rounded as torchvision rounds them."""
    if preprocessing.crop is None:
        return slice(None), slice(None)
    top = round((preprocessing.canvas.height - preprocessing.crop.height) / 2)
    left = round((preprocessing.canvas.width - preprocessing.crop.width) / 2)
    return slice(top, top + preprocessing.crop.height), slice(left, left + preprocessing.crop.width)


def input_shape(preprocessing: Preprocessing) -> tuple[int, int, int]:
    """Shape of one image as ``preprocess`` makes it: ``(C, h, w)``, or ``(h, w, C)`` for NHWC."""
    channels, height, width = _planes(preprocessing)
    return (height, width, channels) if preprocessing.layout == "nhwc" else (channels, height, width)


def _planes(preprocessing: Preprocessing) -> tuple[int, int, int]:
    sides = preprocessing.crop or preprocessing.canvas
    return preprocessing.canvas.channels, sides.height, sides.width
