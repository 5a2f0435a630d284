"""Encodings: how an image is described (its genome), varied and drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.encodings.base import Encoding as Encoding
    from foolery.encodings.registry import ENCODINGS as ENCODINGS
    from foolery.encodings.registry import encoding_options as encoding_options
    from foolery.encodings.registry import make_encoding as make_encoding

__all__ = ["ENCODINGS", "Encoding", "encoding_options", "make_encoding"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "ENCODINGS": "foolery.encodings.registry",
        "Encoding": "foolery.encodings.base",
        "encoding_options": "foolery.encodings.registry",
        "make_encoding": "foolery.encodings.registry",
    },
)
