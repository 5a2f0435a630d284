"""Preprocess: from 8-bit canvases to what a network takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.card import Preprocessing


def preprocess(canvases: Canvases, how: Preprocessing) -> NDArray[np.float32]:
    """``(N, C, h, w) float32`` (or ``(N, h, w, C)``, as ``how.layout`` says), contiguous.

    Cropped, scaled, normalised and brought into the network's order of channels, in that order.
    """
    cropped = canvases[(..., *crop_slices(how))]
    pixels = cropped.astype(np.float32)
    pixels *= np.float32(how.scale)
    if any(how.mean):
        pixels -= np.asarray(how.mean, np.float32)[:, None, None]
    if set(how.std) != {1.0}:
        pixels /= np.asarray(how.std, np.float32)[:, None, None]
    if how.channel_order == "bgr":
        pixels = pixels[:, ::-1]
    if how.layout == "nhwc":
        pixels = pixels.transpose(0, 2, 3, 1)
    return np.ascontiguousarray(pixels)


def crop_slices(how: Preprocessing) -> tuple[slice, slice]:
    """Rows and columns of the centre crop; halves are rounded as torchvision rounds them."""
    if how.crop is None:
        return slice(None), slice(None)
    top = round((how.canvas.height - how.crop.height) / 2)
    left = round((how.canvas.width - how.crop.width) / 2)
    return slice(top, top + how.crop.height), slice(left, left + how.crop.width)


def input_shape(how: Preprocessing) -> tuple[int, int, int]:
    """Shape of one picture as ``preprocess`` makes it: ``(C, h, w)``, or ``(h, w, C)`` for NHWC."""
    sides = how.crop or how.canvas
    channels = how.canvas.channels
    if how.layout == "nhwc":
        return sides.height, sides.width, channels
    return channels, sides.height, sides.width
