"""The registry of encodings, with their options. A new one is one file and one entry here, or a plugin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from foolery.code import is_code, known_code
from foolery.errors import UsageError
from foolery.registry import Entry, Option, Registry

if TYPE_CHECKING:
    from foolery.canvas import CanvasShape
    from foolery.encodings.base import Encoding

_COORDINATES = Option(
    "coordinates",
    str,
    "Inputs of a CPPN: column and row of the pixel (raw, as released), or -1 to 1.",
    ("raw", "centered"),
    "raw",
)
_COLORS = Option(
    "colors",
    str,
    "Meaning of the three planes of a color image: hsv as published.",
    ("hsv", "hls"),
    "hsv",
)
_DIRECT_COLORS = replace(_COLORS, choices=("hsv", "hls", "rgb"))
_CROSSOVER = Option(
    "crossover",
    str,
    "Crossover of two images: none, or sbx as released.",
    ("none", "sbx"),
    "none",
)
_SIGMA = Option("sigma", float, "Deviation of the noise, in units of a pixel's range.", default=0.5)
_SQUARES = Option("squares", int, "Number of squares, 1 to 1000.", default=16)

ENCODINGS = Registry(
    "encoding",
    "foolery.encodings",
    (
        Entry(
            "cppn",
            "a small network draws the image: regular images",
            "foolery.encodings.cppn.encoding:Cppn",
            (_COORDINATES, _COLORS),
        ),
        Entry(
            "direct",
            "every pixel is a gene: irregular images",
            "foolery.encodings.direct:Direct",
            (_CROSSOVER, _DIRECT_COLORS),
        ),
        Entry(
            "gaussian",
            "every pixel is a gene, varied by Gaussian noise",
            "foolery.encodings.gaussian:Gaussian",
            (_SIGMA, _DIRECT_COLORS),
        ),
        Entry("sparse", "a few squares on one color", "foolery.encodings.sparse:Sparse", (_SQUARES,)),
    ),
)
"""A target takes a canvas and the options of its entry, and makes an ``Encoding``."""


def make_encoding(
    name: str, canvas: CanvasShape, options: Mapping[str, object] | None = None
) -> Encoding[Any]:
    """The encoding ``name`` for ``canvas``.

    Args:
        name: one of ``ENCODINGS``, or ``python:MODULE:NAME`` that is in use (``foolery.use_code``).
        canvas: what it draws.
        options: of its entry, by name; a text in place of a number or truth is read.

    Raises:
        UsageError: for an unknown name, an option that it does not have, or a value that is not valid.

    Example:
        >>> from foolery.canvas import CanvasShape
        >>> make_encoding("cppn", CanvasShape(1, 28, 28), {"coordinates": "centered"}).options
        {'coordinates': 'centered'}
    """
    if is_code(name):
        return _from_code(name, canvas, options or {})
    values = ENCODINGS.parse_options(name, options or {})
    encoding: Encoding[Any] = ENCODINGS.load(name)(canvas, **values)
    return encoding


def _from_code(reference: str, canvas: CanvasShape, options: Mapping[str, object]) -> Encoding[Any]:
    from foolery.encodings.base import Encoding

    encoding = known_code(reference, "encoding")
    if isinstance(encoding, type) or not isinstance(encoding, Encoding):
        try:
            encoding = encoding(canvas, **options)
        except Exception as error:  # the user's code can raise anything
            message = next(iter(str(error).splitlines()), "")
            raise UsageError(
                f"encoding {reference}: cannot be made from its canvas and options {dict(options)}: "
                f"{type(error).__name__}: {message}"
            ) from error
    if not isinstance(encoding, Encoding):
        raise UsageError(f"encoding {reference}: expected a foolery Encoding, got {type(encoding).__name__}")
    if encoding.canvas != canvas:
        raise UsageError(f"encoding {reference}: draws {encoding.canvas.axes}, expected {canvas.axes}")
    return encoding


def encoding_options() -> dict[str, dict[str, Option]]:
    """Every option of any encoding: its name to the encodings that have it, each with its own form of it.

    Reads the plugins, and imports no encoding.
    """
    table: dict[str, dict[str, Option]] = {}
    for entry in ENCODINGS.entries():
        for option in entry.options:
            table.setdefault(option.name, {})[entry.name] = option
    return table
