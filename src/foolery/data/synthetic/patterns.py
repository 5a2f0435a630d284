"""Patterns: plain colors, gradients, textures that repeat, colored squares, and shuffled photos."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.data.synthetic.base import ImageRng
from foolery.errors import UsageError

Field = NDArray[np.float32]

MAX_DOTS = 64
CUTS = (4, 7, 14, 28)  # squares along the longer side of a shuffled photo


def colors(rng: ImageRng, canvas: CanvasShape, _: Canvases | None = None) -> Canvases:
    """One color an image. The first are black, white and middle gray."""
    levels = rng.levels(0, canvas.channels)
    for row, level in enumerate((0, 255, 128)):
        levels[rng.rows == row] = level
    return np.ascontiguousarray(np.broadcast_to(levels[:, :, None, None], (rng.count, *canvas.axes)))


def gradients(rng: ImageRng, canvas: CanvasShape, _: Canvases | None = None) -> Canvases:
    """From one color to another along a straight line in any direction."""
    angle = rng.uniforms(1, 1) * 2 * np.pi
    along = project(canvas, angle)
    low, high = along.min(axis=1, keepdims=True), along.max(axis=1, keepdims=True)
    fraction = (along - low) / np.maximum(high - low, 1e-6)
    return mix_colors(canvas, rng.levels(0, 2 * canvas.channels), fraction)


def project(canvas: CanvasShape, angle: NDArray[np.float64]) -> NDArray[np.float32]:
    """``(N, H * W)``: where each pixel lies along the direction ``angle`` ``(N, 1)``, in pixels."""
    y, x = np.mgrid[: canvas.height, : canvas.width].reshape(2, 1, -1).astype(np.float32)
    return np.cos(angle).astype(np.float32) * x + np.sin(angle).astype(np.float32) * y


def mix_colors(canvas: CanvasShape, pairs: NDArray[np.uint8], fraction: NDArray[np.floating]) -> Canvases:
    """Images mixed of two colors each.

    Args:
        canvas: what is drawn.
        pairs: ``(N, 2 * C) uint8``.
        fraction: ``(N, H * W)`` of the second color, 0 to 1.
    """
    first, second = pairs.astype(np.float32).reshape(-1, 2, canvas.channels, 1).transpose(1, 0, 2, 3)
    levels = first + (second - first) * fraction[:, None].astype(np.float32)
    return np.rint(levels).astype(np.uint8).reshape(-1, *canvas.axes)


def tiles(rng: ImageRng, canvas: CanvasShape, _: Canvases | None = None) -> Canvases:
    """Image i is of kind i % 6: stripes, waves, checkers, dots, rings, repeated noise.

    The period is between 2 pixels and half the shorter side, the direction any.
    """
    canvases = np.empty((rng.count, *canvas.axes), np.uint8)
    pairs, chance = rng.levels(0, 2 * canvas.channels), rng.uniforms(1, 2)
    shorter = max(4, min(canvas.height, canvas.width))
    period = (2 * (shorter / 4) ** chance[:, :1]).astype(np.float32)
    kinds = rng.rows % (len(_KINDS) + 1)
    for number, kind in enumerate(_KINDS):
        mine = kinds == number
        along = project(canvas, chance[mine, 1:] * 2 * np.pi) / period[mine]
        aside = project(canvas, (chance[mine, 1:] + 0.25) * 2 * np.pi) / period[mine]
        if kind is _rings:
            along, aside = (place / period[mine] for place in _from_middle(canvas))
        canvases[mine] = mix_colors(canvas, pairs[mine], kind(along, aside))
    mine = kinds == len(_KINDS)
    canvases[mine] = _repeated(rng, canvas, mine, np.ceil(period[:, 0]).astype(np.int64))
    return canvases


def _stripes(along: Field, _: Field) -> Field:
    return (np.floor(2 * along) % 2).astype(np.float32)


def _waves(along: Field, _: Field) -> Field:
    waves: Field = (1 + np.sin(2 * np.pi * along)) / 2
    return waves


def _checkers(along: Field, aside: Field) -> Field:
    return ((np.floor(2 * along) + np.floor(2 * aside)) % 2).astype(np.float32)


def _dots(along: Field, aside: Field) -> Field:
    dots: Field = ((along % 1 - 0.5) ** 2 + (aside % 1 - 0.5) ** 2 < 0.1).astype(np.float32)
    return dots


def _rings(right: Field, down: Field) -> Field:
    rings: Field = (np.floor(2 * np.hypot(right, down)) % 2).astype(np.float32)
    return rings


_KINDS: tuple[Callable[[Field, Field], Field], ...] = (_stripes, _waves, _checkers, _dots, _rings)


def _from_middle(canvas: CanvasShape) -> tuple[Field, Field]:
    y, x = np.mgrid[: canvas.height, : canvas.width].reshape(2, 1, -1).astype(np.float32)
    return x - (canvas.width - 1) / 2, y - (canvas.height - 1) / 2


def _repeated(
    rng: ImageRng, canvas: CanvasShape, mine: NDArray[np.bool_], period: NDArray[np.int64]
) -> Canvases:
    """A square of random pixels, as wide as the period and at most 16, side by side."""
    side = 16
    noise = rng.levels(2, canvas.channels * side * side).reshape(-1, canvas.channels, side, side)
    period = np.minimum(period, side)[mine][:, None]
    rows, columns = np.arange(canvas.height) % period, np.arange(canvas.width) % period
    flat = noise[mine].transpose(0, 2, 3, 1)
    image = flat[np.arange(len(flat))[:, None, None], rows[:, :, None], columns[:, None, :]]
    return np.ascontiguousarray(image.transpose(0, 3, 1, 2))


def dots(rng: ImageRng, canvas: CanvasShape, _: Canvases | None = None) -> Canvases:
    """1 to 64 squares, all of one size: a pixel, or a 64th, a 16th or an 8th of the shorter side.

    Later squares cover earlier ones; those at the edge are cut off.
    """
    shorter = min(canvas.height, canvas.width)
    sizes = np.array([max(1, shorter // part) for part in (shorter, 64, 16, 8)])[rng.rows % 4]
    counts = (2 ** (rng.uniforms(2, 1)[:, 0] * 6.99)).astype(np.int64)
    places = rng.uniforms(0, 2 * MAX_DOTS).reshape(-1, MAX_DOTS, 2)
    colors = rng.levels(1, MAX_DOTS * canvas.channels).reshape(-1, MAX_DOTS, canvas.channels)
    tops = (places[..., 0] * canvas.height).astype(np.int64)
    lefts = (places[..., 1] * canvas.width).astype(np.int64)
    canvases = np.zeros((rng.count, *canvas.axes), np.uint8)
    y, x = np.arange(canvas.height)[:, None], np.arange(canvas.width)
    for dot in range(MAX_DOTS):  # one square of every image at a time
        rows = np.flatnonzero(counts > dot)
        if not len(rows):
            break
        down = y[None] - tops[rows, dot, None, None]
        right = x[None, None] - lefts[rows, dot, None, None]
        size = sizes[rows, None, None]
        inside = (down >= 0) & (down < size) & (right >= 0) & (right < size)
        image, row, column = np.nonzero(inside)
        canvases[rows[image], :, row, column] = colors[rows[image], dot]
    return canvases


def shuffled(rng: ImageRng, canvas: CanvasShape, photos: Canvases | None) -> Canvases:
    """Photo i of ``photos`` (from the start again when they are used up), its squares in random order.

    The longer side is cut into ``CUTS[i % 4]``; squares at the right and lower edge that are cut off are
    filled from the other side of the photo. Objects are gone, their texture is not.
    """
    if photos is None:
        raise UsageError("synthetic images shuffled-photos: expected photos")
    canvases = np.empty((rng.count, *canvas.axes), np.uint8)
    longer = max(canvas.height, canvas.width)
    which = rng.rows % len(CUTS)
    order = rng.uniforms(0, (max(CUTS) + 1) ** 2)
    for number, cut in enumerate(CUTS):
        mine = np.flatnonzero(which == number)
        side = max(1, -(-longer // cut))
        tall, wide = -(-canvas.height // side), -(-canvas.width // side)
        rows, columns = np.arange(tall * side) % canvas.height, np.arange(wide * side) % canvas.width
        sources = photos[rng.rows[mine] % len(photos)][:, :, rows][:, :, :, columns]
        cells = sources.reshape(len(mine), canvas.channels, tall, side, wide, side)
        cells = cells.transpose(0, 2, 4, 1, 3, 5).reshape(len(mine), tall * wide, canvas.channels, side, side)
        places = np.argsort(order[mine, : tall * wide], axis=1)
        mixed = np.take_along_axis(cells, places[:, :, None, None, None], axis=1)
        mixed = mixed.reshape(len(mine), tall, wide, canvas.channels, side, side).transpose(0, 3, 1, 4, 2, 5)
        whole = mixed.reshape(len(mine), canvas.channels, tall * side, wide * side)
        canvases[mine] = whole[:, :, : canvas.height, : canvas.width]
    return canvases
