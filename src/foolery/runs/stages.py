"""Stages: where the time of a search goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Stages:
    """Seconds of work on one generation, or on several together.

    The first three are done by all lanes at once and are the sum over lanes: on L busy lanes they pass
    L times as fast. ``write`` goes on beside the search.

    Attributes:
        vary: parents to children.
        render: children to canvases.
        classify: canvases to scores, preprocessing included.
        tell: choosing parents, comparing scores with champions, replacing them.
        write: packing, hashing, checking and storing, from the generation before to this one.
    """

    vary: float = 0.0
    render: float = 0.0
    classify: float = 0.0
    tell: float = 0.0
    write: float = 0.0


NAMES = tuple(field.name for field in fields(Stages))


@dataclass(frozen=True)
class StageTimes:
    """The stages of a run, as columns of one length.

    Runs that were begun by an older foolery have none of the generations before they were resumed.

    Attributes:
        generation: ``(G,) int64``.
        seconds: ``(G, 5) float64``, in the order of ``NAMES``.
    """

    generation: NDArray[np.int64]
    seconds: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Sequence[tuple[int, Stages]]) -> StageTimes:
        """The columns of the generations in ``rows``."""
        seconds = [[getattr(stages, name) for name in NAMES] for _, stages in rows]
        generations = np.array([generation for generation, _ in rows], np.int64)
        return cls(generations, np.array(seconds, np.float64).reshape(len(rows), len(NAMES)))

    def __len__(self) -> int:
        return len(self.generation)

    @property
    def total(self) -> Stages:
        """All generations together."""
        return Stages(*self.seconds.sum(axis=0).tolist())
