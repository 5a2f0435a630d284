"""The canvas: what is searched, scored, saved as PNG and posted to an endpoint.

A batch of canvases is ``(N, C, H, W) uint8``, gray (C = 1) or RGB (C = 3).
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.errors import UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

Canvases: TypeAlias = NDArray[np.uint8]

LARGEST_SIDE = 4096


@dataclass(frozen=True)
class CanvasShape:
    """Channels (1 gray, 3 RGB), height and width in pixels.

    Raises:
        UsageError: for other channel counts, or sides outside 1 to 4096.
    """

    channels: int
    height: int
    width: int

    def __post_init__(self) -> None:
        if self.channels not in (1, 3):
            raise UsageError(f"canvas: channels must be 1 (gray) or 3 (RGB), got {self.channels}")
        for side in ("height", "width"):
            value = getattr(self, side)
            if not 1 <= value <= LARGEST_SIDE:
                raise UsageError(f"canvas: {side} must be 1 to {LARGEST_SIDE} pixels, got {value}")

    @property
    def size(self) -> int:
        """Number of values of one canvas, C * H * W."""
        return self.channels * self.height * self.width

    @property
    def axes(self) -> tuple[int, int, int]:
        """``(C, H, W)``."""
        return self.channels, self.height, self.width

    def check(self, canvases: NDArray[np.generic]) -> None:
        """Raise UsageError unless ``canvases`` is ``(N, C, H, W) uint8`` of this shape."""
        if canvases.dtype != np.uint8 or canvases.ndim != 4 or canvases.shape[1:] != self.axes:
            raise UsageError(
                f"canvases: expected (N, {self.channels}, {self.height}, {self.width}) uint8, "
                f"got {canvases.shape} {canvases.dtype}"
            )


def canvas_hash(canvas: Canvases) -> str:
    """SHA-256 (hex) of one ``(C, H, W) uint8`` canvas: its axes and its bytes, in C order."""
    digest = hashlib.sha256(repr(canvas.shape).encode())
    digest.update(np.ascontiguousarray(canvas).tobytes())
    return digest.hexdigest()


def to_image(canvas: Canvases) -> Image:
    """One ``(C, H, W) uint8`` canvas as a PIL image of mode ``L`` or ``RGB``."""
    from PIL import Image

    if canvas.shape[0] == 1:
        return Image.fromarray(np.ascontiguousarray(canvas[0]))
    return Image.fromarray(np.ascontiguousarray(canvas.transpose(1, 2, 0)))


def from_image(image: Image) -> Canvases:
    """A PIL image of mode ``L`` or ``RGB`` as one ``(C, H, W) uint8`` canvas; the inverse of ``to_image``."""
    if image.mode not in ("L", "RGB"):
        raise UsageError(f"image: mode must be L or RGB, got {image.mode}; call .convert('RGB') first")
    pixels = np.asarray(image, dtype=np.uint8)
    return pixels[None].copy() if pixels.ndim == 2 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def png_bytes(canvas: Canvases) -> bytes:
    """One canvas as a PNG file's bytes; reading them back gives the same values."""
    buffer = io.BytesIO()
    to_image(canvas).save(buffer, format="PNG", optimize=False)
    return buffer.getvalue()


def from_png(png: bytes) -> Canvases:
    """The canvas that ``png_bytes`` wrote."""
    from PIL import Image

    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        return from_image(image)
