"""Unsearched: attacks without a search, whose pictures are drawn in order and asked about once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from foolery.audit.attacks.base import STARTER, Allowance, Scene
from foolery.audit.attacks.single_shot import BATCH, Painter, Tally, ask_drawn
from foolery.audit.attacks.trail import Trail
from foolery.audit.reference import measure_of
from foolery.canvas import Canvases
from foolery.data.synthetic import Baseline

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
