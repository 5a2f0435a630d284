"""Record: the document of an audit while it is made, its clock, and when it is due to be written again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic

from foolery.audit import schema as doc
from foolery.audit.markdown import write_summary

BETWEEN = 15.0  # seconds from one partial report to the next, and never less than
COSTS = 20.0  # times what the last one took


class Record:
    """The document of one audit, from its first line on.

    Args:
        out: folder of the audit.
        found: the document to begin with.
        begun: when the audit, or its continuation, began, on the clock ``monotonic``.
        before: seconds that earlier parts of it took.

    Attributes:
        found: the document as it is now, written or not.
    """

    def __init__(self, out: Path, found: doc.Audit, begun: float, before: float = 0.0) -> None:
        self.found = found
        self._out, self._begun, self._before = out, begun, before
        self._saved, self._cost = begun, 0.0

    @property
    def elapsed(self) -> float:
        """Seconds of the audit so far, its earlier parts included."""
        return self._before + monotonic() - self._begun

    @property
    def budget(self) -> doc.Budget:
        """The budget with what is spent of it now."""
        budget = self.found.budget
        spent = budget.repeated + sum(attack.queries for attack in self.found.attacks)
        return budget.model_copy(update={"spent": spent, "elapsed": self.elapsed})

    def replace(self, **parts: object) -> None:
        """Put parts in the place of those that are there."""
        self.found = self.found.model_copy(update=parts)

    def change(self, position: int, **parts: object) -> None:
        """The same for one attack; the budget follows."""
        attacks = list(self.found.attacks)
        attacks[position] = attacks[position].model_copy(update=parts)
        self.replace(attacks=tuple(attacks))
        self.replace(budget=self.budget)

    def write(self) -> None:
        """Write ``audit.json``."""
        doc.write_audit(self.found, self._out)

    def put(self, **parts: object) -> None:
        """Replace parts, and write the document and its summary."""
        self.replace(**parts)
        self.write()
        write_summary(self.found, self._out)

    def report(self, parts: Callable[[], Mapping[str, object]]) -> None:
        """The same for parts that take time to make: the longer, the later the next report is due."""
        begun = monotonic()
        self.put(**parts())
        self._saved = monotonic()
        self._cost = self._saved - begun

    @property
    def due(self) -> bool:
        """Whether the last report is so old that another one may be made."""
        return monotonic() - self._saved > max(BETWEEN, COSTS * self._cost)
