"""Decode: from the bytes of an image file to an image, with one clear line where that fails."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from foolery.data.file_kind import no_image, readable_formats
from foolery.errors import UsageError
from foolery.files import HEAD
from foolery.untrusted import UnreadableError, escaped, read_bytes

if TYPE_CHECKING:
    from PIL.Image import Image

#: More pixels than any camera's image: a small file that claims them is made to fill the memory.
MAX_PIXELS = 80_000_000
MAX_IMAGE_FILE = 2**29
"""Bytes; more than the pixels take that are read."""
#: Below it an image of 16 bits a channel has 12 bits or fewer, as of a scanner, and would be all but black.
LEAST_OF_16_BITS = 4096
_ORIENTATION = 0x0112  # EXIF


class UnreadableImageError(UsageError):
    """An image that cannot be read.

    Args:
        name: of the file.
        reason: in words that many files may share, so that they can be counted by it.
        detail: what is special about this one.
    """

    def __init__(self, name: str, reason: str, detail: str = "") -> None:
        super().__init__(f"image {escaped(name)}: {reason}{f' ({detail})' if detail else ''}")
        self.reason = reason


def decode(content: bytes, name: str, *, upright: bool = False) -> Image:
    """The image in ``content``, gray or RGB (mode ``L`` or ``RGB``), as its file stores it.

    Transparency is dropped, and orientation tags are not followed, as the loaders of torchvision and Keras
    do; of an animation the first image is taken; of 16 bits a channel the upper 8.

    Args:
        content: of an image file, of whatever ending.
        name: of the file, for the error message.
        upright: whether its orientation tag is followed after all.

    Raises:
        UnreadableImageError: for what is no image, is cut off, has more than 80 million pixels, or numbers
            whose range is not known.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=readable_formats()) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise _too_large(name, f"{width} x {height}")
            image.load()
            return _eight_bits(ImageOps.exif_transpose(image) if upright else image, name)
    except UnidentifiedImageError:
        raise UnreadableImageError(name, no_image(content[:HEAD])) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(name) from None
    except UsageError:
        raise
    except Exception as error:  # Pillow's decoders raise what they like for damaged files
        message = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnreadableImageError(name, "damaged or cut off", message) from None


def is_turned(image: Image) -> bool:
    """Whether a tag of its file says that the image is to be turned or mirrored before it is shown."""
    if "exif" not in image.info:
        return False
    try:
        return image.getexif().get(_ORIENTATION, 1) not in (0, 1)
    except Exception:  # damaged tags are none
        return False


def read_image(path: Path, *, upright: bool = False) -> Image:
    """The image in a file; see ``decode``."""
    try:
        content = read_bytes(path, MAX_IMAGE_FILE)
    except UnreadableError as error:
        raise UsageError(f"image {path}: cannot be read: {error.reason}") from None
    with strict_size():
        return decode(content, str(path), upright=upright)


@contextmanager
def strict_size() -> Iterator[None]:
    """Within it Pillow's warning about very large images is an error; not for threads of its own."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _eight_bits(image: Image, name: str) -> Image:
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        return _upper_bits(image, name)
    if image.mode in ("I", "F"):
        raise UnreadableImageError(name, "32 bits a channel, whose range is not known; save it with 8 bits")
    if image.mode in ("L", "RGB"):
        return image.copy()
    if image.mode in ("1", "LA", "La"):
        return image.convert("L")
    if image.mode == "LAB":
        raise UnreadableImageError(name, "in Lab colors, which are not read; save it as RGB")
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    return image.convert("RGB")


def _upper_bits(image: Image, name: str) -> Image:
    """A gray image of 16 bits a channel with the upper 8 of them."""
    from PIL import Image

    values = np.asarray(image).astype(np.int64)
    highest = int(values.max(initial=0))
    if highest < LEAST_OF_16_BITS:
        bits = max(1, highest.bit_length())
        raise UnreadableImageError(
            name,
            "16 bits a channel of which the upper ones are unused; save it with 8 bits",
            f"its largest value has {bits}",
        )
    return Image.fromarray((values >> 8).clip(0, 255).astype(np.uint8))


def _too_large(name: str, size: str = "") -> UnreadableImageError:
    most = f"more than {MAX_PIXELS // 1_000_000} million pixels (a decompression bomb?)"
    return UnreadableImageError(name, most, size)
