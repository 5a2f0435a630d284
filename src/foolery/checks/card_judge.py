"""Card judge: how well trials answer labelled photos, and whether the photos can tell two of them apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import CanvasShape
from foolery.checks.card_trials import Trial
from foolery.classifiers.card import Card
from foolery.classifiers.onnx import OnnxClassifier, open_onnx
from foolery.data import LabelledData, match_classes
from foolery.errors import UsageError

_BATCH = 50  # photos in memory at a time


@dataclass
class Judge:
    """Asks trials about photos.

    Attributes:
        graph: the network.
        data: the photos, of which ``rows`` are used, in that order.
        rows: ``(N,) int64``.
        opened: the session, shared by all trials.
    """

    graph: Path
    data: LabelledData
    rows: NDArray[np.int64]
    opened: OnnxClassifier | None = None

    def ask(self, trials: Sequence[Trial], start: int, stop: int) -> None:
        """Add the photos from ``start`` to ``stop`` to every trial; they are decoded once for each canvas."""
        part = self.data.take(self.rows[start:stop])
        by_canvas = sorted(trials, key=lambda trial: trial.card.preprocessing.shape.axes)
        for axes, group in groupby(by_canvas, key=lambda trial: trial.card.preprocessing.shape.axes):
            same = list(group)
            for batch in part.batches(_BATCH, CanvasShape(*axes)):
                for trial in same:
                    if not trial.failed:
                        self._add(trial, batch.canvases, batch.labels)

    def _add(self, trial: Trial, canvases: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        index = match_classes(self.data.classes, trial.card.classes, self.graph.name).index
        try:
            scores = self._open(trial.card).scores(canvases)
        except UsageError as error:
            trial.failed = str(error)
            return
        wanted = index[labels]
        trial.right.extend((scores.argmax(axis=1) == wanted).tolist())
        trial.likelihood.extend(scores[np.arange(len(wanted)), wanted].tolist())

    def _open(self, card: Card) -> OnnxClassifier:
        """The network with another card; the file is read once."""
        if self.opened is None:
            self.opened = open_onnx(f"onnx:{self.graph}", self.graph, card, "not yet known")
        described = replace(
            self.opened.description, canvas=card.preprocessing.shape, classes=card.classes, kind=card.kind
        )
        return replace(self.opened, card=card, description=described)


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> float:
    """Exact two-sided p of McNemar's test: are two answers to the same photos equally often right?"""
    one = sum(a and not b for a, b in zip(first, second, strict=True))
    other = sum(b and not a for a, b in zip(first, second, strict=True))
    count = one + other
    tail = sum(math.comb(count, k) for k in range(min(one, other) + 1))
    return float(min(1.0, 2 * tail / 2**count))
