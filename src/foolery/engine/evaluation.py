"""Scoring: one generation bred, drawn and classified; here a search spends its time.

A lane takes some slices of the children, breeds and draws them, and has them classified while they are
still in the cache; nobody waits for anybody before the generation is done. Classifiers that cannot be asked
by several lanes at once, and generations with fewer slices than lanes, go stage by stage instead, to the
same scores.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, fetched
from foolery.classifiers.base import Classifier, Sliced, canvas_device
from foolery.encodings.base import Encoding, on_device, render_into
from foolery.runs import Stages
from foolery.search.map_elites import Litter
from foolery.workers import available, share

_BUNDLE = 2**18
"""Pixel values that a lane draws at a time, at most, unless a slice has more."""


@dataclass(frozen=True)
class Scored:
    """A generation's canvases ``(N, C, H, W) uint8`` and scores ``(N, K) float64``, and what they took.

    The canvases are those of this generation until the next one is scored.
    """

    canvases: Canvases
    scores: NDArray[np.float64]
    stages: Stages

    def canvases_of(self, rows: NDArray[np.int64]) -> Canvases:
        """A copy of the canvases ``rows``, in the memory of the processor."""
        return fetched(self.canvases, rows)


class Scoring:
    """Breeds, draws and scores one generation after the other, and keeps the memory for it.

    Args:
        encoding: of the litters; it draws on the classifier's device where both can.
        classifier: what is asked.
        replicates: of a litter. No slice has children of two, so each gets the scores that it gets alone.
    """

    def __init__(self, encoding: Encoding[Any], classifier: Classifier, replicates: int = 1) -> None:
        self.encoding = on_device(encoding, canvas_device(classifier))
        self.classifier, self.replicates = classifier, replicates
        self._sliced = classifier if isinstance(classifier, Sliced) and classifier.slice else None
        self._canvases = np.empty((0, *encoding.canvas.axes), np.uint8)

    def __call__(self, litter: Litter[Any]) -> Scored:
        """The scores of all children of ``litter``."""
        if self._sliced is not None and len(litter) >= (self._sliced.slice or 0) * available():
            return self._slice_by_slice(litter, self._sliced)
        return self._stage_by_stage(litter)

    def _slice_by_slice(self, litter: Litter[Any], classifier: Sliced) -> Scored:
        count, classes = len(litter), len(self.classifier.description.classes)
        if len(self._canvases) != count:
            self._canvases = np.empty((count, *self.encoding.canvas.axes), np.uint8)
        canvases, outputs = self._canvases, np.empty((count, classes))
        spent: list[tuple[float, float, float]] = []
        grain = classifier.slice or count
        bundles, ready = self._bundles(count, grain), deque[tuple[int, int]]()

        def work(first: int, end: int) -> None:
            for start, stop in bundles[first:end]:
                draw(start, stop)
                lent = stop - (stop - start) // (4 * grain) * grain
                ready.extend((at, min(at + grain, stop)) for at in range(lent, stop, grain))
                classify(start, lent)
                while ready:
                    with suppress(IndexError):  # another lane was faster
                        classify(*ready.pop())

        def draw(start: int, stop: int) -> None:
            begun = perf_counter()
            children = litter.breed(start, stop)
            bred = perf_counter()
            render_into(self.encoding, children, canvases[start:stop])
            spent.append((bred - begun, perf_counter() - bred, 0.0))

        def classify(start: int, stop: int) -> None:
            begun = perf_counter()
            outputs[start:stop] = classifier.outputs(canvases[start:stop])
            spent.append((0.0, 0.0, perf_counter() - begun))

        share(work, len(bundles), grain=1)
        begun = perf_counter()
        scores = classifier.finish(outputs)
        spent.append((0.0, 0.0, perf_counter() - begun))
        return Scored(canvases, scores, Stages(*map(sum, zip(*spent, strict=True))))

    def _stage_by_stage(self, litter: Litter[Any]) -> Scored:
        begun = perf_counter()
        children = litter.all()
        bred = perf_counter()
        canvases = self.encoding.render(children)
        drawn = perf_counter()
        parts = [self.classifier.scores(canvases[start:stop]) for start, stop in self._blocks(len(litter))]
        scores = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return Scored(canvases, scores, Stages(bred - begun, drawn - bred, perf_counter() - drawn))

    def _bundles(self, count: int, grain: int) -> list[tuple[int, int]]:
        """What a lane breeds and draws at a time: first row and end of some whole slices of a replicate.

        All of a lane's share where memory allows, since each call between kernels costs some 10 microseconds,
        and the first genomes of each some 100 more while the cache is cold. A quarter of the slices is
        classified one by one, by whichever lane is free.
        """
        slices = range(0, count // self.replicates, grain)
        most = max(1, _BUNDLE // (grain * self.encoding.canvas.size))
        whole = min(most, -(-len(slices) * self.replicates // available()))
        return [
            (begin + slices[i], min(begin + slices[i] + whole * grain, stop))
            for begin, stop in self._blocks(count)
            for i in range(0, len(slices), whole)
        ]

    def _blocks(self, count: int) -> list[tuple[int, int]]:
        """First row and end of every replicate's children."""
        size = count // self.replicates
        return [(start, start + size) for start in range(0, count, size)]
