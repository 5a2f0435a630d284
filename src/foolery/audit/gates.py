"""Gate: ``NAME OP NUMBER``, an expression about an audit at which a build fails.

``NAME`` is one of ``FIGURES``, ``OP`` one of ``<``, ``<=``, ``>``, ``>=``, ``==`` and ``!=``, ``NUMBER`` a
decimal number, with ``%`` after it for hundredths. Spaces do not count. The gate fails where the expression
holds.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from foolery.audit.schema import AuditVerdict, GateResult, Interval
from foolery.errors import UsageError, did_you_mean

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "<": operator.lt, ">": operator.gt,
}  # fmt: skip
_EXPRESSION = re.compile(r"\s*([A-Za-z][\w@.-]*)\s*(<=|>=|==|!=|<|>)\s*([-+]?(?:\d+\.?\d*|\.\d+))\s*(%?)\s*")


def _value(interval: Interval | None) -> float | None:
    return None if interval is None else interval.value


#: Name in an expression to what it is, and how it is read from a verdict.
FIGURES: Mapping[str, tuple[str, Callable[[AuditVerdict], float | None]]] = {
    "score": ("the score, 0 to 100", lambda v: _value(v.score)),
    "score-of-nonsense": (
        "the score over champions that the panel rejects",
        lambda v: _value(v.score_of_nonsense),
    ),
    "score-of-search": (
        "the score without champions of other networks",
        lambda v: _value(v.score_of_search or v.score),
    ),
    "fooled@keep95": (
        "share of classes fooled at the threshold that keeps 95 % of photos",
        lambda v: _value(v.fooled_at_keep95),
    ),
    "fooled-by-nonsense": (
        "the same less champions that the panel recognises",
        lambda v: v.fooled_by_nonsense,
    ),
    "beats-real": (
        "share of classes whose champion is above the median photo",
        lambda v: _value(v.beats_real),
    ),
    "recognised": ("share of champions that the panel recognises", lambda v: v.recognised),
    "median-confidence": ("of the champions", lambda v: v.median_confidence),
    "queries-to-half": ("queries until half of the classes were fooled", lambda v: v.queries_to_half),
    **{
        f"fooled@{level}": (
            f"share of champions with a confidence of {level} or more",
            lambda v, level=level: v.above[level],  # type: ignore[misc]
        )
        for level in ("0.5", "0.9", "0.99", "0.9999")
    },
}
#: Figures that need real pictures, and a panel.
_NEED_DATA = {
    "score",
    "score-of-nonsense",
    "score-of-search",
    "fooled@keep95",
    "fooled-by-nonsense",
    "beats-real",
    "queries-to-half",
}
#: Figures that are shares, from 0 to 1: the others go further.
_SHARES = set(FIGURES) - {"score", "score-of-nonsense", "score-of-search", "queries-to-half"}
_NEED_PANEL = {"score-of-nonsense", "fooled-by-nonsense", "recognised"}


@dataclass(frozen=True)
class Gate:
    """One expression.

    Attributes:
        text: as it was written.
        figure: left of the operator; ``operator`` the operator; ``limit`` right of it.
    """

    text: str
    figure: str
    operator: str
    limit: float

    @classmethod
    def parse(cls, text: str) -> Gate:
        """The gate that ``text`` names.

        Raises:
            UsageError: for another form, or an unknown figure; names the nearest.
        """
        match = _EXPRESSION.fullmatch(text)
        if not match:
            raise UsageError(f"--fail-on: expected NAME OP NUMBER, as in 'fooled@keep95 > 0.3', got {text!r}")
        name, sign, number, percent = match.groups()
        if name not in FIGURES:
            raise UsageError(f"--fail-on: {name!r} is unknown; {did_you_mean(name, list(FIGURES))}")
        value = float(number) / (100 if percent else 1)
        if name in _SHARES and not 0 <= value <= 1:
            raise UsageError(
                f"--fail-on: {name} is a share from 0 to 1, got {text!r}; write {number}% for hundredths"
                if not percent and 0 <= value <= 100
                else f"--fail-on: {name} is a share from 0 to 1, or 0% to 100%, got {text!r}"
            )
        return cls(text, name, sign, value)

    def check(self, *, data: bool, panel: bool) -> None:
        """Raise UsageError where its figure cannot be had without real pictures, or without a panel."""
        if self.figure in _NEED_DATA and not data:
            raise UsageError(f"--fail-on: {self.figure} needs real pictures; give --data DATA")
        if self.figure in _NEED_PANEL and not panel:
            raise UsageError(f"--fail-on: {self.figure} needs independent classifiers; give --panel REF")

    def judge(self, verdict: AuditVerdict) -> GateResult:
        """Whether it fails; ``queries-to-half`` is infinite where half of the classes never fell."""
        value = FIGURES[self.figure][1](verdict)
        if value is None and self.figure == "queries-to-half":
            failed = _OPERATORS[self.operator](float("inf"), self.limit)
        else:
            failed = value is None or _OPERATORS[self.operator](value, self.limit)
        return GateResult(expression=self.text, value=value, failed=failed)
