"""Judged: the parts of ``audit.json`` that say what follows: gates, a comparison, and what helps."""

from __future__ import annotations

from foolery.audit.found import Interval
from foolery.audit.part import Part


class GateResult(Part):
    """One ``--fail-on``: it failed where the expression holds, and where its value is not known."""

    expression: str
    value: float | None
    failed: bool


class Compared(Part):
    """This audit beside an earlier one of the same classes, attacks and budget.

    Attributes:
        file: of the earlier audit, by name; ``classifier`` that it audited.
        before, after: scores.
        difference: after less before, with a 95 % interval of a paired bootstrap over classes.
        regression: the interval lies wholly below 0.
    """

    file: str
    classifier: str
    before: float
    after: float
    difference: Interval
    regression: bool


class Help(Part):
    """One row of what helps.

    Attributes:
        measure: for instance ``reject below keep95`` or ``ensemble``.
        what: which figure is compared, in words.
        before, after: that figure; null where it could not be had.
        cost: what it costs, in words.
    """

    measure: str
    what: str
    before: float | None
    after: float | None
    cost: str
