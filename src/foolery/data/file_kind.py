"""File kinds: which image format a file has, by its first bytes."""

from __future__ import annotations

from functools import cache

from foolery.files import stand_in

#: Endings of files that are taken for images without a look; what they are is seen when they are read.
SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
)
#: What is read: formats that are only pixels. Others, such as EPS, start a program to be drawn.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "JPEG2000")
_MAGIC = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"8BPS": "PSD",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"\0\0\0\x0cjP  \r\n\x87\n": "JPEG2000",
    b"\xff\x4f\xff\x51": "JPEG2000",
}
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1")


def image_format(head: bytes) -> str | None:
    """The image format that a file with these first bytes has, as Pillow calls it; None for what is no image.

    Args:
        head: the first ``HEAD`` bytes.
    """
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return name
    if head[4:8] == b"ftyp":
        return _boxed_format(head[8:])
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    portable = len(head) > 2 and head[:1] == b"P" and head[1:2] in b"123456" and head[2:3] in b" \t\r\n#"
    return "PPM" if portable else None


def _boxed_format(brands: bytes) -> str | None:
    """AVIF or HEIF, by the brands of an ISO file; None for films."""
    if b"avif" in brands or b"avis" in brands:
        return "AVIF"
    return "HEIF" if brands.startswith(_HEIF_BRANDS) else None


@cache
def readable_formats() -> tuple[str, ...]:
    """Formats that Pillow can decode here: AVIF where it was built with it, HEIF with a plugin."""
    from PIL import features

    formats = [each for each in FORMATS if each != "JPEG2000" or features.check("jpg_2000")]
    if features.check("avif"):
        formats.append("AVIF")
    for package in ("pillow_heif", "pi_heif"):
        try:
            __import__(package).register_heif_opener()
        except ImportError:
            continue
        return (*formats, "HEIF")
    return tuple(formats)


def no_image(head: bytes) -> str:
    """Why a file is left out that is no image which can be read."""
    other = stand_in(head)
    if other is not None:
        return other
    kind = image_format(head)
    if kind == "HEIF":
        return "HEIC, for which Pillow needs a plugin (pip install pillow-heif)"
    if kind is not None and kind not in readable_formats():
        return f"{kind}, which is not read (save it as PNG or JPEG)"
    return f"not an image (read are {', '.join(readable_formats())})"
