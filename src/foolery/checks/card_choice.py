"""Card choice: which of several ways of preprocessing the images speak for, and how surely."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.checks.card_names import best_order
from foolery.checks.card_trials import FIRST, QUESTIONS, CardTrial, TrialRunner, mcnemar, stage_name
from foolery.errors import UsageError
from foolery.stages import Stage, plan_stages

FINALISTS, MOST_FINALISTS = 4, 8
KEEP_ONE_OF = 3  # one of so many is kept for the next round
SIGNIFICANT = 0.05
_SURE = 0.01
_TURNED = 0.5  # by how much so where it is as good as a less usual way with the names that were given
_BETTER = 0.05  # by how much another order of names must be better, at least
UNUSUAL = 0.1  # of accuracy that a way is distrusted by where a more usual one reads the names moved
_ALIKE = 0.005  # share of images below which two ways of preprocessing are as good as the same
_PATIENCE = 60.0  # seconds that one more round may take
_ERRORS = 2.0  # standard errors by which a mean loss is clearly higher


@dataclass(frozen=True)
class Choice:
    """The best of several trials.

    Attributes:
        best: the trial.
        close: the others that the images cannot tell from it, with McNemar's p.
    """

    best: CardTrial
    close: dict[str, float]


def halving(
    trials: list[CardTrial], runner: TrialRunner, stop: int, report: Callable[[str], None]
) -> list[CardTrial]:
    """The finalists, compared on the first ``stop`` images."""
    remaining, done = trials, 0
    plan_stages(_rounds(len(trials), stop))
    while done < stop:
        until = _next_stop(len(remaining), done, stop)
        report(f"{len(remaining)} ways of preprocessing on {until - done} images")
        runner.run(remaining, until)
        done = until
        alive = [trial for trial in remaining if not trial.failed and trial.correct]
        if not alive:
            raise UsageError(f"card: {remaining[0].failed or 'no image could be read'}")
        alive.sort(key=lambda trial: trial.rank, reverse=True)
        if done < stop:
            alive = _kept(alive, runner.seconds * done / 2)
        remaining = alive
    first = remaining[0]
    equal = [each for each in remaining if mcnemar(each.correct, first.correct) > SIGNIFICANT]
    equal.sort(key=lambda each: (-each.accuracy, each.usual))
    return (equal + [each for each in remaining if each not in equal])[
        : max(FINALISTS, min(MOST_FINALISTS, len(equal)))
    ]


def _next_stop(remaining: int, done: int, stop: int) -> int:
    """Until which image so many trials are asked next."""
    return stop if remaining <= FINALISTS else min(stop, max(FIRST, 2 * done))


def _rounds(count: int, stop: int) -> list[Stage]:
    """What will come where every round keeps the best third, and nobody is as good as its last."""
    rounds, done = [], 0
    while done < stop:
        until = _next_stop(count, done, stop)
        rounds.append(Stage(stage_name(until), count * (until - done), "questions", QUESTIONS))
        done, count = until, max(FINALISTS, count // KEEP_ONE_OF)
    return rounds


def _kept(alive: list[CardTrial], seconds: float) -> list[CardTrial]:
    """The best third, and those that the images cannot tell from the first, unless a round took them minutes.

    A few images more or less are chance: who is out now would never be asked about more.
    """
    count = max(FINALISTS, len(alive) // KEEP_ONE_OF)
    last, first = alive[:count][-1].rank[:2], alive[0]
    most = len(alive) if seconds < _PATIENCE / 4 else 2 * count
    return [
        each
        for at, each in enumerate(alive)
        if at < count
        or (at < most and (each.rank[:2] == last or mcnemar(each.correct, first.correct) > SIGNIFICANT))
    ]


def choose(finalists: Sequence[CardTrial]) -> Choice:
    """Of those that are as good as the first, the most usual.

    As good is an accuracy that is lower by at most 0.005, and not by McNemar's exact test on the same
    images, and a mean loss that is not higher by more than two standard errors of the difference.
    """
    first = max(finalists, key=lambda trial: trial.rank)
    candidates = [
        trial
        for trial in finalists
        if trial.accuracy >= first.accuracy - _ALIKE and mcnemar(trial.correct, first.correct) > SIGNIFICANT
    ]
    losses = {id(trial): trial.losses() for trial in candidates}
    likeliest = min(candidates, key=lambda trial: float(losses[id(trial)].mean()))
    usual = [each for each in candidates if not _larger(losses[id(each)], losses[id(likeliest)])]
    best = min(usual, key=lambda trial: (trial.usual, tuple(-each for each in trial.rank[:2])))
    p = {trial.family: mcnemar(trial.correct, best.correct) for trial in finalists if trial is not best}
    return Choice(best, {family: value for family, value in p.items() if value > SIGNIFICANT})


def _larger(losses: NDArray[np.float64], others: NDArray[np.float64]) -> bool:
    difference = losses - others
    if len(difference) < 2 or not difference.any():
        return False
    return bool(difference.mean() > _ERRORS * difference.std(ddof=1) / math.sqrt(len(difference)))


def settle(
    finalists: list[CardTrial], runner: TrialRunner, most: int, report: Callable[[str], None]
) -> Choice:
    """The best of the finalists, asked about more images until those tell them apart, or ``most`` are used.

    It ends where two finalists give the same predictions but for a few, or a round would take minutes.
    """
    choice = choose(finalists)
    while True:
        best = choice.best
        rivals = [each for each in finalists if each.family in choice.close and _differ(each, best)]
        until = min(most, 2 * best.done)
        if not rivals or until <= best.done or runner.seconds * (until - best.done) > _PATIENCE:
            return choice
        together = [best, *rivals]
        report(f"{len(together)} finalists on {until - best.done} more images")
        runner.run(together, until)
        finalists = [each for each in together if not each.failed]
        again = choose(finalists)
        alike = {
            family: p for family, p in choice.close.items() if all(each.family != family for each in rivals)
        }
        choice = Choice(again.best, again.close | alike)


def _differ(first: CardTrial, other: CardTrial) -> bool:
    """Whether more than a few images are predicted correctly by one of the two alone."""
    count = sum(a != b for a, b in zip(first.correct, other.correct, strict=False))
    return count > _ALIKE * len(first.correct)


def interval(correct: int, count: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson)."""
    z, share = 1.96, correct / count
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, centre - half), min(1.0, centre + half)


