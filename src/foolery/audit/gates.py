"""Gates: an expression about an audit at which a build fails.

An expression is ``NAME OP NUMBER``. ``NAME`` is one of ``FIGURES``, ``OP`` one of ``<``, ``<=``, ``>``,
``>=``, ``==`` and ``!=``, ``NUMBER`` a decimal number, with ``%`` after it for hundredths. Spaces do not
count. The gate fails where the expression holds.

A search that the time cut short leaves figures that more queries would move, most of them in one direction:
a share of fooled classes only grows. So a gate is failed or passed only where nothing that the rest of the
search could find changes it, and else it is undecided.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

from foolery.audit.detection import TPRS, min_images
from foolery.audit.reference import TPR
from foolery.audit.schema_2 import NOT_KNOWN
from foolery.audit.schema_3 import OLD_FIGURES as OLD_NAMES
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
        search: what more search can do to it: let it ``rise``, ``fall``, or ``either``.
        top: the largest value that it can have; 1 for a share. The least is 0.
        images: how many rightly classified real images it needs; 0 where it cannot be had with any.
        needs_data: whether it cannot be had without reference data.
        needs_panel: whether it cannot be had without a panel.
    """

    about: str
    read: Callable[[AuditVerdict], float | None]
    search: Literal["rise", "fall", "either"] = "rise"
    top: float = 1.0
    images: int = 0
    needs_data: bool = False
    needs_panel: bool = False

    @property
    def share(self) -> bool:
        """Whether it is a share."""
        return self.top == 1.0

    def reach(self, value: float) -> tuple[float, float]:
        """From where to where more search could bring ``value``."""
        return (
            value if self.search == "rise" else 0.0,
            value if self.search == "fall" else self.top,
        )


def _value(interval: Interval | None) -> float | None:
    return None if interval is None else interval.value


def _share_above(level: str) -> Figure:
    return Figure(
        f"share of champions with a confidence of {level} or more", lambda v: v.above[level], "either"
    )


def _score(about: str, read: Callable[[AuditVerdict], float | None], *, panel: bool = False) -> Figure:
    return Figure(about, read, "fall", 100.0, min_images(0.95), needs_data=True, needs_panel=panel)


def _fooled_at(tpr: float) -> Figure:
    percent = f"{100 * tpr:.0f}"

    def read(verdict: AuditVerdict) -> float | None:
        if tpr == TPR:
            return _value(verdict.fooled_at_tpr95)
        return None if verdict.detection is None else _value(verdict.detection.fpr[percent])

    return Figure(
        f"share of classes that the best single attack fools where {percent} % of the real images pass",
        read,
        images=min_images(tpr),
        needs_data=True,
    )


#: Name in an expression to what it is.
FIGURES: Mapping[str, Figure] = {
    "score": _score("the score, 0 to 100, of the best single attack", lambda v: _value(v.score)),
    "score-with-transfer": _score(
        "the score where stored champions may be the best single attack",
        lambda v: _value(v.score_with_transfer or v.score),
    ),
    "score-unrecognizable": _score(
        "the score without images that the panel recognizes",
        lambda v: _value(v.score_unrecognizable),
        panel=True,
    ),
    "previous-score": _score(
        "the score of earlier versions, of the quickest attack per class",
        lambda v: None if v.previous is None else v.previous.score.value,
    ),
    **{f"fooled@tpr{100 * tpr:.0f}": _fooled_at(tpr) for tpr in TPRS},
    "auroc": Figure(
        "AUROC of real images against the champions of the best single attack",
        lambda v: None if v.detection is None else v.detection.auroc.value,
        "fall",
        images=min_images(0.95),
        needs_data=True,
    ),
    "fooled-by-any": Figure(
        "share of classes that any attack fools at the threshold that 95 % of the real images pass",
        lambda v: _value(v.fooled_by_any),
        images=min_images(0.95),
        needs_data=True,
    ),
    "fooled-unrecognizable": Figure(
        "the same without images that the panel recognizes",
        lambda v: v.fooled_unrecognizable,
        images=min_images(0.95),
        needs_data=True,
        needs_panel=True,
    ),
    "above-real-median": Figure(
        "share of classes whose champion is above the median real image",
        lambda v: _value(v.above_real_median),
        needs_data=True,
    ),
    "recognized": Figure(
        "share of champions that the panel recognizes", lambda v: v.recognized, "either", needs_panel=True
    ),
    "median-confidence": Figure(
        "median confidence of the champions", lambda v: v.median_confidence, "either"
    ),
    "queries-to-half": Figure(
        "queries until half of the classes were fooled",
        lambda v: v.queries_to_half,
        "fall",
        inf,
        images=min_images(0.95),
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

    def judge(
        self, verdict: AuditVerdict, unfinished: Sequence[str] = (), images: int | None = None
    ) -> GateResult:
        """Its outcome; ``queries-to-half`` is infinite where half of the classes were never fooled.

        Args:
            verdict: of the audit.
            unfinished: names of the attacks that the time cut short.
            images: how many real images the classifier labels rightly; None where that does not matter.
        """
        figure = FIGURES[self.figure]
        value = figure.read(verdict)
        if images is not None and images < figure.images:
            reason = f"it needs {figure.images} real images that are classified rightly, here are {images}"
            return GateResult(expression=self.text, value=value, outcome="undecided", reason=reason)
        if value is None and self.figure != "queries-to-half":
            return GateResult(expression=self.text, value=None, outcome="undecided", reason=NOT_KNOWN)
        number = inf if value is None else value
        holds = self._holds_within(number, *(figure.reach(number) if unfinished else (number,) * 2))
        if holds is None:
            reason = f"the time was up before these attacks were finished: {', '.join(unfinished)}"
            return GateResult(expression=self.text, value=value, outcome="undecided", reason=reason)
        return GateResult(expression=self.text, value=value, outcome="failed" if holds else "passed")

    def undecided(self, reason: str) -> GateResult:
        """Its outcome where nothing is known."""
        return GateResult(expression=self.text, value=None, outcome="undecided", reason=reason)

    def _holds_within(self, value: float, low: float, high: float) -> bool | None:
        """Whether the expression holds for every value from ``low`` to ``high``; None where it depends."""
        holds = _OPERATORS[self.operator]
        if self.operator in ("==", "!=") and low < high:
            return None if low <= self.limit <= high else holds(value, self.limit)
        ends = {holds(low, self.limit), holds(high, self.limit)}
        return ends.pop() if len(ends) == 1 else None
