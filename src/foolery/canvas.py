"""The canvas: the 8-bit image that is searched, scored, saved as PNG and posted to an endpoint.

A batch of canvases is ``(N, C, H, W) uint8``, gray (C = 1) or RGB (C = 3): a numpy array, or a torch tensor
where it was drawn on a device. Both have a length and are sliced alike; ``fetch_rows`` gives an array.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from foolery.errors import UsageError

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

Canvases: TypeAlias = NDArray[np.uint8]

#: How an image of another size becomes a canvas; see ``CanvasShape``.
Resize: TypeAlias = Literal["crop", "squash", "letterbox", "corner"]

MAX_SIDE = 4096
_UINT8 = ("uint8", "torch.uint8")


@dataclass(frozen=True)
class CanvasShape:
    """Channels (1 gray, 3 RGB), height and width in pixels.

    Attributes:
        channels: 1 or 3.
        height: in pixels.
        width: in pixels.
        resize: how an image of another size becomes such a canvas: ``crop`` (the short side resized, the
            centre cut out), ``squash`` (height and width resized, whatever the proportions), ``letterbox``
            (the long side resized, the rest filled on both sides) or ``corner`` (on the right and below).
            Shapes that differ in this alone are equal: a canvas of the one is a canvas of the other.
        fill: gray level, 0 to 255, of what is filled.
        upright: whether a photo's orientation tag is followed, which the usual loaders do not.

    Raises:
        UsageError: for other channel counts, or sides outside 1 to 4096.
    """

    channels: int
    height: int
    width: int
    resize: Resize = field(default="crop", compare=False)
    fill: int = field(default=0, compare=False)
    upright: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        if self.channels not in (1, 3):
            raise UsageError(f"canvas: channels must be 1 (gray) or 3 (RGB), got {self.channels}")
        for side in ("height", "width"):
            value = getattr(self, side)
            if not 1 <= value <= MAX_SIDE:
                raise UsageError(f"canvas: {side} must be 1 to {MAX_SIDE} pixels, got {value}")

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
        shape = tuple(canvases.shape)
        if str(canvases.dtype) not in _UINT8 or len(shape) != 4 or shape[1:] != self.axes:
            raise UsageError(
                f"canvases: expected (N, {self.channels}, {self.height}, {self.width}) uint8, "
                f"got {shape} {canvases.dtype}"
            )


def fetch_rows(canvases: Canvases | Tensor, rows: NDArray[np.int64]) -> Canvases:
    """The canvases at ``rows`` as an array, in one transfer where they were drawn on a device."""
    if isinstance(canvases, np.ndarray):
        return canvases[rows]
    import torch

    index = torch.from_numpy(np.asarray(rows, np.int64)).to(canvases.device)
    return cast("Canvases", canvases[index].cpu().numpy())


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
    """The canvas that ``png_bytes`` wrote, which a stranger may have put another file in the place of.

    Raises:
        UsageError: for what is no PNG file of a canvas; one that claims to be larger is not decoded.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            width, height = image.size
            if max(width, height) > MAX_SIDE:
                raise UsageError(f"image: {width} x {height} pixels, at most {MAX_SIDE} a side are read")
            return from_image(image)
    except UsageError:
        raise
    except UnidentifiedImageError:
        raise UsageError("image: it is no PNG file") from None
    except Exception as error:  # Pillow's decoders raise what they like for damaged files
        raise UsageError(f"image: damaged or cut off ({error or type(error).__name__})") from None
