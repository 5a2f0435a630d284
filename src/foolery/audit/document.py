"""The document of an audit that is under way: kept in memory, and written when it is time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path
from time import monotonic

from foolery.audit.markdown import write_summary
from foolery.audit.schema import Audit, BudgetRecord
from foolery.audit.storage import write_audit

REPORT_INTERVAL = 15.0  # seconds from one partial report to the next, and never less than
REPORT_COST_FACTOR = 20.0  # times what the last one took


class AuditDocument:
    """The document of one audit, from its first line on.

    Args:
        folder: of the audit.
        audit: the document to begin with.
        begun: when the audit, or its continuation, began, on the clock ``monotonic``.
        before: seconds that earlier parts of it took.

    Attributes:
        audit: the document as it is now, written or not.
    """

    def __init__(self, folder: Path, audit: Audit, begun: float, before: float = 0.0) -> None:
        self.audit = audit.placed_in(folder)
        self._folder, self._begun, self._before = folder, begun, before
        self._saved, self._cost = begun, 0.0

    @property
    def elapsed(self) -> float:
        """Seconds of the audit so far, its earlier parts included."""
        return self._before + monotonic() - self._begun

    @property
    def remaining(self) -> float:
        """Seconds that are left of the limit of time; infinite without one."""
        limit = self.audit.budget.seconds
        return inf if limit is None else limit - self.elapsed

    @property
    def budget(self) -> BudgetRecord:
        """The budget with what is spent of it now."""
        budget = self.audit.budget
        spent = budget.repeated + sum(attack.queries for attack in self.audit.attacks)
        return budget.model_copy(update={"spent": spent, "elapsed": self.elapsed})

    def replace(self, **fields: object) -> None:
        """Put fields in the place of those that are there."""
        self.audit = self.audit.model_copy(update=fields)

    def replace_attack(self, position: int, **fields: object) -> None:
        """The same for fields of one attack; the budget follows."""
        attacks = list(self.audit.attacks)
        attacks[position] = attacks[position].model_copy(update=fields)
        self.replace(attacks=tuple(attacks))
        self.replace(budget=self.budget)

    def write(self) -> None:
        """Write ``audit.json``."""
        write_audit(self.audit, self._folder)

    def write_with(self, **fields: object) -> None:
        """Replace fields, and write the document and its summary."""
        self.replace(**fields)
        self.write()
        write_summary(self.audit, self._folder)

    def write_timed(self, fields: Callable[[], Mapping[str, object]]) -> None:
        """The same for fields that take time to make: the longer, the later the next report is due."""
        begun = monotonic()
        self.write_with(**fields())
        self._saved = monotonic()
        self._cost = self._saved - begun

    @property
    def due(self) -> bool:
        """Whether the last report is so old that another one may be made."""
        return monotonic() - self._saved > max(REPORT_INTERVAL, REPORT_COST_FACTOR * self._cost)
