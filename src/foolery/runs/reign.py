"""Reign: an individual takes a cell; the last reign of a cell is its champion's."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

CANVAS_HASH = re.compile(r"[0-9a-f]{64}")  # SHA-256
CanvasHash: TypeAlias = str | Callable[[], str]
"""What a canvas hash is recorded as: most champions are replaced before anybody has to compute theirs."""


@dataclass(frozen=True, slots=True)
class Reign:
    """An individual took a cell in the generation in which it was born.

    Attributes:
        cell: position in the archive, an index into ``RunSettings.cells``.
        individual: number of the individual.
        generation: there is at most one reign per cell and generation.
        objective: the number that selection maximised.
        score: of the classifier for the cell's class.
        confidence: of the classifier in the cell's class.
        previous: number of the individual that lost the cell; None where it was empty.
    """

    cell: int
    individual: int
    generation: int
    objective: float
    score: float
    confidence: float
    previous: int | None


@dataclass(frozen=True, slots=True)
class ChampionRow:
    """The holder of one cell, as stored; the names mean what they mean in ``Reign``.

    Attributes:
        canvas_hash: SHA-256 (hex) of the canvas that was scored.
        genome: packed by the encoding, which checks it when it unpacks it.
    """

    cell: int
    individual: int
    generation: int
    objective: float
    score: float
    confidence: float
    canvas_hash: str
    genome: bytes
