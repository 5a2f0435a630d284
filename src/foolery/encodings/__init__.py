"""Encodings: how an image is described (its genome), varied and drawn."""

from foolery.encodings.base import Encoding as Encoding
from foolery.encodings.base import on_device as on_device
from foolery.encodings.registry import ENCODINGS as ENCODINGS
from foolery.encodings.registry import make_encoding as make_encoding

__all__ = ["ENCODINGS", "Encoding", "make_encoding", "on_device"]
