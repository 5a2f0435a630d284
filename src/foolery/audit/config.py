"""Order: what is asked of an audit."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from foolery.audit.attacks import all_attacks
from foolery.audit.attacks.base import Attack, DrawImages
from foolery.audit.gates import Gate
from foolery.audit.panel import Panel
from foolery.audit.reference import MAX_IMAGES
from foolery.audit.scoring import check_queries
from foolery.classifiers.wrappers.metered import Budget as Limit
from foolery.data.labelled import LabelledData
from foolery.errors import UsageError
from foolery.rng import check_seed

DEFAULT_QUERIES = 300_000


@dataclass(frozen=True)
class ReferenceData:
    """Real ones: the opened data, and how it was called."""

    data: LabelledData
    reference: str
    split: str = "test"
    max_images: int = MAX_IMAGES


@dataclass(frozen=True)
class AuditConfig:
    """What is asked for.

    Attributes:
        out: folder of the audit.
        budget_text: the budget in words, ``budget`` what it says.
        attacks: to try, in order.
        seeds: repetitions, of seed ``seed`` and the next ones.
        reference: real ones; without them there is no score.
        panel: of independent classifiers.
        transfer_champions: pictures of other networks' champions, and how many.
        exclude: names of classes that are not to be fooled, beside those for pictures of nothing.
        gates: judged at the end.
        command: how it was started.
    """

    out: Path
    budget_text: str = str(DEFAULT_QUERIES)
    budget: Limit = field(default_factory=lambda: Limit(DEFAULT_QUERIES))
    attacks: tuple[Attack, ...] = field(default_factory=all_attacks)
    seeds: int = 1
    seed: int = 0
    reference: ReferenceData | None = None
    panel: Panel | None = None
    transfer_champions: tuple[DrawImages, int] | None = None
    exclude: tuple[str, ...] = ()
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
        if self.budget.queries is not None:
            check_queries(self.budget.queries)
        for gate in self.gates:
            gate.check(data=self.reference is not None, panel=self.panel is not None)
