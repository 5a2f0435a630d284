"""Decode: from the bytes of an image file to an image, with one clear line where that fails."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from foolery.errors import UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

#: What is read: formats that are only pixels. Others, such as EPS, start a program to be drawn.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")

#: More pixels than any camera's image: a small file that claims them is made to fill the memory.
MAX_PIXELS = 80_000_000


def decode(content: bytes, name: str) -> Image:
    """The image in ``content``, gray or RGB (mode ``L`` or ``RGB``), as its file stores it.

    Transparency is dropped and orientation tags are not followed, as the usual training pipelines do.

    Args:
        content: of a JPEG, PNG, WebP, BMP, GIF, TIFF or PPM file.
        name: of the file, for the error message.

    Raises:
        UsageError: for what is no image, is cut off, has more than 80 million pixels, or more than
            8 bits a channel.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise UsageError(_too_large(name, f"{width} x {height} pixels"))
            image.load()
            return _eight_bits(image, name)
    except UnidentifiedImageError:
        raise UsageError(f"image {name}: not an image (read are {', '.join(FORMATS)})") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UsageError(_too_large(name, "too many pixels")) from None
    except UsageError:
        raise
    except Exception as error:  # Pillow's decoders raise what they like for damaged files
        message = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"image {name}: damaged or cut off ({message})") from None


def read_image(path: Path) -> Image:
    """The image in a file; see ``decode``."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"image {path}: cannot be read: {error.strerror}") from None
    with strict_size():
        return decode(content, str(path))


@contextmanager
def strict_size() -> Iterator[None]:
    """Within it Pillow's warning about very large images is an error; not for threads of its own."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _eight_bits(image: Image, name: str) -> Image:
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        raise UsageError(f"image {name}: more than 8 bits a channel; save it with 8 bits")
    if image.mode in ("L", "RGB"):
        return image.copy()
    if image.mode in ("1", "LA", "La"):
        return image.convert("L")
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    return image.convert("RGB")


def _too_large(name: str, size: str) -> str:
    return f"image {name}: {size}, at most {MAX_PIXELS // 1_000_000} million are read (a decompression bomb?)"
