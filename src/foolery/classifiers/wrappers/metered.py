"""Budget: a classifier that counts its queries, and stops at a hard limit of queries or time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier, Description
from foolery.errors import FooleryError, UsageError

_UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Budget:
    """A limit of queries, of time, or of both; None for no limit.

    Attributes:
        queries: images classified.
        seconds: since the first call.
    """

    queries: int | None = None
    seconds: float | None = None

    @classmethod
    def parse(cls, text: str) -> Budget:
        """``100000`` or ``100_000`` queries; ``90s``, ``5m``, ``5min`` or ``2h``; both with a comma between.

        Raises:
            UsageError: for anything else, and for nothing at all to spend.
        """
        queries: int | None = None
        seconds: float | None = None
        for part in text.split(","):
            match = re.fullmatch(r"(\d[\d_]*(?:\.\d+)?)(s|m|min|h)?", part.strip())
            number = float(match[1].replace("_", "")) if match else 0.0
            if not match or number <= 0 or (not match[2] and number != int(number)):
                raise UsageError(f"budget: expected a number of queries, or 90s, 5m or 2h, got {text!r}")
            if match[2]:
                seconds = number * _UNITS[match[2]]
            else:
                queries = int(number)
        return cls(queries, seconds)


class BudgetSpent(FooleryError):  # noqa: N818 - an event to catch, more than an error
    """The next batch does not fit into the budget; it was not classified.

    Attributes:
        images: classified so far.
        elapsed: seconds since the first call.
        requested: images in the batch that was refused.
        budget: that is spent.
    """

    def __init__(self, images: int, elapsed: float, requested: int, budget: Budget) -> None:
        limits = [] if budget.queries is None else [f"{budget.queries} queries"]
        limits += [] if budget.seconds is None else [f"{budget.seconds:g} seconds"]
        super().__init__(
            f"budget of {' and '.join(limits)} is spent: {images} images in {elapsed:.1f} s, "
            f"the next {requested} do not fit"
        )
        self.images, self.elapsed, self.requested, self.budget = images, elapsed, requested, budget


class Metered:
    """Counts images and time of the classifier within; its description and scores are the same.

    A batch that does not fit is refused whole, before it is classified. The time that a batch will take is
    judged by the rate so far.

    Args:
        classifier: within.
        queries: the most images to classify; None for no limit.
        seconds: the most time, counted from the first call; None for no limit.
        images: already classified, by the part of a run before this one.
    """

    def __init__(
        self,
        classifier: Classifier,
        queries: int | None = None,
        seconds: float | None = None,
        *,
        images: int = 0,
    ) -> None:
        self.classifier = classifier
        self.budget = Budget(queries, seconds)
        self.images = images
        self.busy = 0.0  # seconds inside the classifier
        self._timed = 0  # images in those seconds
        self._start: float | None = None

    @property
    def description(self) -> Description:
        """That of the classifier within."""
        return self.classifier.description

    @property
    def elapsed(self) -> float:
        """Seconds since the first call, whatever was done in them."""
        return 0.0 if self._start is None else time.perf_counter() - self._start

    @property
    def rate(self) -> float:
        """Images per second inside the classifier; NaN before the first call."""
        return self._timed / self.busy if self.busy else float("nan")

    @property
    def remaining(self) -> int | None:
        """Images that the budget still has; None without a limit of queries."""
        return None if self.budget.queries is None else max(0, self.budget.queries - self.images)

    def eta(self, images: int) -> float:
        """Seconds that ``images`` more would take at the pace since the first call; NaN before it."""
        return images * self.elapsed / self._timed if self._timed else float("nan")

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64`` of the classifier within.

        Raises:
            BudgetSpent: where the batch does not fit any more.
        """
        with self.batch(len(canvases)):
            return self.classifier.scores(canvases)

    @contextmanager
    def batch(self, count: int) -> Iterator[None]:
        """Within it, the caller has ``count`` images classified in a way of its own.

        Raises:
            BudgetSpent: where they do not fit any more.
        """
        if not self._fits(count):
            raise BudgetSpent(self.images, self.elapsed, count, self.budget)
        start = time.perf_counter()
        if self._start is None:
            self._start = start
        yield
        self.busy += time.perf_counter() - start
        self._timed += count
        self.images += count

    def _fits(self, count: int) -> bool:
        if self.remaining is not None and count > self.remaining:
            return False
        expected = count / self.rate if self._timed else 0.0
        return self.budget.seconds is None or self.elapsed + expected < self.budget.seconds


def images_per_second(classifier: Classifier, batch: int, seconds: float = 0.5) -> float:
    """How fast ``classifier`` is with ``batch`` canvases of noise at a time; the first batch is not timed."""
    axes = classifier.description.canvas.axes
    canvases = np.random.default_rng(0).integers(0, 256, (batch, *axes), np.uint8)
    classifier.scores(canvases)
    metered = Metered(classifier)
    while metered.elapsed < seconds:
        metered.scores(canvases)
    return metered.rate
