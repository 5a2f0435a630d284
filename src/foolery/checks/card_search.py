"""Find card: the preprocessing of a network, found by trying on labelled photos what exists in the wild.

By successive halving: every preset is tried on a few photos, the best third on twice as many, and so on. Two
finalists that the same photos cannot tell apart (McNemar's exact test) are too close to call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from foolery.checks.card_trials import (
    Judge,
    Trial,
    every_trial,
    mcnemar,
    of_other_crops,
    of_other_sizes,
    usual_ratio,
)
from foolery.classifiers.accuracy import better_than_chance
from foolery.classifiers.base import Kind
from foolery.classifiers.card import Card
from foolery.classifiers.class_names import distinct
from foolery.classifiers.onnx_file import read_signature
from foolery.data import LabelledData, match_classes
from foolery.errors import UsageError

PHOTOS = 200
FIRST = 25  # photos of the first round
FINALISTS = 4
KEPT = 3  # one of so many goes on to the next round
SIGNIFICANT = 0.05


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
    trials = every_trial(graph.stem, signature, distinct(list(classes or data.classes)), kind)
    rows = np.random.default_rng(0).permutation(len(data))[:photos]
    judge = Judge(graph, data, rows)
    _check_names(trials, data, signature.outputs)
    finalists = _halving(trials, judge, say)
    best, close = _best(finalists)
    if len(signature.sizes) > 1:
        best, more = _best([best, *_judged(of_other_sizes(best, signature), judge, say, "sizes")])
        close |= more
    if not better_than_chance(best.accuracy, len(best.right), len(best.card.classes)):
        raise UsageError(
            f"card: nothing that was tried does better than chance (best {best.accuracy:.1%} of "
            f"{len(best.right)} photos); are the class names in the order of the outputs? "
            "give --class-names FILE"
        )
    crops = of_other_crops(best, signature)
    _judged([trial for trial in crops.values() if trial is not best], judge, say, "crops")
    crops = {share: crops[share] for share in sorted(crops) if not crops[share].failed}
    usual = usual_ratio(best)
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


def _check_names(trials: Sequence[Trial], data: LabelledData, outputs: int) -> None:
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


def _judged(trials: list[Trial], judge: Judge, say: Callable[[str], None], what: str) -> list[Trial]:
    """Those of ``trials`` that could be judged, on all photos."""
    say(f"{len(trials)} other {what} on {len(judge.rows)} photos")
    judge.ask(trials, 0, len(judge.rows))
    return [trial for trial in trials if not trial.failed]
