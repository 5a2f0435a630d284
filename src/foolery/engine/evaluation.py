"""Evaluation: one generation varied, rendered and classified; here a search spends its time.

A worker thread takes some chunks of the children, varies and renders them, and has them classified while
they are still in the cache; no worker waits for another before the generation is done. Classifiers that
several threads cannot use at once, generations with fewer chunks than workers, and children that a local
search improves go stage by stage instead, to the same scores.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, fetch_rows
from foolery.classifiers.base import ChunkedClassifier, Classifier, canvas_device
from foolery.encodings.base import Encoding
from foolery.runs import Timings
from foolery.search.offspring import LazyOffspring
from foolery.workers import parallel_for, worker_count

_MAX_VALUES = 2**18
"""Pixel values that a worker renders at a time, at most, unless a chunk has more."""


@dataclass(frozen=True)
class Evaluation:
    """A generation's canvases ``(N, C, H, W) uint8`` and scores ``(N, K) float64``, and what they took.

    The canvases are those of this generation until the next one is evaluated.
    """

    canvases: Canvases
    scores: NDArray[np.float64]
    timings: Timings

    def canvases_of(self, rows: NDArray[np.int64]) -> Canvases:
        """A copy of the canvases ``rows``, in the memory of the processor."""
        return fetch_rows(self.canvases, rows)


class Evaluator:
    """Evaluates one generation after the other, and keeps the memory for it.

    Args:
        encoding: of the children; it renders on the classifier's device where both can.
        classifier: scores them.
        replicates: that share a generation. No chunk has children of two, so each gets the scores that it
            gets alone.
    """

    def __init__(self, encoding: Encoding[Any], classifier: Classifier, replicates: int = 1) -> None:
        self.encoding = encoding.on_device(canvas_device(classifier))
        self.classifier, self.replicates = classifier, replicates
        self._chunked = classifier if isinstance(classifier, ChunkedClassifier) and classifier.chunk else None
        self._canvases = np.empty((0, *encoding.canvas.axes), np.uint8)

    def __call__(self, offspring: LazyOffspring[Any]) -> Evaluation:
        """The scores of all children."""
        chunked = self._chunked if offspring.local_search is None else None
        if chunked is not None and len(offspring) >= (chunked.chunk or 0) * worker_count():
            return self._chunk_by_chunk(offspring, chunked)
        return self._stage_by_stage(offspring)

    def _chunk_by_chunk(self, offspring: LazyOffspring[Any], classifier: ChunkedClassifier) -> Evaluation:
        count, classes = len(offspring), len(self.classifier.description.classes)
        if len(self._canvases) != count:
            self._canvases = np.empty((count, *self.encoding.canvas.axes), np.uint8)
        canvases, outputs = self._canvases, np.empty((count, classes))
        timings: list[tuple[float, float, float]] = []
        chunk = classifier.chunk or count
        parts, queue = self._parts(count, chunk), deque[tuple[int, int]]()

        def work(first: int, end: int) -> None:
            for start, stop in parts[first:end]:
                render(start, stop)
                shared = stop - (stop - start) // (4 * chunk) * chunk
                queue.extend((at, min(at + chunk, stop)) for at in range(shared, stop, chunk))
                classify(start, shared)
                while queue:
                    with suppress(IndexError):  # another worker was faster
                        classify(*queue.pop())

        def render(start: int, stop: int) -> None:
            started = perf_counter()
            children = offspring.vary(start, stop)
            varied = perf_counter()
            self.encoding.render_into(children, canvases[start:stop])
            timings.append((varied - started, perf_counter() - varied, 0.0))

        def classify(start: int, stop: int) -> None:
            started = perf_counter()
            outputs[start:stop] = classifier.outputs(canvases[start:stop])
            timings.append((0.0, 0.0, perf_counter() - started))

        parallel_for(work, len(parts), chunk=1)
        started = perf_counter()
        scores = classifier.to_scores(outputs)
        timings.append((0.0, 0.0, perf_counter() - started))
        return Evaluation(canvases, scores, Timings(*map(sum, zip(*timings, strict=True))))

    def _stage_by_stage(self, offspring: LazyOffspring[Any]) -> Evaluation:
        started = perf_counter()
        children = offspring.vary_all()
        varied = perf_counter()
        canvases = self.encoding.render(children)
        rendered = perf_counter()
        parts = [self.classifier.scores(canvases[start:stop]) for start, stop in self._blocks(len(offspring))]
        scores = parts[0] if len(parts) == 1 else np.concatenate(parts)
        classified = perf_counter()
        timings = Timings(varied - started, rendered - varied, classified - rendered)
        return Evaluation(canvases, scores, timings)

    def _parts(self, count: int, chunk: int) -> list[tuple[int, int]]:
        """What a worker varies and renders at a time: first row and end of some chunks of a replicate.

        All of a worker's share where memory allows, since each call between kernels costs some 10
        microseconds, and the first genomes of each some 100 more while the cache is cold. A quarter of the
        chunks is classified one by one, by whichever worker is free.
        """
        chunks = range(0, count // self.replicates, chunk)
        most = max(1, _MAX_VALUES // (chunk * self.encoding.canvas.size))
        whole = min(most, -(-len(chunks) * self.replicates // worker_count()))
        return [
            (begin + chunks[i], min(begin + chunks[i] + whole * chunk, stop))
            for begin, stop in self._blocks(count)
            for i in range(0, len(chunks), whole)
        ]

    def _blocks(self, count: int) -> list[tuple[int, int]]:
        """First row and end of every replicate's children."""
        size = count // self.replicates
        return [(start, start + size) for start in range(0, count, size)]
