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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attacks.base import STARTER, Allowance, Painter, Scene, Trail
from foolery.audit.reference import measure_of
from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.data.synthetic import Baseline
from foolery.errors import UsageError
from foolery.search.objectives import Objective

FILE = "drawn.json"
BATCH = 100


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


MOST_DRAWN = 125  # pictures of one baseline: a thousand of all of them
NO_STARTERS = "no champions of other networks were given"


@dataclass(frozen=True)
class Drawing:
    """A baseline: pictures without a search."""

    baseline: Baseline
    weight: float
    most: int | None = MOST_DRAWN

    @property
    def name(self) -> str:
        """That of the baseline."""
        return self.baseline.name

    @property
    def about(self) -> str:
        """That of the baseline."""
        return self.baseline.about

    def hopeless(self, scene: Scene, queries: int) -> str | None:
        """It may need photos."""
        if self.baseline.needs_photos and scene.photos is None:
            return "is made of photos; give --data"
        return None

    def obstacle(self, scene: Scene, queries: int) -> str | None:
        """No other than before."""
        return self.hopeless(scene, queries)

    def in_flight(self, scene: Scene) -> int:
        """One batch."""
        return BATCH

    def run(self, scene: Scene, allowance: Allowance) -> None:
        """Draw and ask."""
        _ask(self.name, self._paint(scene), scene, allowance)

    def trail(self, scene: Scene) -> Trail | None:
        """From its tally."""
        return _tallied(self.name, self._paint(scene), scene)

    def _paint(self, scene: Scene) -> Painter:
        shape = scene.classifier.description.canvas
        return lambda first, count: self.baseline.draw(shape, count, scene.seed, scene.photos, first=first)


@dataclass(frozen=True)
class Starters:
    """Champions that were evolved on other networks, each asked about once."""

    weight: float
    name: str = STARTER
    about: str = "champions that were evolved on other networks"
    most: int | None = None

    def hopeless(self, scene: Scene, queries: int) -> str | None:
        """There may be none."""
        return NO_STARTERS if scene.starters is None or not scene.starters[1] else None

    def obstacle(self, scene: Scene, queries: int) -> str | None:
        """No other than before."""
        return self.hopeless(scene, queries)

    def in_flight(self, scene: Scene) -> int:
        """One batch."""
        return BATCH

    def run(self, scene: Scene, allowance: Allowance) -> None:
        """Draw and ask."""
        if scene.starters is not None:
            fewer = Allowance(min(allowance.queries, scene.starters[1]), allowance.seconds, allowance.pulse)
            _ask(self.name, scene.starters[0], scene, fewer)

    def trail(self, scene: Scene) -> Trail | None:
        """From its tally."""
        return None if scene.starters is None else _tallied(self.name, scene.starters[0], scene)


def _ask(name: str, paint: Painter, scene: Scene, allowance: Allowance) -> None:
    known = scene.classifier.description
    ask_drawn(
        scene.classifier,
        measure_of(known),
        paint,
        scene.folder(name),
        queries=allowance.queries,
        seconds=allowance.seconds,
        threshold=scene.threshold,
        pulse=allowance.pulse,
    )


def _tallied(name: str, paint: Painter, scene: Scene) -> Trail | None:
    tally = Tally.read(scene.folder(name), len(scene.classifier.description.classes))
    return tally.trail(paint) if tally.queries else None


def drawn_from(encoding: Any, genomes: Any, count: int) -> tuple[Painter, int]:
    """Starters from ``count`` genomes of ``encoding``."""

    def paint(first: int, wanted: int) -> Canvases:
        rows = np.arange(first, min(count, first + wanted))
        pictures: Canvases = encoding.render(encoding.take(genomes, rows))
        return pictures

    return paint, count
