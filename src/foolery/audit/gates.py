"""Gates: an expression about an audit at which a build fails.

An expression is ``NAME OP NUMBER``. ``NAME`` is one of ``FIGURES``, ``OP`` one of ``<``, ``<=``, ``>``,
``>=``, ``==`` and ``!=``, ``NUMBER`` a decimal number, with ``%`` after it for hundredths. Spaces do not
count. The gate fails where the expression holds.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from foolery.audit.schema_1 import FIGURES as OLD_NAMES
from foolery.audit.verdict import AuditVerdict, GateResult, Interval
from foolery.errors import UsageError, did_you_mean
from foolery.text import THRESHOLDS

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "<": operator.lt, ">": operator.gt,
}  # fmt: skip
_EXPRESSION = re.compile(r"\s*([A-Za-z][\w@.-]*)\s*(<=|>=|==|!=|<|>)\s*([-+]?(?:\d+\.?\d*|\.\d+))\s*(%?)\s*")


@dataclass(frozen=True)
class Figure:
    """A number that a gate may name.

    Attributes:
        about: one line.
        read: the number in a verdict; None where it is not known.
        share: whether it goes from 0 to 1; others go further.
        needs_data: whether it cannot be had without reference data.
        needs_panel: whether it cannot be had without a panel.
    """

    about: str
    read: Callable[[AuditVerdict], float | None]
    share: bool = True
    needs_data: bool = False
    needs_panel: bool = False


def _value(interval: Interval | None) -> float | None:
    return None if interval is None else interval.value


def _share_above(level: str) -> Figure:
    return Figure(f"share of champions with a confidence of {level} or more", lambda v: v.above[level])


#: Name in an expression to what it is.
FIGURES: Mapping[str, Figure] = {
    "score": Figure("the score, 0 to 100", lambda v: _value(v.score), share=False, needs_data=True),
    "score-without-transfer": Figure(
        "the score without the transfer attack",
        lambda v: _value(v.score_without_transfer or v.score),
        share=False,
        needs_data=True,
    ),
    "score-unrecognizable": Figure(
        "the score without images that the panel recognizes",
        lambda v: _value(v.score_unrecognizable),
        share=False,
        needs_data=True,
        needs_panel=True,
    ),
    "fooled@tpr95": Figure(
        "share of classes fooled at the threshold that 95 % of the real images pass",
        lambda v: _value(v.fooled_at_tpr95),
        needs_data=True,
    ),
    "fooled-unrecognizable": Figure(
        "the same without images that the panel recognizes",
        lambda v: v.fooled_unrecognizable,
        needs_data=True,
        needs_panel=True,
    ),
    "above-real-median": Figure(
        "share of classes whose champion is above the median real image",
        lambda v: _value(v.above_real_median),
        needs_data=True,
    ),
    "recognized": Figure(
        "share of champions that the panel recognizes", lambda v: v.recognized, needs_panel=True
    ),
    "median-confidence": Figure("median confidence of the champions", lambda v: v.median_confidence),
    "queries-to-half": Figure(
        "queries until half of the classes were fooled",
        lambda v: v.queries_to_half,
        share=False,
        needs_data=True,
    ),
    **{f"fooled@{level}": _share_above(str(level)) for level in THRESHOLDS},
}


@dataclass(frozen=True)
class Gate:
    """One expression.

    Attributes:
        text: as it was written.
        figure: left of the operator.
        operator: between the two.
        limit: right of the operator.

    Example:
        >>> gate = Gate.parse("fooled@tpr95 > 30%")
        >>> gate.figure, gate.operator, gate.limit
        ('fooled@tpr95', '>', 0.3)
    """

    text: str
    figure: str
    operator: str
    limit: float

    @classmethod
    def parse(cls, text: str) -> Gate:
        """The gate that ``text`` names.

        Raises:
            UsageError: for another form, or an unknown figure; names the nearest, or the new name of an old
                one.
        """
        match = _EXPRESSION.fullmatch(text)
        if not match:
            raise UsageError(f"--fail-on: expected NAME OP NUMBER, as in 'fooled@tpr95 > 0.3', got {text!r}")
        name, sign, number, percent = match.groups()
        if name in OLD_NAMES:
            raise UsageError(f"--fail-on: {name!r} is called {OLD_NAMES[name]!r} now")
        if name not in FIGURES:
            raise UsageError(f"--fail-on: {name!r} is unknown; {did_you_mean(name, list(FIGURES))}")
        value = float(number) / (100 if percent else 1)
        if FIGURES[name].share and not 0 <= value <= 1:
            raise UsageError(
                f"--fail-on: {name} is a share from 0 to 1, got {text!r}; write {number}% for hundredths"
                if not percent and 0 <= value <= 100
                else f"--fail-on: {name} is a share from 0 to 1, or 0% to 100%, got {text!r}"
            )
        return cls(text, name, sign, value)

    def check(self, *, data: bool, panel: bool) -> None:
        """Raise UsageError where its figure cannot be had without reference data, or without a panel."""
        figure = FIGURES[self.figure]
        if figure.needs_data and not data:
            raise UsageError(f"--fail-on: {self.figure} needs labelled real images; give --data DATA")
        if figure.needs_panel and not panel:
            raise UsageError(f"--fail-on: {self.figure} needs independent classifiers; give --panel REF")

    def judge(self, verdict: AuditVerdict) -> GateResult:
        """Whether it fails; ``queries-to-half`` is infinite where half of the classes were never fooled."""
        value = FIGURES[self.figure].read(verdict)
        if value is None and self.figure == "queries-to-half":
            failed = _OPERATORS[self.operator](float("inf"), self.limit)
        else:
            failed = value is None or _OPERATORS[self.operator](value, self.limit)
        return GateResult(expression=self.text, value=value, failed=failed)
