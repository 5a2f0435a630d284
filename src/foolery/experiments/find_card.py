"""Find card: the preprocessing of a network, found by trying on labelled photos what exists in the wild.

By successive halving: every preset is tried on a few photos, the best third on twice as many, and so on. Two
finalists that the same photos cannot tell apart (McNemar's exact test) are too close to call.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import CanvasShape
from foolery.classifiers.card import CanvasCard, Card, Crop, Output, Preprocessing
from foolery.classifiers.class_names import distinct
from foolery.classifiers.contract import Kind
from foolery.classifiers.onnx import OnnxClassifier, open_onnx
from foolery.classifiers.signature import Signature, read_signature
from foolery.data import LabelledData, match_classes
from foolery.errors import UsageError
from foolery.experiments.presets import RATIOS, Preset, canvas_of, presets, usual_canvas

PHOTOS = 200
FIRST = 25  # photos of the first round
FINALISTS = 4
KEPT = 3  # one of so many goes on to the next round
SIGNIFICANT = 0.05
FAR_APART = (224, 96, 32)  # sides tried at first where the network takes many
_BATCH = 50  # photos in memory at a time


@dataclass
class Trial:
    """One way of preprocessing, and how it has done so far.

    Attributes:
        family: what it is called: preset, order of the channels, and what else was open.
        card: that says so.
        right: whether each photo was answered rightly, ``(n,) bool``.
        likelihood: score of each photo's label, ``(n,) float64``.
        failed: why it was given up; empty otherwise.
    """

    family: str
    card: Card
    right: list[bool] = field(default_factory=list)
    likelihood: list[float] = field(default_factory=list)
    failed: str = ""

    @property
    def accuracy(self) -> float:
        """Share of right answers; 0 before the first photo."""
        return float(np.mean(self.right)) if self.right else 0.0

    @property
    def rank(self) -> tuple[float, float]:
        """Larger is better: right answers, then the mean score of the labels."""
        return self.accuracy, self.mean_likelihood

    @property
    def mean_likelihood(self) -> float:
        """Mean score of the labels; -infinity before the first photo."""
        return float(np.mean(self.likelihood)) if self.likelihood else -math.inf


@dataclass(frozen=True)
class Finding:
    """What was found.

    Attributes:
        card: the best one.
        family: what its preprocessing is called.
        trials: all that was tried, the best first.
        crops: the share of the picture that is seen, and the best family's accuracy with it.
        close: families that the photos cannot tell from the best one, with McNemar's p.
        crop_close: shares that the photos cannot tell from the chosen one.
        ratio: the chosen share.
        photos: labelled pictures that the finalists were judged on.
    """

    card: Card
    family: str
    trials: tuple[Trial, ...]
    crops: dict[float, float]
    close: dict[str, float]
    crop_close: tuple[float, ...]
    ratio: float
    photos: int

    @property
    def accuracy(self) -> float:
        """Share of right answers with the best card."""
        return self.crops[self.ratio]


def find_card(
    graph: Path,
    data: LabelledData,
    *,
    classes: Sequence[str] | None = None,
    kind: Kind | None = None,
    photos: int = PHOTOS,
    size: int | None = None,
    watch: Callable[[str], None] | None = None,
) -> Finding:
    """The card of an ONNX file that has none.

    Args:
        graph: the file.
        data: labelled pictures of what it was trained to tell apart.
        classes: names of its outputs; by default those of ``data``.
        kind: of its scores; ``softmax`` where its outputs do not show that they are independent.
        photos: how many to look at, at most.
        size: side of its input, where the file leaves it open.
        watch: told in a line what is being done.

    Raises:
        UsageError: where the file cannot be run, the classes do not fit, or nothing does better than chance.
        MissingExtraError: without onnxruntime.
    """
    if photos < FIRST:
        raise UsageError(f"photos: expected at least {FIRST}, got {photos}")
    say = watch or (lambda line: None)
    signature = read_signature(graph, size)
    trials = _trials(graph.stem, signature, distinct(list(classes or data.classes)), kind)
    rows = np.random.default_rng(0).permutation(len(data))[:photos]
    judge = Judge(graph, data, rows)
    finalists = _halving(trials, judge, say)
    best, close = _best(finalists)
    if len(signature.sizes) > 1:
        best, more = _best([best, *_other_sizes(best, signature, judge, say)])
        close |= more
    chance = 1 / len(best.card.classes)
    if best.accuracy <= chance + 3 * (chance * (1 - chance) / max(1, len(best.right))) ** 0.5:
        raise UsageError(
            f"card: nothing that was tried does better than chance (best {best.accuracy:.1%} of "
            f"{len(best.right)} photos); are the class names in the order of the outputs? give --classes FILE"
        )
    crops = _crops(best, signature, judge, say)
    usual = _usual_ratio(best)
    ratio = max(crops, key=lambda share: (crops[share].accuracy, share == usual))
    if ratio != usual and mcnemar(crops[usual].right, crops[ratio].right) > SIGNIFICANT:
        ratio = usual
    return Finding(
        card=crops[ratio].card,
        family=best.family,
        trials=tuple(
            sorted(
                {id(each): each for each in (*trials, best)}.values(),
                key=lambda each: (len(each.right), *each.rank),
                reverse=True,
            )
        ),
        crops={share: trial.accuracy for share, trial in crops.items()},
        close=close,
        crop_close=tuple(
            share
            for share, trial in crops.items()
            if share != ratio and mcnemar(trial.right, crops[ratio].right) > SIGNIFICANT
        ),
        ratio=ratio,
        photos=len(best.right),
    )


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


def _trials(name: str, signature: Signature, names: tuple[str, ...], kind: Kind | None) -> list[Trial]:
    """Every combination of what is open."""
    orders = ("gray",) if signature.channels == 1 else ("rgb", "bgr")
    alike = signature.whole or signature.channels == 1
    found = []
    for preset, order, size, (background, classes) in product(
        presets(signature.channels, whole=signature.whole),
        orders,
        [size for size in signature.sizes if size[0] in FAR_APART] or signature.sizes,
        _class_orders(signature.outputs, names),
    ):
        words = [preset.name] if alike and order == "gray" else [preset.name, order.upper()]
        if len(signature.sizes) > 1:
            words.append(f"{size[0]} x {size[1]}")
        if signature.outputs != len(names):
            words.append("background first" if background else "background last")
        found.append(
            Trial(", ".join(words), _card(name, signature, preset, order, size, background, classes, kind))
        )
    return found


def _class_orders(outputs: int, names: tuple[str, ...]) -> list[tuple[int, tuple[str, ...]]]:
    """Number of leading outputs that are no class, and the names of the others."""
    if outputs == len(names):
        return [(0, names)]
    if outputs == len(names) + 1:
        return [(1, names), (0, (*names, "background"))]
    raise UsageError(
        f"card: the network has {outputs} outputs, but there are {len(names)} class names; "
        "give --classes FILE with one name a line, in the order of the outputs (or --classes imagenet)"
    )


def _card(
    name: str,
    signature: Signature,
    preset: Preset,
    order: str,
    size: tuple[int, int],
    background: int,
    classes: tuple[str, ...],
    kind: Kind | None,
) -> Card:
    output: Output = "logits" if signature.gives == "logits" or kind == "similarity" else "probabilities"
    return Card(
        name=name,
        kind=kind or ("sigmoid" if signature.gives == "independent" else "softmax"),
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


def _frame(signature: Signature, size: tuple[int, int], canvas: tuple[int, int]) -> dict[str, object]:
    return {
        "canvas": CanvasCard(channels=signature.channels, height=canvas[0], width=canvas[1]),
        "crop": None if canvas == size else Crop(height=size[0], width=size[1]),
    }


def _halving(trials: list[Trial], judge: Judge, say: Callable[[str], None]) -> list[Trial]:
    """The finalists, judged on all photos."""
    left, done, total = trials, 0, len(judge.rows)
    while done < total:
        goal = min(total, max(FIRST, 2 * done))
        if len(left) <= FINALISTS:
            goal = total
        say(f"{len(left)} ways of preprocessing on {goal - done} photos")
        judge.ask(left, done, goal)
        done = goal
        alive = [trial for trial in left if not trial.failed and trial.right]
        if not alive:
            raise UsageError(f"card: {left[0].failed or 'no photo could be read'}")
        alive.sort(key=lambda trial: trial.rank, reverse=True)
        left = alive if done == total else alive[: max(FINALISTS, len(alive) // KEPT)]
    return left


def _best(finalists: list[Trial]) -> tuple[Trial, dict[str, float]]:
    """Of those that are not worse than the first, the one that finds the labels likeliest; and the others."""
    first = max(finalists, key=lambda trial: trial.rank)
    equal = [trial for trial in finalists if mcnemar(trial.right, first.right) > SIGNIFICANT]
    best = max(equal, key=lambda trial: trial.mean_likelihood)
    p = {trial.family: mcnemar(trial.right, best.right) for trial in finalists if trial is not best}
    return best, {family: value for family, value in p.items() if value > SIGNIFICANT}


def _other_sizes(best: Trial, signature: Signature, judge: Judge, say: Callable[[str], None]) -> list[Trial]:
    """The best family at the other sizes that the network takes, from half to twice its own."""
    how = best.card.preprocessing
    frame = how.crop or how.canvas
    own = (frame.height, frame.width)
    found = []
    for size in signature.sizes:
        if size != own and own[0] / 2 <= size[0] <= own[0] * 2:
            changed = how.model_copy(update=_frame(signature, size, usual_canvas(size)))
            family = best.family.replace(f"{own[0]} x {own[1]}", f"{size[0]} x {size[1]}")
            found.append(Trial(family, best.card.model_copy(update={"preprocessing": changed})))
    say(f"{len(found)} other sizes on {len(judge.rows)} photos")
    judge.ask(found, 0, len(judge.rows))
    return [trial for trial in found if not trial.failed]


def _crops(best: Trial, signature: Signature, judge: Judge, say: Callable[[str], None]) -> dict[float, Trial]:
    """The best family with other shares of the picture, on the same photos."""
    how = best.card.preprocessing
    frame = how.crop or how.canvas
    size, usual = (frame.height, frame.width), _usual_ratio(best)
    trials = {usual: best}
    for ratio in RATIOS:
        canvas = canvas_of(size, ratio)
        if ratio != usual and canvas != (how.canvas.height, how.canvas.width):
            changed = how.model_copy(update=_frame(signature, size, canvas))
            trials[ratio] = Trial(best.family, best.card.model_copy(update={"preprocessing": changed}))
    others = [trial for trial in trials.values() if trial is not best]
    say(f"{len(others)} other crops on {len(judge.rows)} photos")
    judge.ask(others, 0, len(judge.rows))
    return {ratio: trials[ratio] for ratio in sorted(trials) if not trials[ratio].failed}


def _usual_ratio(trial: Trial) -> float:
    return 1.0 if trial.card.preprocessing.crop is None else RATIOS[-1]
