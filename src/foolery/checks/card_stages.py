"""Card stages: the steps by which a preprocessing is found: families, framings, other orders of names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from foolery.canvas import Resize
from foolery.checks.card_candidates import RESIZED, all_trials, framings, input_size, other_sizes
from foolery.checks.card_choice import (
    SIGNIFICANT,
    UNUSUAL,
    Choice,
    beyond_chance,
    check_order,
    choose,
    halving,
    settle,
)
from foolery.checks.card_names import Names
from foolery.checks.card_trials import CardTrial, TrialRunner, mcnemar, with_preprocessing
from foolery.checks.presets import SMALL
from foolery.classifiers.base import Kind
from foolery.classifiers.card import Card
from foolery.classifiers.onnx_output import OnnxOutput
from foolery.classifiers.onnx_signature import OnnxSignature
from foolery.data import LabelledData, match_classes
from foolery.errors import UsageError


@dataclass(frozen=True)
class CardStages:
    """The steps of one search.

    Attributes:
        name: of the network.
        signature: of its file.
        outputs: that can hold the scores, with their class names.
        kind: of scores, where the user said it.
        runner: that asks trials about images.
        images: on which finalists are compared at first.
        report: told in a line what is being done.
    """

    name: str
    signature: OnnxSignature
    outputs: list[tuple[OnnxOutput, Names]]
    kind: Kind | None
    runner: TrialRunner
    images: int
    report: Callable[[str], None]

    def families(self, resizes: Sequence[Resize]) -> tuple[list[CardTrial], Choice]:
        """All trials, and the best of them."""
        first = tuple(each for each in resizes if each in ("crop", "squash"))
        trials = all_trials(self.name, self.signature, self.outputs, self.kind, first)
        _check_names(trials, self.runner.data, self.outputs)
        choice = self._best_of(trials)
        best = choice.best
        rest = tuple(each for each in resizes if each not in first)
        small = max(input_size(best.card)) <= _TINY or not beyond_chance(
            sum(best.correct), len(best.correct), len(best.card.classes), len(trials)
        )
        if rest and small and best.accuracy < RIGHT:  # a letterbox may hide behind a crop or a squash
            others = all_trials(self.name, self.signature, self.outputs, self.kind, rest)
            other = self._best_of(others)
            trials += others
            if choose([best, other.best]).best is other.best:
                choice = other
        if any(len(each.sizes) > 1 for each in self.signature.readings):
            sizes = other_sizes(choice.best, self.signature)
            self.report(f"{len(sizes)} other sizes on {self.images} images")
            self.runner.run(sizes, self.images)
            judged = [each for each in sizes if not each.failed and each.done == choice.best.done]
            again = choose([choice.best, *judged])
            choice = Choice(again.best, choice.close | again.close)
        return trials, choice

    def families_in(self, trials: list[CardTrial], framed: CardTrial) -> Choice:
        """The best family once more, where images turned out to be framed in another way."""
        how = framed.card.preprocessing
        frame = {name: getattr(how, name) for name in ("canvas", "crop", "resize", "fill")}
        again: dict[str, CardTrial] = {}
        for trial in trials:
            if trial.card.preprocessing.canvas.channels == how.canvas.channels:
                family = ", ".join(part for part in trial.family.split(", ") if part not in RESIZED.values())
                family = f"{family}, {RESIZED[how.resize]}" if RESIZED[how.resize] else family
                if input_size(trial.card) == input_size(framed.card):
                    again.setdefault(family, with_preprocessing(trial, family, trial.usual, **frame))
        trials += again.values()
        return self._best_of(list(again.values()))

    def _best_of(self, trials: list[CardTrial]) -> Choice:
        finalists = halving(trials, self.runner, self.images, self.report)
        return settle(finalists, self.runner, len(self.runner.rows), self.report)

    def framing(self, best: CardTrial, *, resized: bool) -> tuple[dict[str, CardTrial], Choice]:
        """Every framing of the best family by its words, and the best of them."""
        frames = framings(best, resized=resized)
        self.report(f"{len(frames) - 1} other framings on {best.done} images")
        self.runner.run(list(frames.values()), best.done)
        frames = {words: trial for words, trial in frames.items() if not trial.failed}
        choice = _usual_share(frames, choose(list(frames.values())))
        ways = {choice.best.card.preprocessing.resize}
        rivals = []
        for words in sorted(choice.close, key=lambda each: frames[each].rank, reverse=True):
            resize = frames[words].card.preprocessing.resize
            if resize not in ways:
                ways.add(resize)
                rivals.append(frames[words])
        settled = settle([choice.best, *rivals], self.runner, len(self.runner.rows), self.report)
        others = {words: p for words, p in choice.close.items() if frames[words] not in rivals}
        return frames, Choice(settled.best, others | settled.close)

    def check_other_orders(
        self, trials: Sequence[CardTrial], chosen: CardTrial, usual: tuple[int, ...]
    ) -> None:
        """Raise UsageError where another way of preprocessing shows that names are in another order.

        With names in a wrong order the right way looks as bad as any, and a wrong one may win by chance.
        """
        if self.images < _PER_CLASS * len(self.runner.data.classes):
            return
        unnamed = {
            _unnamed(trial): trial for trial in sorted(trials, key=lambda each: each.usual, reverse=True)
        }
        again = sorted((each for each in unnamed.values() if not each.failed), key=lambda each: each.usual)
        self.report(f"{len(again)} ways of preprocessing again, for another order of the names")
        start = perf_counter()
        for trial in again:
            if perf_counter() - start > _PATIENCE:
                return
            self.runner.run([trial], self.images)
            if not trial.failed and trial.answers:
                check_order(trial, chosen, usual, UNUSUAL)


def _unnamed(trial: CardTrial) -> Card:
    """The card of a trial without its names: the same for trials of the same columns."""
    return trial.card.model_copy(update={"classes": ("",) * len(trial.card.classes)})


def _usual_share(frames: dict[str, CardTrial], choice: Choice) -> Choice:
    """``choice``, but the usual share of the image unless another is clearly better.

    Networks for small images see all of them: there it must be better by 0.02, too.
    """
    own, best = next(each for each in frames.values() if each.usual == (0,)), choice.best
    how, usual = best.card.preprocessing, own.card.preprocessing
    small = min(input_size(own.card)) < SMALL and best.accuracy < own.accuracy + _GAIN
    alike = small or mcnemar(own.correct, best.correct) > SIGNIFICANT
    if how.resize != usual.resize or how.fill != usual.fill or not alike:
        return choice
    p = {words: mcnemar(each.correct, own.correct) for words, each in frames.items() if each is not own}
    return Choice(own, {words: value for words, value in p.items() if value > SIGNIFICANT})


_GAIN = 0.02  # of accuracy
_PER_CLASS = 4  # images of each class, at least, to tell an order of names
_PATIENCE = 60.0  # seconds that looking for another order may take
_TINY = 128  # sides of inputs so small that all ways to fit an image are tried at once
RIGHT = 0.9  # accuracy from which that is not needed


def _check_names(
    trials: Sequence[CardTrial], data: LabelledData, outputs: Sequence[tuple[OnnxOutput, Names]]
) -> None:
    """Raise UsageError where a class of ``data`` is none of the network's."""
    names, columns = trials[0].card.classes, outputs[0][0].columns
    try:
        match_classes(data.classes, names, "the network")
    except UsageError as error:
        if columns == len(names) or columns == 1:
            raise
        raise UsageError(
            f"{error}; it has {columns} outputs, of which {len(names)} have a name: is a line missing in the "
            "file of names?"
        ) from None