def beyond_chance(correct: int, count: int, classes: int, tried: int) -> bool:
    """Whether so many correct predictions are more than the luckiest of ``tried`` guessers would make."""
    chance = 1 / max(2, classes)
    logs = [
        math.lgamma(count + 1) - math.lgamma(k + 1) - math.lgamma(count - k + 1)
        + k * math.log(chance) + (count - k) * math.log1p(-chance)
        for k in range(correct, count + 1)
    ]  # fmt: skip
    top = max(logs)
    tail = math.exp(top) * sum(math.exp(each - top) for each in logs)
    return tail < 0.001 / max(1, tried)


def check_order(
    trial: CardTrial, chosen: CardTrial, chosen_usual: tuple[int, ...] = (), slack: float = _ALIKE
) -> None:
    """Raise UsageError where the images show that the class names are in another order than the outputs.

    Args:
        trial: whose predictions are looked at.
        chosen: that would be written otherwise: clearly worse than ``trial`` in that order, or as good and
            less usual, so that nobody can say which of the two is right.
        chosen_usual: how usual its family is; empty where that does not count.
        slack: how much accuracy may be lost by the more usual one that is taken for as good.
    """
    answers, labels = np.array(trial.answers, np.int64), np.array(trial.labels, np.int64)
    right, order = best_order(answers, labels)
    share = float(right.mean()) if len(right) else 0.0
    count = min(len(right), len(chosen.correct))
    better = share - max(trial.accuracy, chosen.accuracy)
    turned = share > trial.accuracy + _TURNED
    as_good = turned and share >= chosen.accuracy - slack and trial.usual < chosen_usual
    if not as_good and (better < _BETTER or mcnemar(right[:count].tolist(), chosen.correct[:count]) > _SURE):
        return
    classes, own = trial.card.classes, chosen.card.classes
    shown = [label for label in range(min(len(classes), len(order))) if order[label] >= 0]
    moved = [label for label in shown if order[label] != label]
    same = trial.card.output_name == chosen.card.output_name and all(
        own[order[label]] == classes[label] for label in shown if order[label] < len(own)
    )
    if not moved or (better < _BETTER and same):  # the other order is the chosen one
        return
    pairs = ", ".join(f"{classes[label]} is where {classes[order[label]]} stands" for label in moved[:3])
    pairs += ", …" if len(moved) > 3 else ""
    if better < _BETTER:
        raise UsageError(
            f"card: these images cannot tell the order of the class names: {chosen.accuracy:.1%} of them are "
            f"right as the names stand, and {share:.1%} would be with another way of preprocessing "
            f"({trial.family}) and the names moved ({pairs}); other images may tell, or write the card by "
            "hand where you know its preprocessing"
        )
    raise UsageError(
        f"card: the class names are in another order than the outputs: {chosen.accuracy:.1%} of "
        f"{len(chosen.correct)} images are right, and {share:.1%} would be with the names moved "
        f"({pairs}); give --class-names FILE with one name a line, in the order that the network was "
        f"trained with"
    )
