"""The rules of every verdict, in one place: what may be judged, and what is said where nothing may.

A verdict is one of three: *holds*, *holds in part*, *does not hold*. Two things stand in place of one:

- *no verdict*: the unit of analysis has fewer than five members, the test or its bar was chosen after a
  look at the result, the paper's figure is uncertain, or what the rule needs was not recorded;
- *not tested at full scale*: less was run than the paper had, in any amount that the page lists.

What was seen stands in the reason all the same, so that nothing is hidden behind a refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from foolery.text import format_count

Verdict = Literal["holds", "holds in part", "does not hold", "not tested at full scale", "no verdict"]
NOT_TESTED: Verdict = "not tested at full scale"
NO_VERDICT: Verdict = "no verdict"
MIN_UNITS = 5
"""Members that a unit of analysis needs: with four against four no rank test comes below p = 0.028."""
SIGNIFICANT = 0.01
"""The level of every test that a verdict rests on."""


@dataclass(frozen=True)
class Claim:
    """What the paper says.

    Attributes:
        key: a short name for JSON, for instance ``median``.
        text: the claim in a sentence or less.
        place: in the paper, for instance ``3.4, Fig. 7``.
        number: the paper's number as people write it; ``–`` where it gives none.
        uncertain: whether the number is not certain; it is shown then, and never decides.
    """

    key: str
    text: str
    place: str
    number: str
    uncertain: bool = False


@dataclass(frozen=True)
class Amount:
    """How much the paper had of something, and how much was run here.

    Attributes:
        what: in the plural, for instance ``generations``.
        paper: how many.
        ours: how many.
    """

    what: str
    paper: float
    ours: float

    @property
    def short(self) -> bool:
        """Whether less was run than the paper had."""
        return self.ours < self.paper

    def __str__(self) -> str:
        return f"{format_count(self.ours)} of the paper's {format_count(self.paper)} {self.what}"


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on.

    Attributes:
        unit: of analysis, in the singular: what is independent of the others (``run``, ``network``).
        units: how many of them; for a comparison those of the smaller side.
        amounts: of the experiment, the paper's beside ours.
        post_hoc: whether the test or its bar was chosen after a look at the result.
        missing: what the rule needs and no one recorded; empty for nothing.
    """

    unit: str
    units: int
    amounts: Sequence[Amount] = field(default=())
    post_hoc: bool = False
    missing: str = ""

    def refusals(self, claim: Claim) -> list[str]:
        """Why there can be no verdict at any scale."""
        few = f"{self.units} {plural(self.unit, self.units)}, and a verdict needs at least {MIN_UNITS}"
        return [
            reason
            for refused, reason in (
                (claim.uncertain, "the paper's figure is uncertain, so it decides nothing"),
                (self.post_hoc, "the test or its bar was chosen after a look at the result"),
                (bool(self.missing), self.missing),
                (self.units < MIN_UNITS, few),
            )
            if refused
        ]

    def shortfalls(self) -> list[str]:
        """What was less than the paper's."""
        return [str(amount) for amount in self.amounts if amount.short]


@dataclass(frozen=True)
class Finding:
    """A claim beside what was measured.

    Attributes:
        claim: of the paper.
        measured: our number as people read it.
        verdict: by the rules of this file.
        reason: why that verdict, and by which rule; a sentence.
        unit: of analysis.
        units: how many of them.
    """

    claim: Claim
    measured: str
    verdict: Verdict
    reason: str
    unit: str = ""
    units: int = 0


def decide(claim: Claim, measured: str, seen: Verdict, reason: str, evidence: Evidence) -> Finding:
    """The finding: ``seen`` where the evidence carries a verdict, else a refusal that says what was seen.

    Args:
        claim: of the paper.
        measured: our number.
        seen: what the rule gives on what was measured.
        reason: the rule, and what it was applied to.
        evidence: what was measured on.
    """
    refusals, shortfalls = evidence.refusals(claim), evidence.shortfalls()
    verdict, why = seen, reason
    if refusals or shortfalls:
        verdict = NOT_TESTED if shortfalls and not (claim.uncertain or evidence.post_hoc) else NO_VERDICT
        what = f"; what was seen: {seen}" if seen not in (NO_VERDICT, NOT_TESTED) else ""
        why = f"{'; '.join([*shortfalls, *refusals])}{what}. {capitalized(reason)}"
    return Finding(claim, measured, verdict, why, evidence.unit, evidence.units)


def untested(claim: Claim, reason: str) -> Finding:
    """A claim that was not measured, and why."""
    return Finding(claim, "–", NOT_TESTED, reason)


def grade(holds: object, in_part: object = False) -> Verdict:
    """``holds``, ``holds in part`` or ``does not hold``."""
    return "holds" if holds else "holds in part" if in_part else "does not hold"


@dataclass(frozen=True)
class Band:
    """Both bounds of a claim, and what they are made of: "slightly lower" has a floor.

    Attributes:
        low: the smallest value at which it holds.
        high: the largest.
    """

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def grade_within(value: float, holds: Band, in_part: Band) -> Verdict:
    """``holds`` inside the one, ``holds in part`` inside the other, which is wider."""
    return grade(value in holds, value in in_part)


def grade_share(reached: int, count: int) -> Verdict:
    """Of a claim about every unit: it holds where all reach it, in part where at least half do."""
    return grade(count and reached == count, count and 2 * reached >= count)


def find_claim(claims: Sequence[Claim], key: str) -> Claim:
    """The claim of that key."""
    return next(claim for claim in claims if claim.key == key)


def plural(unit: str, count: int) -> str:
    """``run`` or ``runs``, ``class`` or ``classes``, ``family`` or ``families``."""
    if count == 1:
        return unit
    if unit.endswith("y"):
        return f"{unit[:-1]}ies"
    return f"{unit}es" if unit.endswith("s") else f"{unit}s"


def capitalized(text: str) -> str:
    """``text`` with a capital first letter, the others as they are."""
    return text[:1].upper() + text[1:]
