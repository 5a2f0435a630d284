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

from foolery.audit.attacks.base import TRANSFER, AttackBudget, AttackContext, AttackResult, DrawImages
from foolery.audit.reference import measure_of
from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.data.synthetic import SyntheticKind
from foolery.errors import UsageError
from foolery.search.objectives import Objective

FILE = "drawn.json"
BATCH = 100


@dataclass
class SingleShotState:
    """What was found among the first ``queries`` pictures: the best of each class, by number."""

    values: NDArray[np.float64]
    scores: NDArray[np.float64]
    numbers: NDArray[np.int64]
    queries_to_fool: NDArray[np.float64]
    queries: int = 0
    seconds: float = 0.0

    @classmethod
    def empty(cls, classes: int) -> SingleShotState:
        """Nothing asked yet."""
        lowest = np.full(classes, -np.inf)
        return cls(lowest, lowest.copy(), np.full(classes, -1), np.full(classes, np.inf))

    @classmethod
    def read(cls, folder: Path, classes: int) -> SingleShotState:
        """What ``folder`` keeps; empty where it keeps nothing.

        Raises:
            UsageError: for a damaged file.
        """
        if not (folder / FILE).is_file():
            return cls.empty(classes)
        try:
            document = json.loads((folder / FILE).read_text(encoding="utf-8"))
            numbers = np.array([-1 if row is None else row for row in document["numbers"]], np.int64)
            state = cls(
                _filled(document["values"], -np.inf), _filled(document["scores"], -np.inf), numbers,
                _filled(document["passed"], np.inf), int(document["queries"]), float(document["seconds"]),
            )  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"audit: {folder / FILE} is damaged ({error}); delete its folder") from None
        if len(state.values) != classes:
            raise UsageError(f"audit: {folder / FILE} has {len(state.values)} classes, expected {classes}")
        return state

    def write(self, folder: Path) -> None:
        """Put it into ``folder``, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        document: dict[str, Any] = {
            "queries": self.queries,
            "seconds": self.seconds,
            "numbers": self.numbers.tolist(),
            "values": _plain(self.values),
            "scores": _plain(self.scores),
            "passed": _plain(self.queries_to_fool),
        }
        draft = folder / f"{FILE}.part"
        draft.write_text(json.dumps(document) + "\n", encoding="utf-8")
        os.replace(draft, folder / FILE)

    def update(
        self, scores: NDArray[np.float64], values: NDArray[np.float64], threshold: float | None
    ) -> None:
        """Take in ``(N, K)`` answers to the next N pictures."""
        best = values.argmax(axis=0)
        classes = np.arange(values.shape[1])
        better = np.flatnonzero(values[best, classes] > self.values)
        self.values[better] = values[best[better], better]
        self.scores[better] = scores[best[better], better]
        self.numbers[better] = self.queries + best[better]
        self.queries += len(values)
        if threshold is not None:
            self.queries_to_fool[(self.values >= threshold) & ~np.isfinite(self.queries_to_fool)] = (
                self.queries
            )

    def result(self, draw_images: DrawImages) -> AttackResult:
        """As audits see it."""

        def draw(indices: NDArray[np.int64]) -> Canvases:
            return np.concatenate([draw_images(int(number), 1) for number in self.numbers[indices]])

        return AttackResult(self.values, self.scores, self.queries_to_fool, self.queries, self.seconds, draw)


def score_images(
    classifier: Classifier,
    objective: Objective,
    draw_images: DrawImages,
    folder: Path,
    *,
    queries: int,
    seconds: float,
    threshold: float | None,
    on_progress: Callable[[int], None],
) -> SingleShotState:
    """Go on with what ``folder`` keeps until ``queries`` pictures were asked about, or time is up."""
    state, begun = SingleShotState.read(folder, len(classifier.description.classes)), perf_counter()
    while state.queries < queries and perf_counter() - begun < seconds:
        start = perf_counter()
        canvases = draw_images(state.queries, min(BATCH, queries - state.queries))
        scores = classifier.scores(canvases)
        if not np.isfinite(scores).all():
            raise UsageError(f"classifier {classifier.description.name}: gave scores that are not finite")
        state.update(scores, objective(scores, canvases), threshold)
        state.seconds += perf_counter() - start
        state.write(folder)
        on_progress(state.queries)
    return state


def _filled(row: Sequence[float | None], gap: float) -> NDArray[np.float64]:
    return np.array([gap if value is None else value for value in row], np.float64)


def _plain(row: NDArray[np.float64]) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in row]


MAX_SYNTHETIC = 125  # pictures of one baseline: a thousand of all of them
NO_CHAMPIONS = "no champions of other networks were given"


@dataclass(frozen=True)
class SyntheticAttack:
    """A baseline: pictures without a search."""

    baseline: SyntheticKind
    weight: float
    max_queries: int | None = MAX_SYNTHETIC

    @property
    def name(self) -> str:
        """That of the baseline."""
        return self.baseline.name

    @property
    def about(self) -> str:
        """That of the baseline."""
        return self.baseline.about

    def unavailable_at_start(self, context: AttackContext, queries: int) -> str | None:
        """It may need photos."""
        if self.baseline.needs_photos and context.reference_images is None:
            return "is made of photos; give --data"
        return None

    def unavailable(self, context: AttackContext, queries: int) -> str | None:
        """No other than before."""
        return self.unavailable_at_start(context, queries)

    def in_flight(self, context: AttackContext) -> int:
        """One batch."""
        return BATCH

    def run(self, context: AttackContext, budget: AttackBudget) -> None:
        """Draw and ask."""
        _run(self.name, self._draw(context), context, budget)

    def result(self, context: AttackContext) -> AttackResult | None:
        """From its tally."""
        return _result(self.name, self._draw(context), context)

    def _draw(self, context: AttackContext) -> DrawImages:
        shape = context.classifier.description.canvas
        return lambda first, count: self.baseline.images(
            shape, count, context.seed, context.reference_images, first=first
        )


@dataclass(frozen=True)
class TransferAttack:
    """Champions that were evolved on other networks, each asked about once."""

    weight: float
    name: str = TRANSFER
    about: str = "champions that were evolved on other networks"
    max_queries: int | None = None

    def unavailable_at_start(self, context: AttackContext, queries: int) -> str | None:
        """There may be none."""
        return (
            NO_CHAMPIONS if context.transfer_champions is None or not context.transfer_champions[1] else None
        )

    def unavailable(self, context: AttackContext, queries: int) -> str | None:
        """No other than before."""
        return self.unavailable_at_start(context, queries)

    def in_flight(self, context: AttackContext) -> int:
        """One batch."""
        return BATCH

    def run(self, context: AttackContext, budget: AttackBudget) -> None:
        """Draw and ask."""
        if context.transfer_champions is not None:
            limited = AttackBudget(
                min(budget.queries, context.transfer_champions[1]), budget.seconds, budget.on_progress
            )
            _run(self.name, context.transfer_champions[0], context, limited)

    def result(self, context: AttackContext) -> AttackResult | None:
        """From its tally."""
        return (
            None
            if context.transfer_champions is None
            else _result(self.name, context.transfer_champions[0], context)
        )


def _run(name: str, draw_images: DrawImages, context: AttackContext, budget: AttackBudget) -> None:
    description = context.classifier.description
    score_images(
        context.classifier,
        measure_of(description),
        draw_images,
        context.folder(name),
        queries=budget.queries,
        seconds=budget.seconds,
        threshold=context.threshold,
        on_progress=budget.on_progress,
    )


def _result(name: str, draw_images: DrawImages, context: AttackContext) -> AttackResult | None:
    state = SingleShotState.read(context.folder(name), len(context.classifier.description.classes))
    return state.result(draw_images) if state.queries else None


def images_of_genomes(encoding: Any, genomes: Any, count: int) -> tuple[DrawImages, int]:
    """Starters from ``count`` genomes of ``encoding``."""

    def draw_images(first: int, number: int) -> Canvases:
        rows = np.arange(first, min(count, first + number))
        images: Canvases = encoding.render(encoding.take(genomes, rows))
        return images

    return draw_images, count
