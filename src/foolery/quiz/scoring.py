"""Scoring: do people choose the network's label more often than chance, by person and by image?

The agreement is the share of images for which a person chose the network's label; chance is 1/2. Its interval
resamples people and images at once (2000 times, with one seed), since both were sampled: people who answer
alike, or a few easy images, do not make it narrow. Who fails more than a quarter of the catch trials is left
out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, sqrt
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from foolery.errors import UsageError
from foolery.quiz.trials import VERSION
from foolery.untrusted import read_json

CHANCE = 0.5
MIN_CATCHES = 0.75
RESAMPLES = 2000
LEVEL = 0.95
Name = Annotated[str, Field(max_length=1000)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Answer(_Strict):
    """One answer, as the page wrote it."""

    trial: Name
    kind: Literal["random", "competitive", "catch"]
    target: Name
    foil: Name
    chosen: Name
    milliseconds: Annotated[int, Field(ge=0)]


class AnswerFile(_Strict):
    """The answers of one person."""

    foolery_quiz_answers: int
    quiz: Name
    trials: Annotated[int, Field(ge=1)]
    person: Name
    answers: tuple[Answer, ...] = Field(strict=False)


@dataclass(frozen=True)
class AgreementInterval:
    """A mean and its interval of 95 %; (nan, nan) where there is one sample only."""

    mean: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float | None]:
        """JSON values."""
        return {name: _or_none(getattr(self, name)) for name in ("mean", "low", "high")}


@dataclass(frozen=True)
class Agreement:
    """What the answers to one quiz say.

    Attributes:
        quiz: identity of the quiz.
        people: names of those who count.
        left_out: names of those who failed catch trials, with the share that they got right.
        overall: agreement with its interval over people and images.
        by_kind: likewise, for each kind of foil.
        by_person: name to agreement, and the probability of as much or more by chance.
        by_image: trial to agreement.
        above_chance: share of people, and of images, with more than 1/2.
    """

    quiz: str
    people: tuple[str, ...]
    left_out: Mapping[str, float]
    overall: AgreementInterval
    by_kind: Mapping[str, AgreementInterval]
    by_person: Mapping[str, tuple[float, float]]
    by_image: Mapping[str, float]
    above_chance: tuple[float, float]

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        people, images = self.above_chance
        return {
            "quiz": self.quiz,
            "people": len(self.people),
            "left_out": dict(self.left_out),
            "agreement": self.overall.to_dict(),
            "chance": CHANCE,
            "by_foil": {kind: interval.to_dict() for kind, interval in self.by_kind.items()},
            "people_above_chance": people,
            "images_above_chance": images,
            "by_person": [
                {"person": name, "agreement": share, "p": p} for name, (share, p) in self.by_person.items()
            ],
            "by_image": [{"trial": name, "agreement": share} for name, share in self.by_image.items()],
        }


def read_answers(file: Path) -> AnswerFile:
    """The answers in a file that the page of a quiz wrote.

    Raises:
        UsageError: it is none, of another version, or trials are missing, twice, or have no answer shown.
    """
    content = read_json(file)
    version = content.get("foolery_quiz_answers") if isinstance(content, dict) else None
    if version is None:
        raise UsageError(f"{file}: are no answers to a quiz; give the files that its page saved")
    if version != VERSION:
        raise UsageError(
            f"{file}: is of version {version!r}, this foolery reads {VERSION}; use the version it was made by"
        )
    try:
        answers = AnswerFile.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    names = {each.trial for each in answers.answers}
    if len(answers.answers) != answers.trials or len(names) != answers.trials:
        raise UsageError(
            f"{file}: expected an answer to each of {answers.trials} trials, got {len(names)} of "
            f"{len(answers.answers)}; the person may go on where they stopped: the page remembers"
        )
    for each in answers.answers:
        if each.chosen not in (each.target, each.foil):
            raise UsageError(f"{file}: trial {each.trial}: chosen is neither of the labels that were shown")
    return answers


def score_answers(files: Sequence[AnswerFile], *, seed: int = 0) -> Agreement:
    """The agreement of people with the network.

    Args:
        files: one a person, all of one quiz.
        seed: of the resampling.

    Raises:
        UsageError: of several quizzes, two of one person, or nobody passed the catch trials.
    """
    quizzes = sorted({each.quiz for each in files})
    if len(quizzes) != 1:
        raise UsageError(f"FILES: expected answers to one quiz, got {len(quizzes)}: {', '.join(quizzes[:5])}")
    names = [each.person for each in files]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"FILES: {twice!r} answered twice; leave one of the files out")
    caught = {each.person: _catch_share(each) for each in files}
    counted = [each for each in files if caught[each.person] >= MIN_CATCHES]
    if not counted:
        raise UsageError(f"FILES: nobody passed {MIN_CATCHES:.0%} of the catch trials: nothing can be said")
    kinds = {one.trial: one.kind for each in counted for one in each.answers if one.kind != "catch"}
    trials = sorted(kinds)
    chosen = np.array([_row(each, trials) for each in counted])
    random = np.random.default_rng(seed)
    by_person, by_image = chosen.mean(axis=1), chosen.mean(axis=0)
    counts = {each.person: (int(row.sum()), len(row)) for each, row in zip(counted, chosen, strict=True)}
    return Agreement(
        quizzes[0],
        tuple(each.person for each in counted),
        {name: share for name, share in caught.items() if share < MIN_CATCHES},
        _interval(chosen, random),
        {
            kind: _interval(chosen[:, [kinds[trial] == kind for trial in trials]], random)
            for kind in sorted(set(kinds.values()))
        },
        {name: (right / total, binomial_tail(right, total)) for name, (right, total) in counts.items()},
        dict(zip(trials, by_image.tolist(), strict=True)),
        (float((by_person > CHANCE).mean()), float((by_image > CHANCE).mean())),
    )


def binomial_tail(right: int, total: int) -> float:
    """The exact probability of ``right`` or more of ``total`` by chance."""
    return float(sum(comb(total, k) for k in range(right, total + 1)) / 2**total)


def power_of(shares: Sequence[float], people: int, *, seed: int = 0) -> float:
    """How often so many people would show agreement above chance, if they were like those of ``shares``.

    People are drawn from ``shares`` (each person's agreement) with replacement, 2000 times; it counts where a
    one-sample t test against 1/2, one-sided at 2.5 %, is significant.

    Raises:
        UsageError: for fewer than two people.
    """
    if len(shares) < 2 or people < 2:
        raise UsageError(f"people: power needs two or more, got {len(shares)} answers and {people} planned")
    drawn = np.random.default_rng(seed).choice(np.asarray(shares, np.float64), (RESAMPLES, people))
    error = drawn.std(axis=1, ddof=1) / sqrt(people)
    above = drawn.mean(axis=1) - CHANCE
    return float((above > t_quantile(people - 1) * error).mean())


def t_quantile(freedom: int) -> float:
    """The 97.5 % quantile of Student's t (Cornish-Fisher; within 1 % from 3 degrees of freedom on)."""
    z, n = 1.959964, float(freedom)
    terms = (
        z,
        (z**3 + z) / (4 * n),
        (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2),
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3),
    )
    return sum(terms)


def _catch_share(answers: AnswerFile) -> float:
    catches = [one.chosen == one.target for one in answers.answers if one.kind == "catch"]
    return sum(catches) / len(catches) if catches else 1.0


def _row(answers: AnswerFile, trials: Sequence[str]) -> list[float]:
    chosen = {one.trial: float(one.chosen == one.target) for one in answers.answers}
    missing = [trial for trial in trials if trial not in chosen]
    if missing or not trials:
        raise UsageError(f"{answers.person}: has no answer to {len(missing)} trials of the quiz")
    return [chosen[trial] for trial in trials]


def _interval(chosen: NDArray[np.float64], random: np.random.Generator) -> AgreementInterval:
    """Mean of ``(people, images)``, and the interval of means over resampled people and images."""
    people, images = chosen.shape
    mean = float(chosen.mean())
    if people < 2 or images < 2:
        return AgreementInterval(mean, float("nan"), float("nan"))
    means = np.empty(RESAMPLES)
    for at in range(RESAMPLES):
        weights = np.bincount(random.integers(images, size=images), minlength=images)
        means[at] = (chosen[random.integers(people, size=people)] @ weights).mean() / images
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return AgreementInterval(mean, float(low), float(high))


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
