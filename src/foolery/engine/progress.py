"""Progress: what a search reports after every generation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.runs import GenerationStats


@dataclass(frozen=True)
class Progress:
    """A search after one generation.

    Attributes:
        generation: the one just finished; 0 is the initial population.
        generations: after which the search will end.
        resumed_from: the generation that a resumed run continued from, 0 for a new one.
        stats: queries, seconds, and the champions' median, mean, lowest and highest confidence.
        labels: class name of every cell.
        confidences: ``(cells,) float64`` of the champions.
        canvases: renders the champions when it is called, ``(cells, C, H, W) uint8``.
        about: which runs these are, where several share their batches: then ``stats`` holds their sums and
            medians, ``confidences`` are medians over them, and ``canvases`` are the first one's.
    """

    generation: int
    generations: int
    resumed_from: int
    stats: GenerationStats
    labels: tuple[str, ...]
    confidences: NDArray[np.float64]
    canvases: Callable[[], Canvases]
    about: str = ""

    @property
    def queries(self) -> int:
        """Images classified since the start of the run."""
        return self.stats.queries

    @property
    def seconds(self) -> float:
        """Seconds of search since the start of the run, summed over resumes."""
        return self.stats.seconds


OnProgress: TypeAlias = Callable[[Progress], None]
"""Called by a search after every generation."""
