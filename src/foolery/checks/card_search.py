"""Find card: the preprocessing of a network, found by trying on labelled images what exists in the wild.

By successive halving: every preset is tried on a few images, the best third on twice as many, and so on. Two
finalists that the same images cannot tell apart (McNemar's exact test) are too close to call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from foolery.checks.card_trials import (
    CardTrial,
    TrialRunner,
    all_trials,
    mcnemar,
    other_crops,
    other_sizes,
    usual_ratio,
)
from foolery.classifiers.accuracy import better_than_chance
from foolery.classifiers.base import Kind
from foolery.classifiers.card import Card
from foolery.classifiers.class_names import distinct
from foolery.classifiers.onnx_file import read_signature
from foolery.data import LabelledData, load_data, match_classes
from foolery.errors import UsageError
from foolery.results import Result

MAX_IMAGES = 200
FIRST = 25  # images of the first round
FINALISTS = 4
KEEP_ONE_OF = 3  # one of so many is kept for the next round
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class CardSearchResult(Result):
    """What was found.

    Attributes:
        card: the best one.
        family: what its preprocessing is called.
        trials: all that was tried, the best first.
        crops: the share of the image that is seen, and the best family's accuracy with it.
        close: families that the images cannot tell from the best one, with McNemar's p.
        crop_close: shares that the images cannot tell from the chosen one.
        ratio: the chosen share.
        images: number of labelled images that the finalists were compared on.
    """

    card: Card
    family: str
    trials: tuple[CardTrial, ...]
    crops: dict[float, float]
    close: dict[str, float]
    crop_close: tuple[float, ...]
    ratio: float
    images: int

    @property
    def accuracy(self) -> float:
        """Share of correct predictions with the best card."""
        return self.crops[self.ratio]

    def to_dict(self) -> dict[str, Any]:
        """What was found and what was tried, as JSON values."""
        return {
            "family": self.family,
            "accuracy": self.accuracy,
            "images": self.images,
            "close": self.close,
            "preprocessing": self.card.preprocessing.model_dump(mode="json"),
            "kind": self.card.kind,
            "output": self.card.output,
            "background": self.card.background,
            "families": [
                {
                    "family": trial.family,
                    "accuracy": trial.accuracy,
                    "images": len(trial.correct),
                    "failed": trial.failed,
                }
                for trial in self.trials
            ],
            "crops": {f"{share:g}": accuracy for share, accuracy in self.crops.items()},
        }


def find_card(
    graph: Path | str,
    data: LabelledData | str,
    *,
    classes: Sequence[str] | None = None,
    kind: Kind | None = None,
    max_images: int = MAX_IMAGES,
    size: int | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> CardSearchResult:
    """The card of an ONNX file that has none.

    Example::

        result = foolery.find_card("net/model.onnx", "folder:photos")
        result.card.write(Path("net/model.card.json"))

    Args:
        graph: the file.
        data: labelled images of what it was trained to tell apart, or their reference.
        classes: names of its outputs; by default those of ``data``.
        kind: of its scores; ``softmax`` where its outputs do not show that they are independent.
        max_images: how many to look at, at most.
        size: side of its input, where the file leaves it open.
        on_progress: called with a line about what is being done.

    Raises:
        UsageError: where the file cannot be run, the classes do not fit, or nothing does better than chance.
        MissingExtraError: without onnxruntime.
    """
    if max_images < FIRST:
        raise UsageError(f"max_images: expected at least {FIRST}, got {max_images}")
    graph = Path(graph)
    data = load_data(data) if isinstance(data, str) else data
    report = on_progress or (lambda line: None)
    signature = read_signature(graph, size)
    trials = all_trials(graph.stem, signature, distinct(list(classes or data.classes)), kind)
    rows = np.random.default_rng(0).permutation(len(data))[:max_images]
    runner = TrialRunner(graph, data, rows)
    _check_names(trials, data, signature.outputs)
    finalists = _halving(trials, runner, report)
    best, close = _best(finalists)
    if len(signature.sizes) > 1:
        best, more = _best([best, *_scored(other_sizes(best, signature), runner, report, "sizes")])
        close |= more
    if not better_than_chance(best.accuracy, len(best.correct), len(best.card.classes)):
        raise UsageError(
            f"card: nothing that was tried is better than chance (best {best.accuracy:.1%} of "
            f"{len(best.correct)} images); are the class names in the order of the outputs? "
            "give --class-names FILE"
        )
    crops = other_crops(best, signature)
    _scored([trial for trial in crops.values() if trial is not best], runner, report, "crops")
    crops = {share: crops[share] for share in sorted(crops) if not crops[share].failed}
    usual = usual_ratio(best)
    ratio = max(crops, key=lambda share: (crops[share].accuracy, share == usual))
    if ratio != usual and mcnemar(crops[usual].correct, crops[ratio].correct) > SIGNIFICANT:
        ratio = usual
    return CardSearchResult(
        card=crops[ratio].card,
        family=best.family,
        trials=tuple(
            sorted(
                {id(each): each for each in (*trials, best)}.values(),
                key=lambda each: (len(each.correct), *each.rank),
                reverse=True,
            )
        ),
        crops={share: trial.accuracy for share, trial in crops.items()},
        close=close,
        crop_close=tuple(
            share
            for share, trial in crops.items()
            if share != ratio and mcnemar(trial.correct, crops[ratio].correct) > SIGNIFICANT
        ),
        ratio=ratio,
        images=len(best.correct),
    )


def _check_names(trials: Sequence[CardTrial], data: LabelledData, outputs: int) -> None:
    """Raise UsageError where a class of ``data`` is none of the network's."""
    names = trials[0].card.classes
    try:
        match_classes(data.classes, names, "the network")
    except UsageError as error:
        if outputs == len(names):
            raise
        raise UsageError(
            f"{error}; it has {outputs} outputs, of which {len(names)} have a name: is a line missing in the "
            "file of names?"
        ) from None


