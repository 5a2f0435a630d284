"""Shards: large work in pieces that are done in any order, on machines that share a folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from foolery.errors import UsageError

T = TypeVar("T")


@dataclass(frozen=True)
class Shard:
    """Every ``count``-th piece, from the one of ``number``.

    Attributes:
        number: from 1 to ``count``.
        count: of all shards.
    """

    number: int
    count: int

    def take(self, pieces: Sequence[T]) -> list[T]:
        """Those of this shard."""
        return list(pieces[self.number - 1 :: self.count])

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def parse_shard(text: str) -> Shard:
    """``2/4`` as a shard.

    Raises:
        UsageError: for anything else, and for a number out of range.
    """
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text.strip())
    if match is None:
        raise UsageError(f"shard: expected NUMBER/COUNT, for instance 1/4, got {text!r}")
    number, count = int(match[1]), int(match[2])
    if not 1 <= number <= count:
        raise UsageError(f"shard: expected a number from 1 to {count} before the slash, got {text!r}")
    return Shard(number, count)
