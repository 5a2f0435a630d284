"""Augment: small random changes to training pictures that leave them what they are."""

from __future__ import annotations

import numpy as np
import torch

from foolery.canvas import Canvases


def shift_and_mirror(canvases: Canvases, pixels: int, generator: torch.Generator) -> Canvases:
    """``(N, C, H, W) uint8``: each moved by up to ``pixels`` each way, and mirrored or not, at random.

    What comes in at an edge is what lies inside it, mirrored. The same generator gives the same pictures.
    """
    count, _, height, width = canvases.shape
    edges = ((0, 0), (0, 0), (pixels, pixels), (pixels, pixels))
    padded = np.pad(canvases, edges, mode="reflect").transpose(0, 2, 3, 1)
    top, left = torch.randint(2 * pixels + 1, (2, count), generator=generator).numpy()
    mirrored = torch.randint(2, (count,), generator=generator).numpy().astype(bool)
    rows = top[:, None] + np.arange(height)
    columns = left[:, None] + np.arange(width)
    columns[mirrored] = columns[mirrored, ::-1]
    moved = padded[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return np.ascontiguousarray(moved.transpose(0, 3, 1, 2))