def _halving(trials: list[CardTrial], runner: TrialRunner, report: Callable[[str], None]) -> list[CardTrial]:
    """The finalists, compared on all images."""
    remaining, done, total = trials, 0, len(runner.rows)
    while done < total:
        stop = min(total, max(FIRST, 2 * done))
        if len(remaining) <= FINALISTS:
            stop = total
        report(f"{len(remaining)} ways of preprocessing on {stop - done} images")
        runner.run(remaining, done, stop)
        done = stop
        alive = [trial for trial in remaining if not trial.failed and trial.correct]
        if not alive:
            raise UsageError(f"card: {remaining[0].failed or 'no image could be read'}")
        alive.sort(key=lambda trial: trial.rank, reverse=True)
        remaining = alive if done == total else alive[: max(FINALISTS, len(alive) // KEEP_ONE_OF)]
    return remaining


def _best(finalists: list[CardTrial]) -> tuple[CardTrial, dict[str, float]]:
    """Of those that are not worse than the first, the one that finds the labels likeliest; and the others."""
    first = max(finalists, key=lambda trial: trial.rank)
    candidates = [trial for trial in finalists if mcnemar(trial.correct, first.correct) > SIGNIFICANT]
    best = max(candidates, key=lambda trial: trial.mean_label_score)
    p = {trial.family: mcnemar(trial.correct, best.correct) for trial in finalists if trial is not best}
    return best, {family: value for family, value in p.items() if value > SIGNIFICANT}


def _scored(
    trials: list[CardTrial], runner: TrialRunner, report: Callable[[str], None], what: str
) -> list[CardTrial]:
    """Those of ``trials`` that could be run, on all images."""
    report(f"{len(trials)} other {what} on {len(runner.rows)} images")
    runner.run(trials, 0, len(runner.rows))
    return [trial for trial in trials if not trial.failed]
