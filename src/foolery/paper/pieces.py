"""Pieces: parts of a large experiment that are done in any order; a shard is every n-th of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Piece:
    """A part of an experiment that needs no other part.

    Attributes:
        name: for the user, for instance ``race 3``.
        run: makes it, and keeps what it found in the folder of the experiment; done again it costs nothing.
    """

    name: str
    run: Callable[[], Any]
