"""The configuration of an audit: all that ``foolery audit`` takes, with the same defaults."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from foolery.audit.attacks import Attack, select_attacks
from foolery.audit.gates import Gate
from foolery.audit.mitigations import GUARD
from foolery.audit.panel import Panel, default_panel, make_panel
from foolery.audit.pipelines import check_files
from foolery.audit.plan import DEFAULT_QUERIES, AuditPlan
from foolery.audit.protocols import AuditProtocol, find_protocol
from foolery.audit.reference import MAX_IMAGES, MIN_IMAGES, ReferenceData
from foolery.audit.schema import FILE, Audit
from foolery.audit.storage import open_audit
from foolery.classifiers import load_classifier
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.wrappers.guarded import guard
from foolery.classifiers.wrappers.metered import Budget
from foolery.data import load_data
from foolery.data.labelled import LabelledData
from foolery.errors import UsageError
from foolery.files import default_folder

MAX_SEEDS = 100
GATED_SEEDS = 3


@dataclass(frozen=True, kw_only=True)
class AuditConfig:
    """What an audit is to do. Wherever something has a name on the command line, the name will do.

    Attributes:
        data: labelled real images: a data reference, or opened data; without, there is no score.
        split: of the data, ``test`` or ``train``.
        data_name: how the audit calls opened data.
        max_images: limit of the real images that are scored.
        protocol: a named protocol, such as ``digits-1``, that freezes budget, attacks, seeds and real
            images; what is given besides may not contradict it. A limit of time may be added.
        budget: queries of one seed and time of the whole audit: ``300000``, ``"5m"``, ``"100000,5m"``; 300
            000 queries if None.
        attacks: names of attacks, or attacks; all that foolery brings if None.
        seeds: number of repetitions, each with all the queries; if None, three where a gate or a baseline is
            given, which need to know how much is chance in the search, and one otherwise.
        seed: the first one.
        panel: independent classifiers, loaded or by reference, that tell whether champions are recognizable.
            If None, shipped networks for a classifier of the ten digits, and no panel for others; ``()`` for
            no panel at all.
        exclude: names of classes that are not attacked.
        fail_on: gates, as ``"score < 50"``.
        allow_unfinished: whether a gate that the time left undecided lets the build pass.
        baseline: an earlier audit, or its folder or file, to compare the score with.
        champions: an earlier audit, or its folder or file, whose champions are scored in place of attacks.
        mitigations: whether mitigations are measured; if None, where ``ensemble`` or ``hardened`` are
            given. Each of these takes the whole budget once more.
        ensemble: another network, loaded or by reference; both together are one of the mitigations.
        hardened: a hardened network, likewise.
        guards: detectors, as ``guarded:REF+DETECTOR`` has them; the classifier behind each is attacked anew.
        out: folder of the audit; ``runs/CLASSIFIER-audit-seedN`` if None.
        load: how ``ensemble`` and ``hardened`` are loaded from a reference; ``load_classifier`` if None.
        keep: ``all``, or ``light``: without the files of the attacks, which take most of the room. A light
            audit cannot be gone on with, and its page shows no lineages.
        junit: a file for the gates as JUnit XML.
        sarif: a file for what was found as SARIF 2.1.0.
        command: how the audit was started, for its document.

    Raises:
        UsageError: for what cannot be used, as far as it can be told without opening anything.

    Example:
        >>> AuditConfig(budget="10k")
        Traceback (most recent call last):
        foolery.errors.UsageError: budget: expected a number of queries, or 90s, 5m or 2h, got '10k'
    """

    data: str | LabelledData | None = None
    split: str = "test"
    data_name: str = "data in memory"
    max_images: int = MAX_IMAGES
    protocol: str | None = None
    budget: int | str | Budget | None = None
    attacks: Sequence[str | Attack] | None = None
    seeds: int | None = None
    seed: int = 0
    panel: Sequence[str | Classifier] | Panel | None = None
    exclude: Sequence[str] = ()
    fail_on: Sequence[str | Gate] = ()
    allow_unfinished: bool = False
    baseline: Audit | Path | str | None = None
    champions: Audit | Path | str | None = None
    mitigations: bool | None = None
    ensemble: Classifier | str | None = None
    hardened: Classifier | str | None = None
    guards: Sequence[str] = ()
    out: Path | str | None = None
    load: Callable[[str], Classifier] | None = None
    keep: Literal["all", "light"] = "all"
    junit: Path | str | None = None
    sarif: Path | str | None = None
    command: str = "python"

    def __post_init__(self) -> None:
        if self.mitigations is False and self._names_others():
            raise UsageError(
                "--no-mitigations: --ensemble, --hardened and --guard are mitigations; leave out one of them"
            )
        searches = self.attacks is not None or self._names_others()
        if self.champions is not None and searches:
            raise UsageError(
                "--champions: attacks nothing; leave out --attacks, --ensemble, --hardened, --guard"
            )
        if self.champions is not None and self.baseline is not None:
            raise UsageError("--baseline: needs attacks of its own; --champions has none")
        if not 1 <= self.repetitions <= MAX_SEEDS:
            raise UsageError(f"--seeds: expected 1 to {MAX_SEEDS}, got {self.repetitions}")
        if self.max_images < MIN_IMAGES:
            raise UsageError(f"--max-images: expected at least {MIN_IMAGES}, got {self.max_images}")
        if self.keep not in ("all", "light"):
            raise UsageError(f"--keep: expected all or light, got {self.keep!r}")
        self._gates()
        self._budget()
        select_attacks(self.attacks)
        protocol = find_protocol(self.protocol)
        if protocol is not None:
            self._check_protocol(protocol)

    @property
    def repetitions(self) -> int:
        """The number of seeds."""
        if self.seeds is not None:
            return self.seeds
        return GATED_SEEDS if self.fail_on or self.baseline is not None else 1

    def resolve(self, classifier: Classifier, name: str | None = None) -> AuditPlan:
        """The plan of an audit of ``classifier``: everything is opened and checked.

        Args:
            classifier: to audit.
            name: of it, for the default folder; its own name if None.

        Raises:
            UsageError: for what cannot be opened, or does not fit together.
        """
        check_files(self.junit, self.sarif, self._out(name or classifier.description.name))
        protocol = find_protocol(self.protocol)
        if protocol is not None and not self._frozen(protocol):
            return self._under(protocol).resolve(classifier, name)
        requested, budget = self._budget()
        baseline = self._baseline()
        reference = self._reference()
        plan = AuditPlan(
            classifier=classifier,
            out=self._out(name or classifier.description.name),
            requested=requested,
            budget=budget,
            attacks=select_attacks(self.attacks),
            seeds=self.repetitions,
            seed=self.seed,
            reference=reference,
            panel=self._panel(classifier.description),
            exclude=tuple(self.exclude),
            gates=self._gates(),
            baseline=baseline,
            mitigations=self._measures_mitigations(),
            others=self._others(classifier),
            allow_unfinished=self.allow_unfinished,
            protocol=protocol,
            keep=self.keep,
            command=self.command,
        )
        plan.check()
        return plan

    def earlier(self) -> Audit | None:
        """The audit whose champions are scored; None where attacks are made."""
        return None if self.champions is None else _opened(self.champions)

    def _gates(self) -> tuple[Gate, ...]:
        return tuple(gate if isinstance(gate, Gate) else Gate.parse(gate) for gate in self.fail_on)

    def _check_protocol(self, protocol: AuditProtocol) -> None:
        """Raise UsageError for what contradicts it."""
        queries, seeds = self._budget()[1].queries, self.seeds
        attacks = None if self.attacks is None else tuple(one.name for one in select_attacks(self.attacks))
        for option, value, frozen in (
            ("--budget", None if self.budget is None else queries, protocol.queries),
            ("--seeds", seeds, protocol.seeds),
            ("--seed", self.seed or None, 0),
            ("--attacks", attacks, protocol.attacks),
            ("--max-images", None if self.max_images == MAX_IMAGES else self.max_images, protocol.max_images),
            ("--split", self.split, "test"),
            ("--exclude", self.exclude or None, ()),
            ("--champions", self.champions, "none"),
        ):
            if value is not None and value != frozen:
                raise UsageError(
                    f"{option}: contradicts --protocol {protocol.name}; leave out one of the two"
                )
        if self.data is None:
            raise UsageError(f"--protocol: {protocol.name} compares with real images; give --data DATA")

    def _frozen(self, protocol: AuditProtocol) -> bool:
        """Whether all that it freezes stands in the fields."""
        return self.attacks is not None and tuple(self.attacks) == protocol.attacks

    def _under(self, protocol: AuditProtocol) -> AuditConfig:
        """With what it freezes in the fields."""
        seconds = None if self.budget is None else self._budget()[1].seconds
        return replace(
            self,
            budget=Budget(protocol.queries, seconds),
            attacks=protocol.attacks,
            seeds=protocol.seeds,
            max_images=protocol.max_images,
        )

    def _budget(self) -> tuple[str, Budget]:
        if self.budget is None:
            return str(DEFAULT_QUERIES), Budget(DEFAULT_QUERIES)
        if not isinstance(self.budget, Budget):
            return str(self.budget), Budget.parse(str(self.budget))
        queries, seconds = self.budget.queries, self.budget.seconds
        parts = ([] if queries is None else [f"{queries}"]) + ([] if seconds is None else [f"{seconds:g}s"])
        return ",".join(parts) or str(DEFAULT_QUERIES), self.budget

    def _baseline(self) -> tuple[Audit, str] | None:
        if self.baseline is None:
            return None
        try:
            audit = _opened(self.baseline)
        except UsageError as error:
            raise UsageError(f"--baseline: {str(error).removeprefix('audit: ')}") from None
        return audit, FILE if isinstance(self.baseline, Audit) else Path(self.baseline).name

    def _reference(self) -> ReferenceData | None:
        if self.data is None:
            return None
        if isinstance(self.data, str):
            return ReferenceData(load_data(self.data, self.split), self.data, self.split, self.max_images)
        return ReferenceData(self.data, self.data_name, self.split, self.max_images)

    def _panel(self, description: Description) -> Panel | None:
        if self.panel is None:
            return default_panel(description, load_classifier)
        if not isinstance(self.panel, Sequence):
            return self.panel
        if not self.panel:
            return None
        try:
            members = [member for one in self.panel for member in _members(one)]
        except UsageError as error:
            raise UsageError(f"--panel: {error}") from None
        panel = make_panel(description, members)
        if panel is None:
            names = ", ".join(member.description.name for member in members)
            raise UsageError(f"--panel: {names} is the audited classifier; name others")
        return panel

    def _measures_mitigations(self) -> bool:
        if self.mitigations is None:
            return self._names_others()
        return self.mitigations

    def _names_others(self) -> bool:
        return self.ensemble is not None or self.hardened is not None or bool(self.guards)

    def _others(self, classifier: Classifier) -> dict[str, Classifier]:
        load = load_classifier if self.load is None else self.load
        named = {"ensemble": self.ensemble, "hardened": self.hardened}
        others = {
            kind: load(one) if isinstance(one, str) else one for kind, one in named.items() if one is not None
        }
        return others | {f"{GUARD}{row}": guard(classifier, one) for row, one in enumerate(self.guards, 1)}

    def _out(self, name: str) -> Path:
        return default_folder(name, "audit", self.seed) if self.out is None else Path(self.out)


def _opened(audit: Audit | Path | str) -> Audit:
    return audit if isinstance(audit, Audit) else open_audit(audit)


def _members(one: str | Classifier) -> list[Classifier]:
    return [load_classifier(text) for text in one.split(",")] if isinstance(one, str) else [one]
