"""Find card: the preprocessing of a network, found by trying on labelled images what exists in the wild.

By successive halving: every preset is tried on a few images, the best third on twice as many, and so on. The
finalists are asked about as many images as it takes to tell them apart (McNemar's exact test); those that
cannot be are named. What is no better than chance, or clearly worse than with other names, gets no card.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from foolery.canvas import CanvasShape, Resize
from foolery.checks.card_candidates import (
    named_outputs,
    usual_resize,
)
from foolery.checks.card_choice import (
    UNUSUAL,
    beyond_chance,
    check_order,
    interval,
)
from foolery.checks.card_names import Names
from foolery.checks.card_stages import RIGHT, CardStages
from foolery.checks.card_trials import FIRST, CardTrial, TrialRunner
from foolery.classifiers.base import Kind
from foolery.classifiers.card import Card
from foolery.classifiers.onnx import ONE_AT_A_TIME
from foolery.classifiers.onnx_output import OnnxOutput
from foolery.classifiers.onnx_signature import OnnxSignature, read_signature
from foolery.data import LabelledData, load_data, match_classes
from foolery.data.class_matching import position_note
from foolery.errors import UsageError
from foolery.results import Result

FEW = 4  # classes, of which a wrong way of preprocessing may mistake each for another, all alike
IMAGES = 200  # on which finalists are compared at first
MOST_IMAGES = 3200  # and at most, where it takes more to tell them apart


@dataclass(frozen=True)
class CardSearchResult(Result):
    """What was found.

    Attributes:
        card: the best one.
        family: what its preprocessing is called.
        trials: all that was tried, the best first.
        framings: accuracy by what is done to an image of other proportions, and how much of it is seen.
        framing: the chosen one.
        close: families that the images cannot tell from the best one, with McNemar's p.
        framing_close: framings that the images cannot tell from the chosen one.
        accuracy: share of correct predictions with the best card.
        interval: 95 % interval of it.
        images: number of labelled images that the finalists were compared on.
        matched_by: ``name`` or ``position``: how the data's class names were found among the card's.
        by_position: what was taken by position alone, in a sentence; empty where nothing was.
        notes: what was guessed or chosen, one sentence each, that one first.
    """

    card: Card
    family: str
    trials: tuple[CardTrial, ...]
    framings: dict[str, float]
    framing: str
    close: dict[str, float]
    framing_close: tuple[str, ...]
    accuracy: float
    interval: tuple[float, float]
    images: int
    matched_by: str
    by_position: str
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """What was found and what was tried, as JSON values."""
        return {
            "family": self.family,
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "images": self.images,
            "close": self.close,
            "preprocessing": self.card.preprocessing.model_dump(mode="json"),
            "kind": self.card.kind,
            "output": self.card.output,
            "output_name": self.card.output_name,
            "background": self.card.background,
            "matched_by": self.matched_by,
            "notes": list(self.notes),
            "families": [
                {
                    "family": trial.family,
                    "accuracy": trial.accuracy,
                    "images": len(trial.correct),
                    "failed": trial.failed,
                }
                for trial in self.trials
            ],
            "framing": self.framing,
            "framings": self.framings,
            "framing_close": list(self.framing_close),
        }


def find_card(
    graph: Path | str,
    data: LabelledData | str,
    *,
    classes: Sequence[str] | None = None,
    kind: Kind | None = None,
    max_images: int | None = None,
    size: int | tuple[int, int] | None = None,
    output: str | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> CardSearchResult:
    """The card of an ONNX file that has none.

    Example::

        result = foolery.find_card("net/model.onnx", "folder:photos")
        result.card.write(Path("net/model.card.json"))

    Args:
        graph: the file.
        data: labelled images of what it was trained to tell apart, or their reference.
        classes: names of its outputs; by default the file's own, else those of ``data``.
        kind: of its scores; ``softmax`` where its outputs do not show that they are independent.
        max_images: how many to look at, at most; by default 200, and up to 3200 where it takes more to tell
            finalists apart.
        size: side of its input, or ``(height, width)``, where the file leaves it open.
        output: name of the output with the scores, where the file has several that fit.
        on_progress: told in a line what is being done.

    Raises:
        UsageError: where the file cannot be run, the classes do not fit or are in another order, or nothing
            does better than chance.
        MissingExtraError: without onnxruntime.
    """
    if max_images is not None and max_images < FIRST:
        raise UsageError(f"max_images: expected at least {FIRST}, got {max_images}")
    graph = Path(graph)
    data = load_data(data) if isinstance(data, str) else data
    report = on_progress or (lambda line: None)
    sides = (size, size) if isinstance(size, int) else size
    signature = read_signature(graph, sides)
    outputs = named_outputs(signature, classes, data.classes, output)
    rows = np.random.default_rng(0).permutation(len(data))[: max_images or MOST_IMAGES]
    runner = TrialRunner(graph, data, rows)
    resizes = _resizes(signature, data)
    search = CardStages(
        graph.stem, signature, outputs, kind, runner, min(len(rows), max_images or IMAGES), report
    )
    trials, choice = search.families(resizes)
    best = choice.best
    frames, framing = search.framing(best, resized=len(resizes) > 1)
    if framing.best.card.preprocessing.resize != best.card.preprocessing.resize:
        choice = search.families_in(trials, framing.best)
        best = choice.best
        frames, framing = search.framing(best, resized=True)
    chosen = framing.best
    names = _names_of(chosen.card, outputs)
    usual = () if names.own else best.usual
    check_order(chosen, chosen)
    correct = sum(chosen.correct)
    if not beyond_chance(correct, len(chosen.correct), len(chosen.card.classes), len(trials)):
        search.check_other_orders(trials, chosen, usual)
        raise UsageError(
            f"card: nothing that was tried is better than chance (best {chosen.accuracy:.1%} of "
            f"{len(chosen.correct)} images); are the class names in the order of the outputs? "
            "give --class-names FILE"
        )
    for frame in frames.values():
        more_usual = usual_resize(frame.card) < usual_resize(chosen.card)
        slack = UNUSUAL if more_usual else 0.0
        check_order(replace(frame, usual=(0,)), chosen, () if names.own else (1,), slack)
    if chosen.accuracy < RIGHT or len(chosen.card.classes) <= FEW:
        search.check_other_orders(trials, chosen, usual)
    match = match_classes(data.classes, chosen.card.classes)
    by_place = position_note(match, data.classes, chosen.card.classes)
    if by_place is None and not names.ordered:
        by_place = (
            "no class names were given: those of the data were taken for the outputs, by position alone"
        )
    return CardSearchResult(
        card=chosen.card,
        family=best.family,
        trials=tuple(
            sorted(
                {id(each): each for each in (*trials, best)}.values(),
                key=lambda each: (len(each.correct), *each.rank),
                reverse=True,
            )
        ),
        framings={words: trial.accuracy for words, trial in frames.items()},
        framing=chosen.family,
        close=choice.close,
        framing_close=tuple(framing.close),
        accuracy=chosen.accuracy,
        interval=interval(correct, len(chosen.correct)),
        images=len(chosen.correct),
        matched_by=match.by,
        by_position=by_place or "",
        notes=_notes(chosen.card, best.family, signature, names.note, by_place),
    )


def _resizes(signature: OnnxSignature, data: LabelledData) -> tuple[Resize, ...]:
    """How images can be fitted: one way where they have the input's proportions, so that all are the same."""
    reading = signature.readings[0]
    height, width = reading.sizes[0]
    some = data.take(np.random.default_rng(1).permutation(len(data))[:12])

    def fitted(resize: Resize) -> list[bytes]:
        shape = CanvasShape(reading.channels, height, width, resize)
        return [batch.canvases.tobytes() for batch in some.batches(12, shape)]

    return ("crop",) if fitted("crop") == fitted("squash") else ("crop", "squash", "letterbox", "corner")


def _names_of(card: Card, outputs: Sequence[tuple[OnnxOutput, Names]]) -> Names:
    """The names that the card's output has."""
    return next((pair for pair in outputs if pair[0].name == card.output_name), outputs[0])[1]


def _notes(
    card: Card,
    family: str,
    signature: OnnxSignature,
    named: str,
    by_place: str | None,
) -> tuple[str, ...]:
    """What was guessed or chosen, the most important first."""
    notes = []
    if by_place is not None:
        notes.append(by_place)
    name = card.output_name
    if named:
        notes.append(named)
    if name is not None:
        others = [each.name for each in signature.outputs if each.name != name] + list(signature.left_out)
        notes.append(f"scores are read from output {name}; the file also gives {', '.join(others)}")
    for words in ("the only output is", "numbers in their own order", "numbers sorted as words"):
        if words in family and words not in named:
            notes.append(next(part for part in family.split(", ") if words in part))
    if card.batch == 1:
        notes.append(ONE_AT_A_TIME.rstrip("."))
    if card.background:
        notes.append("the first output is a background, no class")
    return tuple(dict.fromkeys(notes))
