"""Tiles: textures that repeat over the whole image, in two colors or of random pixels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.data.synthetic.base import ImageRng
from foolery.data.synthetic.plain import mix_colors, project

Field = NDArray[np.float32]


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
