"""Card trial: one way of preprocessing that a network without a card may want, and how images judge it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import CanvasShape
from foolery.classifiers.card import Card
from foolery.classifiers.inference import class_columns, to_scores
from foolery.classifiers.onnx import OnnxClassifier, onnx_classifier
from foolery.classifiers.onnx_file import open_session
from foolery.classifiers.preprocess import preprocess
from foolery.classifiers.scores import check_form
from foolery.data import LabelledData, match_classes
from foolery.errors import UsageError
from foolery.stages import stage


@dataclass
class CardTrial:
    """One way of preprocessing, and how it has done so far.

    Attributes:
        family: what it is called: preset, order of the channels, and what else was open.
        card: that says so.
        usual: how usual it is; smaller is more.
        correct: whether each image was predicted correctly, ``(n,) bool``.
        margins: score of each image's label less that of the best other class, ``(n,) float64``.
        answers: the predicted class of each image.
        labels: the class that each image shows, as the card numbers them.
        failed: why it was given up; empty otherwise.
        done: images that it was asked about, unreadable ones included.
    """

    family: str
    card: Card
    usual: tuple[int, ...] = ()
    correct: list[bool] = field(default_factory=list)
    margins: list[float] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    failed: str = ""
    done: int = 0

    @property
    def accuracy(self) -> float:
        """Share of correct predictions; 0 before the first image."""
        return float(np.mean(self.correct)) if self.correct else 0.0

    @property
    def rank(self) -> tuple[float, float, tuple[int, ...]]:
        """Larger is better: correct predictions, how sure of the labels, then what is usual."""
        return (
            self.accuracy,
            -float(np.mean(self.losses())) if self.margins else -math.inf,
            tuple(-each for each in self.usual),
        )

    def losses(self) -> NDArray[np.float64]:
        """``(n,) float64``: how unlikely the network finds each label, whatever it is multiplied with.

        The logistic loss of the margins at the temperature that suits them best: an input that is 255 times
        as large makes a network surer, not better.
        """
        margins = np.array(self.margins)
        typical = float(np.median(np.abs(margins))) if len(margins) else 0.0
        if not np.isfinite(typical) or typical == 0 or (margins > 0).all():
            return np.zeros(len(margins))
        losses = np.logaddexp(0.0, -margins / (typical * _TEMPERATURES[:, None]))
        best: NDArray[np.float64] = losses[losses.mean(axis=1).argmin()]
        return best


_TEMPERATURES = np.geomspace(0.02, 50, 40)  # times the typical margin
FIRST = 25  # images of the first round
QUESTIONS = "questions"  # the kind of all stages
_BATCH = 50  # images in memory at a time


@dataclass
class TrialRunner:
    """Asks trials about images.

    Attributes:
        graph: the network.
        data: the images, of which ``rows`` are used, in that order.
        rows: ``(N,) int64``.
        session: of onnxruntime; opened once.
        seconds: that an image took in the last round, all trials together.
    """

    graph: Path
    data: LabelledData
    rows: NDArray[np.int64]
    session: Any = None
    seconds: float = 0.0

    def run(self, trials: Sequence[CardTrial], stop: int) -> None:
        """Ask every trial about the images up to ``stop`` that it has not seen; one decoding for each canvas.

        Images come in blocks that are the same for all trials, so that their predictions can be paired.
        """
        start, images = perf_counter(), 0
        steps = sum(max(0, stop - each.done) for each in trials)
        with stage(stage_name(stop), steps, unit="questions", kind=QUESTIONS) as advance:
            for first, last in _blocks(len(self.rows)):
                missing = [each for each in trials if each.done <= first < stop and not each.failed]
                if missing:
                    self._run_block(missing, first, last, advance)
                    images += last - first
        self.seconds = (perf_counter() - start) / max(1, images)

    def _run_block(
        self, trials: Sequence[CardTrial], first: int, last: int, advance: Callable[[int], None]
    ) -> None:
        done = sum(each.done for each in trials)
        part = self.data.take(self.rows[first:last])
        ordered = sorted(trials, key=_canvas_key)
        for _, group in groupby(ordered, key=_canvas_key):
            same = list(group)
            shape: CanvasShape = same[0].card.preprocessing.shape
            for batch in part.batches(_BATCH, shape):
                outputs: dict[Any, NDArray[np.floating]] = {}
                for trial in same:
                    if not trial.failed:
                        self._add(trial, batch.canvases, batch.labels, outputs)
                    done += len(batch)
                    advance(done)
        for trial in trials:
            trial.done = last

    def _add(
        self,
        trial: CardTrial,
        canvases: NDArray[np.uint8],
        labels: NDArray[np.int64],
        outputs: dict[Any, NDArray[np.floating]],
    ) -> None:
        """The predictions of one trial; ``outputs`` keeps what the network gave for the same input."""
        card = trial.card
        key = (card.preprocessing, card.output_name, card.output)
        try:
            index = match_classes(self.data.classes, card.classes, self.graph.name).index
            classifier = self.open(card)
            if key not in outputs:
                outputs[key] = _columns(classifier, canvases)
            classes = len(card.classes)
            columns = check_form(class_columns(outputs[key], card), len(canvases), self.graph.name, classes)
            scores = to_scores(np.array(columns, np.float64), classifier.description, card)
        except UsageError as error:
            trial.failed = str(error)
            return
        targets, answers = index[labels], scores.argmax(axis=1)
        trial.correct.extend((answers == targets).tolist())
        rows = np.arange(len(targets))
        own = scores[rows, targets]
        scores[rows, targets] = -np.inf
        trial.margins.extend((own - scores.max(axis=1)).tolist())
        trial.answers.extend(answers.tolist())
        trial.labels.extend(targets.tolist())

    def open(self, card: Card) -> OnnxClassifier:
        """The network with a card; the file is read once."""
        if self.session is None:
            self.session, _ = open_session(self.graph, "cpu")
        return onnx_classifier(
            f"onnx:{self.graph}", self.session, self.graph, card, "not yet known", probe=False
        )


def stage_name(stop: int) -> str:
    """Of the stage in which trials see images up to ``stop``."""
    return f"ways of preprocessing on {stop} images"


def _columns(classifier: OnnxClassifier, canvases: NDArray[np.uint8]) -> NDArray[np.floating]:
    images = preprocess(canvases, classifier.card.preprocessing)
    step = classifier.chunk
    return np.concatenate([classifier.columns(images[at : at + step]) for at in range(0, len(images), step)])


def _canvas_key(trial: CardTrial) -> tuple[object, ...]:
    shape = trial.card.preprocessing.shape
    return (*shape.axes, shape.resize, shape.fill)


def _blocks(total: int) -> list[tuple[int, int]]:
    """Where rounds start and end: 25, 50, 100, 200, 400 … images."""
    ends = [0]
    while ends[-1] < total:
        ends.append(min(total, max(FIRST, 2 * ends[-1])))
    return list(pairwise(ends))


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> float:
    """Exact two-sided p of McNemar's test: are two predictions of the same images equally often correct?"""
    one = sum(a and not b for a, b in zip(first, second, strict=True))
    other = sum(b and not a for a, b in zip(first, second, strict=True))
    count = one + other
    tail = sum(math.comb(count, k) for k in range(min(one, other) + 1))
    return float(min(1.0, 2 * tail / 2**count))


def with_preprocessing(trial: CardTrial, family: str, usual: tuple[int, ...], **changes: object) -> CardTrial:
    """A new trial like ``trial``, with another family and other fields of its preprocessing."""
    preprocessing = trial.card.preprocessing.model_copy(update=changes)
    return CardTrial(family, trial.card.model_copy(update={"preprocessing": preprocessing}), usual)
