"""Card trial: one way of preprocessing that a network without a card may want, and all that there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import CanvasShape
from foolery.checks.presets import RATIOS, Preset, canvas_of, presets, usual_canvas
from foolery.classifiers.base import Kind
from foolery.classifiers.card import CanvasCard, Card, Crop, Output, Preprocessing
from foolery.classifiers.onnx import OnnxClassifier, open_onnx
from foolery.classifiers.onnx_file import OnnxSignature
from foolery.data import LabelledData, match_classes
from foolery.errors import UsageError

FAR_APART = (224, 96, 32)  # sides tried at first where the network takes many


@dataclass
class CardTrial:
    """One way of preprocessing, and how it has done so far.

    Attributes:
        family: what it is called: preset, order of the channels, and what else was open.
        card: that says so.
        correct: whether each image was classified correctly, ``(n,) bool``.
        label_scores: score of each image's label, ``(n,) float64``.
        failed: why it was given up; empty otherwise.
    """

    family: str
    card: Card
    correct: list[bool] = field(default_factory=list)
    label_scores: list[float] = field(default_factory=list)
    failed: str = ""

    @property
    def accuracy(self) -> float:
        """Share of correct predictions; 0 before the first image."""
        return float(np.mean(self.correct)) if self.correct else 0.0

    @property
    def rank(self) -> tuple[float, float]:
        """Larger is better: accuracy, then the mean score of the labels."""
        return self.accuracy, self.mean_label_score

    @property
    def mean_label_score(self) -> float:
        """Mean score of the labels; -infinity before the first image."""
        return float(np.mean(self.label_scores)) if self.label_scores else -math.inf


def all_trials(
    name: str, signature: OnnxSignature, names: tuple[str, ...], kind: Kind | None
) -> list[CardTrial]:
    """Every combination of what is open."""
    orders = ("gray",) if signature.channels == 1 else ("rgb", "bgr")
    alike = signature.takes_uint8 or signature.channels == 1
    trials = []
    for preset, order, size, (background, classes) in product(
        presets(signature.channels, integer=signature.takes_uint8),
        orders,
        [size for size in signature.sizes if size[0] in FAR_APART] or signature.sizes,
        _class_orders(signature.outputs, names),
    ):
        parts = [preset.name] if alike and order == "gray" else [preset.name, order.upper()]
        if len(signature.sizes) > 1:
            parts.append(f"{size[0]} x {size[1]}")
        if signature.outputs != len(names):
            parts.append("background first" if background else "background last")
        trials.append(
            CardTrial(
                ", ".join(parts), _card(name, signature, preset, order, size, background, classes, kind)
            )
        )
    return trials


def _class_orders(outputs: int, names: tuple[str, ...]) -> list[tuple[int, tuple[str, ...]]]:
    """Number of leading outputs that are no class, and the names of the others."""
    if outputs == len(names):
        return [(0, names)]
    if outputs == len(names) + 1:
        return [(1, names), (0, (*names, "background"))]
    raise UsageError(
        f"card: the network has {outputs} outputs, but there are {len(names)} class names; "
        "give --class-names FILE with one name a line, in the order of the outputs (imagenet for ImageNet's)"
    )


def _card(
    name: str,
    signature: OnnxSignature,
    preset: Preset,
    order: str,
    size: tuple[int, int],
    background: int,
    classes: tuple[str, ...],
    kind: Kind | None,
) -> Card:
    output: Output = (
        "logits" if signature.output_kind == "logits" or kind == "similarity" else "probabilities"
    )
    return Card(
        name=name,
        kind=kind or ("sigmoid" if signature.output_kind == "independent" else "softmax"),
        classes=classes,
        preprocessing=Preprocessing(
            scale=preset.scale,
            mean=preset.mean,
            std=preset.std,
            channel_order=order,  # type: ignore[arg-type]
            layout=signature.layout,
            **_frame(signature, size, usual_canvas(size)),  # type: ignore[arg-type]
        ),
        output=output,
        background=background,
    )


def _frame(signature: OnnxSignature, size: tuple[int, int], canvas: tuple[int, int]) -> dict[str, object]:
    return {
        "canvas": CanvasCard(channels=signature.channels, height=canvas[0], width=canvas[1]),
        "crop": None if canvas == size else Crop(height=size[0], width=size[1]),
    }


def other_sizes(best: CardTrial, signature: OnnxSignature) -> list[CardTrial]:
    """The family of ``best`` at the other sizes that the network takes, from half to twice its own."""
    preprocessing = best.card.preprocessing
    frame = preprocessing.crop or preprocessing.canvas
    own = (frame.height, frame.width)
    trials = []
    for size in signature.sizes:
        if size != own and own[0] / 2 <= size[0] <= own[0] * 2:
            changed = preprocessing.model_copy(update=_frame(signature, size, usual_canvas(size)))
            family = best.family.replace(f"{own[0]} x {own[1]}", f"{size[0]} x {size[1]}")
            trials.append(CardTrial(family, best.card.model_copy(update={"preprocessing": changed})))
    return trials


def other_crops(best: CardTrial, signature: OnnxSignature) -> dict[float, CardTrial]:
    """The family of ``best`` with every share of the image that is usual, its own too."""
    preprocessing = best.card.preprocessing
    frame = preprocessing.crop or preprocessing.canvas
    size, usual = (frame.height, frame.width), usual_ratio(best)
    trials = {usual: best}
    for ratio in RATIOS:
        canvas = canvas_of(size, ratio)
        if ratio != usual and canvas != (preprocessing.canvas.height, preprocessing.canvas.width):
            changed = preprocessing.model_copy(update=_frame(signature, size, canvas))
            trials[ratio] = CardTrial(best.family, best.card.model_copy(update={"preprocessing": changed}))
    return trials


def usual_ratio(trial: CardTrial) -> float:
    """The share of the image that ``trial`` sees."""
    return 1.0 if trial.card.preprocessing.crop is None else RATIOS[-1]


_BATCH = 50  # images in memory at a time


@dataclass
class TrialRunner:
    """Runs trials on images.

    Attributes:
        graph: the network.
        data: the images, of which ``rows`` are used, in that order.
        rows: ``(N,) int64``.
        session: the session, shared by all trials.
    """

    graph: Path
    data: LabelledData
    rows: NDArray[np.int64]
    session: OnnxClassifier | None = None

    def run(self, trials: Sequence[CardTrial], start: int, stop: int) -> None:
        """Add the images from ``start`` to ``stop`` to every trial; they are decoded once for each canvas."""
        part = self.data.take(self.rows[start:stop])
        by_canvas = sorted(trials, key=lambda trial: trial.card.preprocessing.shape.axes)
        for axes, group in groupby(by_canvas, key=lambda trial: trial.card.preprocessing.shape.axes):
            same = list(group)
            for batch in part.batches(_BATCH, CanvasShape(*axes)):
                for trial in same:
                    if not trial.failed:
                        self._add(trial, batch.canvases, batch.labels)

    def _add(self, trial: CardTrial, canvases: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        index = match_classes(self.data.classes, trial.card.classes, self.graph.name).index
        try:
            scores = self._open(trial.card).scores(canvases)
        except UsageError as error:
            trial.failed = str(error)
            return
        targets = index[labels]
        trial.correct.extend((scores.argmax(axis=1) == targets).tolist())
        trial.label_scores.extend(scores[np.arange(len(targets)), targets].tolist())

    def _open(self, card: Card) -> OnnxClassifier:
        """The network with another card; the file is read once."""
        if self.session is None:
            self.session = open_onnx(f"onnx:{self.graph}", self.graph, card, "not yet known")
        described = replace(
            self.session.description, canvas=card.preprocessing.shape, classes=card.classes, kind=card.kind
        )
        return replace(self.session, card=card, description=described)


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> float:
    """Exact two-sided p of McNemar's test: do two models have the same accuracy on the same images?"""
    one = sum(a and not b for a, b in zip(first, second, strict=True))
    other = sum(b and not a for a, b in zip(first, second, strict=True))
    count = one + other
    tail = sum(math.comb(count, k) for k in range(min(one, other) + 1))
    return float(min(1.0, 2 * tail / 2**count))
