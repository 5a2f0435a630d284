"""Shuffled: real photos cut into squares that are put back in any order."""

from __future__ import annotations

import numpy as np

from foolery.canvas import Canvases, CanvasShape
from foolery.data.synthetic.base import ImageRng
from foolery.errors import UsageError

CUTS = (4, 7, 14, 28)


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
