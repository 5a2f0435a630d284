"""Individual: one genome that took a cell of the archive, with its true parents."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Individual:
    """One stored genome.

    Attributes:
        number: how many queries were made before it; the same in a resumed run.
        generation: in which it was born and scored.
        parent: number of the individual it was varied from; None in generation 0.
        mate: number of the individual whose genes were mixed in, or None.
        genome: packed by the encoding; None where a run keeps the genomes of its champions only.
    """

    number: int
    generation: int
    parent: int | None
    mate: int | None
    genome: bytes | None
