"""Images without a search: they are drawn in order, and each is scored once.

``single_shot.json`` keeps, for each class, the number of the best image; the image is drawn again from that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attacks.base import AttackBudget, AttackContext, AttackResult, DrawImages
from foolery.audit.reference import measure_of
from foolery.audit.trace import Trace, merged
from foolery.canvas import Canvases
from foolery.errors import UsageError
from foolery.files import write_atomic
from foolery.untrusted import read_json

FILE = "single_shot.json"
BATCH = 100


@dataclass
class SingleShotState:
    """The best among the first ``queries`` images: for each class its measure, score and number.

    Attributes:
        values: ``(K,) float64``, -inf where there is no image yet; ``scores`` likewise.
        numbers: ``(K,) int64``, -1 likewise.
        queries_to_fool: ``(K,) float64``, see ``AttackResult``.
        improvements: every better image so far, each counted with its own query; None where an earlier
            version began and did not keep them.
    """

    values: NDArray[np.float64]
    scores: NDArray[np.float64]
    numbers: NDArray[np.int64]
    queries_to_fool: NDArray[np.float64]
    queries: int = 0
    seconds: float = 0.0
    improvements: Trace | None = field(default_factory=Trace.empty)

    @classmethod
    def empty(cls, classes: int) -> SingleShotState:
        """No image was scored yet."""
        lowest = np.full(classes, -np.inf)
        return cls(lowest, lowest.copy(), np.full(classes, -1), np.full(classes, np.inf))

    @classmethod
    def read(cls, folder: Path, classes: int) -> SingleShotState:
        """The state in ``folder``; empty where it has none.

        Raises:
            UsageError: for a damaged file.
        """
        file = folder / FILE
        if not file.is_file():
            return cls.empty(classes)
        try:
            document = read_json(file)
            fooled = document["queries_to_fool" if "queries_to_fool" in document else "passed"]  # of schema 1
            state = cls(
                _from_json(document["values"], -np.inf),
                _from_json(document["scores"], -np.inf),
                np.array([-1 if row is None else row for row in document["numbers"]], np.int64),
                _from_json(fooled, np.inf),
                int(document["queries"]),
                float(document["seconds"]),
                _trace_from_json(document.get("improvements")),
            )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise UsageError(f"audit: {file} is damaged ({error}); delete its folder") from None
        if len(state.values) != classes:
            raise UsageError(f"audit: {file} has {len(state.values)} classes, expected {classes}")
        return state

    def write(self, folder: Path) -> None:
        """Write the state into ``folder``, whole or not at all."""
        document: dict[str, Any] = {
            "queries": self.queries,
            "seconds": self.seconds,
            "numbers": self.numbers.tolist(),
            "values": _to_json(self.values),
            "scores": _to_json(self.scores),
            "queries_to_fool": _to_json(self.queries_to_fool),
            "improvements": _trace_to_json(self.improvements),
        }
        write_atomic(folder / FILE, json.dumps(document) + "\n")

    def update(
        self, scores: NDArray[np.float64], values: NDArray[np.float64], threshold: float | None
    ) -> None:
        """Count the next N images, with their ``(N, K)`` scores and measures."""
        if self.improvements is not None:
            self.improvements = merged([self.improvements, self._better(values)])
        best = values.argmax(axis=0)
        classes = np.arange(values.shape[1])
        better = np.flatnonzero(values[best, classes] > self.values)
        self.values[better] = values[best[better], better]
        self.scores[better] = scores[best[better], better]
        self.numbers[better] = self.queries + best[better]
        self.queries += len(values)
        if threshold is not None:
            fooled = (self.values >= threshold) & ~np.isfinite(self.queries_to_fool)
            self.queries_to_fool[fooled] = self.queries

    def _better(self, values: NDArray[np.float64]) -> Trace:
        """Which of the next N images are better than all before them, for each class."""
        before = np.maximum.accumulate(np.vstack([self.values, values]), axis=0)[:-1]
        rows, classes = np.nonzero(values > before)
        return Trace(classes, self.queries + 1 + rows, values[rows, classes])

    def result(self, draw_images: DrawImages) -> AttackResult:
        """The state as the result of an attack."""

        def draw(indices: NDArray[np.int64]) -> Canvases:
            return np.concatenate([draw_images(int(number), 1) for number in self.numbers[indices]])

        return AttackResult(
            self.values,
            self.scores,
            self.queries_to_fool,
            self.queries,
            self.seconds,
            draw,
            improvements=self.improvements,
        )


def score_images(
    name: str, draw_images: DrawImages, context: AttackContext, budget: AttackBudget
) -> AttackResult:
    """An attack of images in order: score them until the budget is spent, from where its folder stands.

    Args:
        name: of the attack.
        draw_images: draws images by their numbers.
        context: what is attacked.
        budget: what may be spent.

    Raises:
        UsageError: for scores that are not finite.
    """
    description, folder = context.classifier.description, context.folder(name)
    measure = measure_of(description)
    state, begun = SingleShotState.read(folder, len(description.classes)), perf_counter()
    if budget.queries:
        budget.report(state.queries, BATCH)
    while state.queries < budget.queries and perf_counter() - begun < budget.seconds:
        start = perf_counter()
        canvases = draw_images(state.queries, min(BATCH, budget.queries - state.queries))
        scores = context.classifier.scores(canvases)
        if not np.isfinite(scores).all():
            raise UsageError(f"classifier {description.name}: gave scores that are not finite")
        state.update(scores, measure(scores, canvases), context.threshold)
        state.seconds += perf_counter() - start
        state.write(folder)
        budget.report(state.queries, BATCH)
    return state.result(draw_images)


def _from_json(row: Sequence[float | None], missing: float) -> NDArray[np.float64]:
    return np.array([missing if value is None else value for value in row], np.float64)


def _trace_from_json(document: Mapping[str, Sequence[float]] | None) -> Trace | None:
    if document is None:
        return None
    return Trace(
        np.array(document["classes"], np.int64),
        np.array(document["queries"], np.int64),
        np.array(document["values"], np.float64),
    )


def _trace_to_json(trace: Trace | None) -> dict[str, Any] | None:
    if trace is None:
        return None
    return {name: getattr(trace, name).tolist() for name in ("classes", "queries", "values")}


def _to_json(row: NDArray[np.float64]) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in row]
