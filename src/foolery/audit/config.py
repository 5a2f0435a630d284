"""Order: what is asked of an audit."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from foolery.audit.attacks import known_attacks
from foolery.audit.attacks.base import Attack, Painter
from foolery.audit.gates import Gate
from foolery.audit.panel import Panel
from foolery.audit.reference import MOST
from foolery.audit.scoring import check_queries
from foolery.classifiers.wrappers.metered import Budget as Limit
from foolery.data.labelled import LabelledData
from foolery.errors import UsageError
from foolery.rng import check_seed

QUERIES = 300_000


@dataclass(frozen=True)
class Pictures:
    """Real ones: the opened data, and how it was called."""

    data: LabelledData
    reference: str
    split: str = "test"
    most: int = MOST


@dataclass(frozen=True)
class Order:
    """What is asked for.

    Attributes:
        out: folder of the audit.
        asked: the budget in words, ``limit`` what it says.
        attacks: to try, in order.
        seeds: repetitions, of seed ``seed`` and the next ones.
        pictures: real ones; without them there is no score.
        panel: of independent classifiers.
        starters: pictures of other networks' champions, and how many.
        left_out: names of classes that are not to be fooled, beside those for pictures of nothing.
        gates: judged at the end.
        command: how it was started.
    """

    out: Path
    asked: str = str(QUERIES)
    limit: Limit = field(default_factory=lambda: Limit(QUERIES))
    attacks: tuple[Attack, ...] = field(default_factory=known_attacks)
    seeds: int = 1
    seed: int = 0
    pictures: Pictures | None = None
    panel: Panel | None = None
    starters: tuple[Painter, int] | None = None
    left_out: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = ()
    command: str = "python"

    def check(self) -> None:
        """Raise UsageError for what cannot be done, before anything is."""
        if not 1 <= self.seeds <= 100:
            raise UsageError(f"--seeds: expected 1 to 100, got {self.seeds}")
        check_seed(self.seed)
        check_seed(self.seed + self.seeds - 1)
        if not self.attacks:
            raise UsageError("--attacks: expected at least one name")
        if self.limit.queries is not None:
            check_queries(self.limit.queries)
        for gate in self.gates:
            gate.check(data=self.pictures is not None, panel=self.panel is not None)
