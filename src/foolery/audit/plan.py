"""The plan of one audit: everything that its configuration names, opened and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attacks import PlannedAttack
from foolery.audit.detection import check_queries
from foolery.audit.gates import Gate
from foolery.audit.notes import start_notes
from foolery.audit.panel import Panel
from foolery.audit.protocols import AuditProtocol
from foolery.audit.reference import ReferenceData, excluded_classes, target_classes
from foolery.audit.schema import AttackRecord, Audit, AuditedClassifier, BudgetRecord, ReferenceStatistics
from foolery.audit.storage import RUNS
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.wrappers.metered import Budget
from foolery.engine.provenance import make_provenance
from foolery.errors import UsageError
from foolery.rng import check_seed

DEFAULT_QUERIES = 300_000
FINISHING = 0.05  # of a limit of time, for what comes after the attacks: panel and files


@dataclass(frozen=True)
class AuditPlan:
    """What is done in one audit.

    Attributes:
        classifier: that is audited.
        out: folder of the audit.
        requested: the budget as it was written; ``budget`` is what it says.
        attacks: in the order in which they are tried.
        seeds: number of repetitions, of seed ``seed`` and the next ones.
        reference: labelled real images; None where there are none, and then there is no score.
        panel: independent classifiers; None for none.
        exclude: names of classes that are not attacked, besides ``REJECT_CLASSES``.
        gates: judged at the end.
        baseline: an earlier audit to compare with, and the name of its file; None for none.
        mitigations: whether mitigations are measured.
        others: classifiers that are mitigations, under ``ensemble`` and ``hardened``.
        keep: ``light`` to remove the files of the attacks at the end.
        protocol: that the plan follows; None for none.
        allow_unfinished: whether an undecided gate lets the build pass.
        command: how the audit was started.
    """

    classifier: Classifier
    out: Path
    requested: str
    budget: Budget
    attacks: tuple[PlannedAttack, ...]
    seeds: int = 1
    seed: int = 0
    reference: ReferenceData | None = None
    panel: Panel | None = None
    exclude: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = ()
    baseline: tuple[Audit, str] | None = None
    mitigations: bool = False
    others: Mapping[str, Classifier] = field(default_factory=dict)
    keep: Literal["all", "light"] = "all"
    protocol: AuditProtocol | None = None
    allow_unfinished: bool = False
    command: str = "python"

    @property
    def reserved(self) -> float:
        """Seconds of a limit of time that attacks leave for panel, files and mitigations."""
        share = FINISHING + (1.0 - FINISHING) * self.networks / (1 + self.networks)
        return share * (self.budget.seconds or 0.0)

    @property
    def networks(self) -> int:
        """Number of networks that are audited as mitigations, each with the whole budget."""
        return len(self.others) if self.mitigations and self.reference is not None else 0

    @property
    def gated(self) -> bool:
        """Whether a build depends on it."""
        return bool(self.gates) or self.baseline is not None

    @property
    def runs(self) -> Path:
        """Folder of the folders of all attacks."""
        return self.out / RUNS

    @cached_property
    def targets(self) -> NDArray[np.int64]:
        """``(T,) int64``, indices of the classes to fool."""
        return target_classes(self.classifier.description, self.exclude)

    def check(self) -> None:
        """Raise UsageError for what cannot be done, before anything is."""
        check_seed(self.seed)
        check_seed(self.seed + self.seeds - 1)
        if self.budget.queries is not None:
            check_queries(self.budget.queries)
        for gate in self.gates:
            gate.check(data=self.reference is not None, panel=self.panel is not None)
        if self.gates and self.budget.queries is None and self.budget.seconds is not None:
            raise UsageError(
                f"--fail-on: with a budget of time alone the machine's speed would decide; give queries too, "
                f"as in --budget {DEFAULT_QUERIES},{self.requested}"
            )
        if self.protocol is not None:
            self.protocol.check_classes(self.classifier.description)
        _ = self.targets

    def new_audit(self, rate: float = 1.0) -> Audit:
        """The document of the audit before anything was tried.

        Args:
            rate: images a second, measured.
        """
        description = self.classifier.description
        run_provenance = make_provenance(description, self.command)
        excluded = excluded_classes(description, self.exclude)
        notes = start_notes(
            reference=self.reference is not None,
            queries=self.budget.queries is not None,
            panel=self.panel is not None,
            excluded=excluded,
        )
        return Audit(
            state="partial",
            classifier=_audited(description),
            reference=None,
            budget=BudgetRecord(
                requested=self.requested,
                queries=self._queries(rate),
                seconds=self.budget.seconds,
                seeds=self.seeds,
                spent=0,
                repeated=0,
                elapsed=0.0,
                rate=rate,
            ),
            excluded=excluded,
            attacks=tuple(
                AttackRecord(name=one.name, seed=self.seed + number, about=one.about, status="waiting")
                for number in range(self.seeds)
                for one in self.attacks
            ),
            panel=() if self.panel is None else self.panel.members,
            notes=(*description.notes, *notes),
            keep=self.keep,
            protocol=None if self.protocol is None else self.protocol.name,
            allow_unfinished=self.allow_unfinished,
            command=self.command,
            started=run_provenance.started,
            device=run_provenance.device,
            versions=run_provenance.versions,
        )

    def _queries(self, rate: float) -> int:
        """Queries of one seed; where the budget is a time, as many as fit into it."""
        seconds = self.budget.seconds
        if self.budget.queries is not None or seconds is None:
            return self.budget.queries or DEFAULT_QUERIES
        return min(DEFAULT_QUERIES, max(1000, int(rate * seconds / self.seeds)))

    def check_resumable(self, earlier: Audit) -> None:
        """Raise UsageError unless the audit in the folder was begun with the same plan."""
        if earlier.state == "finished" and earlier.keep == "light":
            raise UsageError(
                f"--resume: {self.out} is finished, and was kept light: there is nothing to go on with"
            )
        new = self.new_audit(earlier.budget.rate)
        if new.classifier.fingerprint != earlier.classifier.fingerprint:
            raise UsageError(
                f"--resume: {self.out} was begun with another classifier: {earlier.classifier.name}, "
                f"fingerprint {earlier.classifier.fingerprint[:12]} (here {new.classifier.fingerprint[:12]})"
            )
        for option, here, there in (
            ("--protocol", new.protocol or "none", earlier.protocol or "none"),
            ("--budget", new.budget.requested, earlier.budget.requested),
            ("--seeds", new.budget.seeds, earlier.budget.seeds),
            ("--attacks", _attack_list(new), _attack_list(earlier)),
            ("--exclude", _listed(new.excluded), _listed(earlier.excluded)),
            ("--data", self._data_name(), _recorded_data(earlier.reference)),
        ):
            if here != there and not (option == "--data" and earlier.reference is None):
                raise UsageError(
                    f"--resume: {self.out} was begun with {option} {there}; give that, or another --out"
                )

    def _data_name(self) -> str:
        return "none" if self.reference is None else f"{self.reference.name} ({self.reference.split})"


def _audited(description: Description) -> AuditedClassifier:
    return AuditedClassifier(
        name=description.name,
        fingerprint=description.fingerprint,
        kind=description.kind,
        canvas=description.canvas.axes,
        classes=description.classes,
        backend=description.backend,
        device=description.device,
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _attack_list(audit: Audit) -> str:
    return ", ".join(f"{attack.name} (seed {attack.seed})" for attack in audit.attacks)


def _recorded_data(reference: ReferenceStatistics | None) -> str:
    return "none" if reference is None else f"{reference.data} ({reference.split})"
