"""Pace: how fast a run goes, how far it is meant to go, and when it will be there."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from foolery.runs.history import Moment

GENERATIONS: dict[str, int | None] = {"evolve": 200, "ascend": None}  # where the command names none
_NAMES = ("-n", "--generations", "--steps")


@dataclass(frozen=True)
class Pace:
    """Of the last generations.

    Attributes:
        goal: the last generation that the command asked for; None where no command line says it.
        limited: whether a budget may end the run earlier.
        rate: queries a second; None before two generations are stored.
        left: seconds until the goal, at the rate of the last generations.
    """

    goal: int | None
    limited: bool
    rate: float | None
    left: float | None


def pace_of(command: str, earlier: Moment | None, last: Moment | None) -> Pace:
    """The pace between two moments of a run that ``command`` started."""
    words = _words(command)
    goal, limited = _goal(words), any(word.partition("=")[0] == "--budget" for word in words)
    if earlier is None or last is None or last.seconds <= earlier.seconds:
        return Pace(goal, limited, None, None)
    seconds = last.seconds - earlier.seconds
    ahead = None if goal is None else max(0, goal - last.generation)
    each = seconds / max(1, last.generation - earlier.generation)
    return Pace(
        goal, limited, (last.queries - earlier.queries) / seconds, None if ahead is None else ahead * each
    )


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return []


def _goal(words: list[str]) -> int | None:
    if len(words) < 2 or words[0] != "foolery" or words[1] not in GENERATIONS:
        return None
    goal = GENERATIONS[words[1]]
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if name in _NAMES:
            told = (value if equals else following).replace("_", "")
            goal = int(told) if told.isascii() and told.isdigit() and len(told) < 10 else goal
    return goal
