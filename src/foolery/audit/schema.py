"""``audit.json``: the whole of an audit, as other programs read it.

Every number that a gate, a summary or a page shows is in it. ``schema`` is 4; ``foolery.audit.schema_1``,
``foolery.audit.schema_2`` and ``foolery.audit.schema_3`` read the earlier ones, and a larger one is refused.
Shares are from 0 to 1, scores from 0 to 100, times in seconds. NaN is never written: what is not known is
null. Paths are relative to the folder of the document.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import ConfigDict, Field, PrivateAttr

from foolery.audit.verdict import (
    AuditVerdict,
    BaselineComparison,
    Curve,
    FrozenModel,
    GateResult,
    Mitigation,
    Outcome,
)
from foolery.classifiers.base import Kind
from foolery.errors import UsageError
from foolery.results import Result, table_html
from foolery.text import format_confidence

SCHEMA = 4
FILE = "audit.json"

AuditState: TypeAlias = Literal["partial", "interrupted", "finished"]
AttackStatus: TypeAlias = Literal["waiting", "running", "finished", "skipped"]
AttackEnd: TypeAlias = Literal["budget", "exhausted", "time"]

_WORST_FIRST: tuple[Outcome, ...] = ("failed", "undecided")


class AuditedClassifier(FrozenModel):
    """The classifier under audit; fields mean what they mean in ``Description``."""

    name: str
    fingerprint: str
    kind: Kind
    canvas: tuple[int, int, int]
    classes: tuple[str, ...] = Field(min_length=1)
    backend: str
    device: str


class Threshold(FrozenModel):
    """What a share of the rightly classified real images reaches.

    Attributes:
        tpr: that share, the true-positive rate.
        value: the measure that they reach. A margin of m says that a class is exp(m) times as likely as its
            best rival.
        confidence: the largest confidence that the same share of them reaches.
        tpr_low: the share of all such images, as far as these say, is at least this with 95 % coverage; and
            at most ``tpr_high``.
    """

    tpr: float
    value: float
    confidence: float
    tpr_low: float
    tpr_high: float


class ReferenceStatistics(FrozenModel):
    """The classifier on labelled real images, which unrecognizable images are compared with.

    Attributes:
        data: the data reference, and ``split``.
        images: number of images that were classified, ``correct`` of them rightly.
        accuracy: ``correct / images``.
        measure: what images are compared by: ``margin`` or ``class-score``.
        threshold: the TPR95 threshold: 95 % of the rightly classified images reach this measure.
        median: of the measure over the rightly classified images.
        class_medians: the same for each class; null where there are fewer than ``min_class_images`` of them.
        median_confidence: of the rightly classified images.
        values: the measures of the rightly classified images, ascending; empty for audits of earlier schemas.
        thresholds: at TPR 80, 90, 95 and 99 %; without those for which there are too few images.
        class_thresholds: the TPR95 threshold of each class alone; null where there are too few images of it.
        class_images: for each class, how many images were classified; empty for audits of earlier schemas.
        matched_by: how the classes of the data were matched, by ``name`` or by ``position``.
    """

    data: str
    split: str
    images: int
    correct: int
    accuracy: float
    measure: Literal["margin", "class-score"]
    threshold: float
    median: float
    class_medians: tuple[float | None, ...]
    min_class_images: int
    median_confidence: float
    values: tuple[float, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    class_thresholds: tuple[float | None, ...] = ()
    class_images: tuple[int, ...] = ()
    matched_by: Literal["name", "position"]

    def threshold_at(self, tpr: float) -> Threshold | None:
        """The threshold at a true-positive rate, for instance 0.95; None where there are too few images."""
        return next((one for one in self.thresholds if one.tpr == tpr), None)


class BudgetRecord(FrozenModel):
    """The budget, and what was spent of it.

    Attributes:
        requested: as it was written, for instance ``300000`` or ``5m``.
        queries: limit of one seed; curves and the score end there.
        seconds: limit of the whole audit; null for none.
        seeds: number of repetitions, each with ``queries`` of its own.
        spent: queries of all seeds so far, an image through the network in either direction being one. Real
            images and queries to the panel are not counted.
        repeated: of these, at most so many were spent twice because an interruption lost their scores.
        elapsed: seconds of the audit so far, summed over resumes.
        rate: images a second, measured before the audit began.
    """

    requested: str
    queries: int
    seconds: float | None
    seeds: int
    spent: int
    repeated: int
    elapsed: float
    rate: float


class AttackRecord(FrozenModel):
    """One attack of one seed, by itself.

    Attributes:
        name: for instance ``cppn``; ``seed`` is its seed.
        about: one line.
        status: ``skipped`` has a ``reason``.
        share: queries that it was given.
        queries: queries that it took.
        fooled_at_tpr95: share of classes for which it has an image above the TPR95 threshold; null without
            reference data.
        above_real_median: share of classes for which it has an image above the median real image.
        median_confidence: over classes, of its best image of each.
        run: folder of its run file, or null.
        ended: what ended it: ``budget`` where its queries were spent, ``exhausted`` where it had nothing left
            to try, ``time`` where it was cut short, or skipped, because the time was up; null while it is not
            over, and for audits of earlier schemas.
    """

    name: str
    seed: int
    about: str
    status: AttackStatus
    reason: str | None = None
    share: int = 0
    queries: int = 0
    seconds: float = 0.0
    fooled_at_tpr95: float | None = None
    above_real_median: float | None = None
    median_confidence: float | None = None
    run: str | None = None
    ended: AttackEnd | None = None


class AuditedChampion(FrozenModel):
    """The best image of one class, of all attacks and seeds: the one with the largest ``value``.

    Attributes:
        index: of its class; ``label`` is the name of the class.
        confidence: of the classifier that the image shows the class.
        score: of the image for the class, a logarithm for probabilities.
        value: what images are compared by, see ``ReferenceStatistics.measure``.
        attack: that made it, and ``seed``.
        queries_to_fool: for each seed, queries of the quickest attack, from its own start, until an image of
            this class first passed the TPR95 threshold; null for never.
        fooled: whether this image passes the TPR95 threshold; null without reference data.
        above_real_median: whether it is above the median real image; null without reference data.
        recognized_by: share of the panel that predicts the class; null without a panel that knows the class.
        image: a PNG file.
        canvas_hash: SHA-256 of the canvas.
    """

    index: int
    label: str
    confidence: float
    score: float
    value: float
    attack: str
    seed: int
    queries_to_fool: tuple[int | None, ...]
    fooled: bool | None
    above_real_median: bool | None
    recognized_by: float | None
    image: str
    canvas_hash: str


class Audit(FrozenModel, Result):
    """An audit: what ``foolery.audit`` returns, and what ``audit.json`` holds.

    Attributes:
        schema_: ``schema`` in the file.
        state: ``partial`` while it runs, or after it was killed.
        reference: null without reference data; then there is no score.
        excluded: names of the classes that were not attacked: no figure counts them.
        attacks: in the order in which they ran.
        champions: one for each class that has one, in the order of the classes.
        panel: names of its members.
        panel_misses: the share of real images that the panel does not recognize; null without a panel or
            data.
        comparison: with the audit that ``--baseline`` names.
        notes: what a reader has to know, one sentence each; for instance why there is no score.
        keep: ``light`` where the files of the attacks were removed at the end.
        protocol: the named protocol that it follows; null for none. Only audits of one protocol compare.
        allow_unfinished: whether an undecided gate lets the build pass.
        command: of the last start, and ``started``, ``device`` and ``versions``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)

    schema_: int = Field(default=SCHEMA, alias="schema")
    state: AuditState
    classifier: AuditedClassifier
    reference: ReferenceStatistics | None
    budget: BudgetRecord
    excluded: tuple[str, ...] = ()
    attacks: tuple[AttackRecord, ...]
    champions: tuple[AuditedChampion, ...] = ()
    curves: tuple[Curve, ...] = ()
    verdict: AuditVerdict | None = None
    panel: tuple[str, ...] = ()
    panel_misses: float | None = None
    gates: tuple[GateResult, ...] = ()
    comparison: BaselineComparison | None = None
    mitigations: tuple[Mitigation, ...] = ()
    notes: tuple[str, ...] = ()
    keep: Literal["all", "light"] = "all"
    protocol: str | None = None
    allow_unfinished: bool = False
    command: str
    started: str
    device: str
    versions: dict[str, str]
    _folder: Path | None = PrivateAttr(default=None)

    @property
    def target_indices(self) -> tuple[int, ...]:
        """Indices of the classes that every share is a share of."""
        return tuple(at for at, name in enumerate(self.classifier.classes) if name not in self.excluded)

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the classes that every share is a share of."""
        return tuple(self.classifier.classes[at] for at in self.target_indices)

    @property
    def outcome(self) -> Outcome:
        """Of all gates and the comparison: failed where one is, else undecided where one is."""
        outcomes = {gate.outcome for gate in self.gates}
        if self.comparison is not None:
            outcomes.add(self.comparison.outcome)
        return next((one for one in _WORST_FIRST if one in outcomes), "passed")

    @property
    def passed(self) -> bool:
        """Whether a build may go on: all gates passed, or none failed and what is undecided is allowed."""
        return self.outcome == "passed" or (self.outcome == "undecided" and self.allow_unfinished)

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Names of the attacks that the time cut short, each once."""
        return tuple(dict.fromkeys(attack.name for attack in self.attacks if attack.ended == "time"))

    @property
    def path(self) -> Path | None:
        """Folder of the audit; None where this process has neither run nor opened it."""
        return self._folder

    @property
    def folder(self) -> Path:
        """Folder of the audit, where the images of its champions and the runs of its searches are.

        Raises:
            UsageError: where it was neither run nor opened by this process.
        """
        if self._folder is None:
            raise UsageError("audit: it has no folder; open it by foolery.open_audit(FOLDER)")
        return self._folder

    def placed_in(self, folder: Path) -> Audit:
        """The same audit, with its folder."""
        placed = self.model_copy()
        placed._folder = folder
        return placed

    def to_dict(self) -> dict[str, Any]:
        """The audit as ``audit.json`` holds it."""
        return self.model_dump(mode="json", by_alias=True)

    def _repr_html_(self) -> str:
        """The headline figures as a table, for Jupyter."""
        values: dict[str, str | int] = {"state": self.state}
        if self.verdict is not None:
            for name, interval, factor in (
                ("score", self.verdict.score, 1.0),
                ("fooled@tpr95, %", self.verdict.fooled_at_tpr95, 100.0),
                ("fooled@tpr95 by any attack, %", self.verdict.fooled_by_any, 100.0),
                ("above-real-median, %", self.verdict.above_real_median, 100.0),
            ):
                if interval is not None:
                    low, high = factor * interval.low, factor * interval.high
                    values[name] = f"{factor * interval.value:.1f} ({low:.1f} to {high:.1f})"
            values["median confidence"] = format_confidence(self.verdict.median_confidence)
        values |= {"queries": self.budget.spent, "passed": "yes" if self.passed else "no"}
        return table_html(f"Audit of {self.classifier.name}", values)
