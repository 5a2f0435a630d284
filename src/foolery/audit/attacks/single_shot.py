"""Drawn: an attack without a search, pictures that are drawn in order and asked about once.

Its file keeps, for each class, the number of the best picture; the picture is drawn again from that.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attacks.trail import Trail
from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.errors import UsageError
from foolery.search.objectives import Objective

FILE = "drawn.json"
BATCH = 100

#: ``(first, count)`` to ``(count, C, H, W) uint8``: pictures by their numbers.
Painter: TypeAlias = Callable[[int, int], Canvases]


@dataclass
class Tally:
    """What was found among the first ``queries`` pictures: the best of each class, by number."""

    values: NDArray[np.float64]
    scores: NDArray[np.float64]
    numbers: NDArray[np.int64]
    passed: NDArray[np.float64]
    queries: int = 0
    seconds: float = 0.0

    @classmethod
    def empty(cls, classes: int) -> Tally:
        """Nothing asked yet."""
        lowest = np.full(classes, -np.inf)
        return cls(lowest, lowest.copy(), np.full(classes, -1), np.full(classes, np.inf))

    @classmethod
    def read(cls, folder: Path, classes: int) -> Tally:
        """What ``folder`` keeps; empty where it keeps nothing.

        Raises:
            UsageError: for a damaged file.
        """
        if not (folder / FILE).is_file():
            return cls.empty(classes)
        try:
            found = json.loads((folder / FILE).read_text(encoding="utf-8"))
            known = np.array([-1 if row is None else row for row in found["numbers"]], np.int64)
            tally = cls(
                _filled(found["values"], -np.inf), _filled(found["scores"], -np.inf), known,
                _filled(found["passed"], np.inf), int(found["queries"]), float(found["seconds"]),
            )  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"audit: {folder / FILE} is damaged ({error}); delete its folder") from None
        if len(tally.values) != classes:
            raise UsageError(f"audit: {folder / FILE} has {len(tally.values)} classes, expected {classes}")
        return tally

    def write(self, folder: Path) -> None:
        """Put it into ``folder``, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        said: dict[str, Any] = {
            "queries": self.queries,
            "seconds": self.seconds,
            "numbers": self.numbers.tolist(),
            "values": _plain(self.values),
            "scores": _plain(self.scores),
            "passed": _plain(self.passed),
        }
        draft = folder / f"{FILE}.part"
        draft.write_text(json.dumps(said) + "\n", encoding="utf-8")
        os.replace(draft, folder / FILE)

    def take(self, scores: NDArray[np.float64], values: NDArray[np.float64], threshold: float | None) -> None:
        """Take in ``(N, K)`` answers to the next N pictures."""
        best = values.argmax(axis=0)
        everyone = np.arange(values.shape[1])
        better = np.flatnonzero(values[best, everyone] > self.values)
        self.values[better] = values[best[better], better]
        self.scores[better] = scores[best[better], better]
        self.numbers[better] = self.queries + best[better]
        self.queries += len(values)
        if threshold is not None:
            self.passed[(self.values >= threshold) & ~np.isfinite(self.passed)] = self.queries

    def trail(self, paint: Painter) -> Trail:
        """As audits see it."""

        def draw(indices: NDArray[np.int64]) -> Canvases:
            return np.concatenate([paint(int(number), 1) for number in self.numbers[indices]])

        return Trail(self.values, self.scores, self.passed, self.queries, self.seconds, draw)


def ask_drawn(
    classifier: Classifier,
    objective: Objective,
    paint: Painter,
    folder: Path,
    *,
    queries: int,
    seconds: float,
    threshold: float | None,
    pulse: Callable[[int], None],
) -> Tally:
    """Go on with what ``folder`` keeps until ``queries`` pictures were asked about, or time is up."""
    tally, begun = Tally.read(folder, len(classifier.description.classes)), perf_counter()
    while tally.queries < queries and perf_counter() - begun < seconds:
        start = perf_counter()
        canvases = paint(tally.queries, min(BATCH, queries - tally.queries))
        scores = classifier.scores(canvases)
        if not np.isfinite(scores).all():
            raise UsageError(f"classifier {classifier.description.name}: gave scores that are not finite")
        tally.take(scores, objective(scores, canvases), threshold)
        tally.seconds += perf_counter() - start
        tally.write(folder)
        pulse(tally.queries)
    return tally


def _filled(row: Sequence[float | None], gap: float) -> NDArray[np.float64]:
    return np.array([gap if value is None else value for value in row], np.float64)


def _plain(row: NDArray[np.float64]) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in row]
