"""Document: ``audit.json``, the whole of an audit as other programs read it.

Every number that a gate, a summary or a page shows is in it. ``schema`` is 1; a reader refuses a larger one.
Shares are from 0 to 1, scores from 0 to 100, times in seconds. NaN is never written: what is not known is
null. Paths are relative to the folder of the document.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from foolery.errors import UsageError


class FrozenModel(BaseModel):
    """A frozen value; a field that is not known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


AttackStatus = Literal["waiting", "running", "finished", "skipped"]


class AttackRecord(FrozenModel):
    """One attack of one seed, by itself.

    Attributes:
        name: for instance ``cppn``; ``seed`` is its seed.
        about: one line.
        status: ``skipped`` has a ``reason``.
        share: queries that it was given.
        queries: that it took.
        fooled_at_keep95: share of classes of which it has a picture above the threshold; null without data.
        beats_real: share of classes of which it has a picture above the median real one.
        median_confidence: over classes, of its best picture of each.
        run: folder of its run file, or null.
    """

    name: str
    seed: int
    about: str
    status: AttackStatus
    reason: str | None = None
    share: int = 0
    queries: int = 0
    seconds: float = 0.0
    fooled_at_keep95: float | None = None
    beats_real: float | None = None
    median_confidence: float | None = None
    run: str | None = None


class AuditedChampion(FrozenModel):
    """The best picture of one class, of all attacks and seeds: the largest ``value``.

    Attributes:
        index: of its class; ``label`` is the class name.
        confidence: of the classifier in it.
        score: of the classifier in it, a logarithm for probabilities.
        value: what pictures are compared by, see ``Yardstick.measure``.
        attack: that made it, and ``seed``.
        passed_at: for each seed, queries of the quickest attack, from its own start, when the first picture
            of this class passed keep95; null for never.
        fooled: whether this picture passes keep95; null without data.
        beats_real: whether it is above the median real picture; null without data.
        recognised_by: share of the panel that gives the class as its first answer; null without a panel
            that knows the class.
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
    passed_at: tuple[int | None, ...]
    fooled: bool | None
    beats_real: bool | None
    recognised_by: float | None
    image: str
    canvas_hash: str


class Curve(FrozenModel):
    """Share of classes that some attack of one seed fools at keep95 within so many queries: a staircase."""

    seed: int
    queries: tuple[int, ...]
    fooled: tuple[float, ...]


class Interval(FrozenModel):
    """A mean with a 95 % interval."""

    value: float
    low: float
    high: float


class AuditVerdict(FrozenModel):
    """The headline figures. Over seeds they are means; intervals are bootstraps over classes.

    Attributes:
        score: 100 x (1 - area under fooled@keep95 over log10 queries, from 100 to the budget).
        score_of_nonsense: the same without the attacks whose best picture of a class the panel recognises;
            null without a panel.
        score_of_search: the same without the champions of other networks (``starter``), which cost somebody
            else's queries; null where these were not asked.
        fooled_at_keep95: share of classes whose champion passes keep95.
        fooled_by_nonsense: share of classes that pass keep95 by a picture that the panel rejects.
        beats_real: share of classes whose champion is above the median real picture.
        recognised: share of champions that the panel recognises.
        seed_scores: the score of each seed; their spread is another thing than the interval.
        median_confidence: over champions.
        above: share of champions with at least that confidence: 0.5, 0.9, 0.99, 0.9999.
        queries_to_half: queries until half of the classes were fooled, the median of the seeds; null for
            never.
    """

    score: Interval | None = None
    score_of_nonsense: Interval | None = None
    score_of_search: Interval | None = None
    fooled_at_keep95: Interval | None = None
    fooled_by_nonsense: float | None = None
    beats_real: Interval | None = None
    recognised: float | None = None
    seed_scores: tuple[float, ...] = ()
    median_confidence: float
    above: dict[str, float]
    queries_to_half: float | None = None


class GateResult(FrozenModel):
    """One ``--fail-on``: it failed where the expression holds, and where its value is not known."""

    expression: str
    value: float | None
    failed: bool


class BaselineComparison(FrozenModel):
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


class Mitigation(FrozenModel):
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


__all__ = [
    "FILE",
    "SCHEMA",
    "AttackRecord",
    "Audit",
    "AuditVerdict",
    "AuditedChampion",
    "AuditedClassifier",
    "BaselineComparison",
    "BudgetRecord",
    "Curve",
    "GateResult",
    "Interval",
    "Mitigation",
    "ReferenceStatistics",
    "State",
    "read_audit",
    "write_audit",
]  # fmt: skip

SCHEMA = 1
FILE = "audit.json"

State = Literal["partial", "interrupted", "finished"]
Kind = Literal["softmax", "sigmoid", "similarity"]


class AuditedClassifier(FrozenModel):
    """The classifier under audit; names mean what they mean in ``Description``."""

    name: str
    fingerprint: str
    kind: Kind
    canvas: tuple[int, int, int]
    classes: tuple[str, ...] = Field(min_length=1)
    backend: str
    device: str


class ReferenceStatistics(FrozenModel):
    """What the classifier says about real pictures.

    Attributes:
        data: the reference, and ``split``.
        images: that were asked about; ``right`` of them got the right first answer.
        accuracy: ``right / images``.
        measure: what pictures are compared by: ``margin`` or ``class-score``.
        threshold: the measure that 95 % of the rightly classified pictures reach: keep95.
        median: of the measure over the rightly classified pictures.
        class_medians: the same for each class; null where there are fewer than ``enough`` such pictures.
        enough: see ``class_medians``.
        median_confidence: of the rightly classified pictures.
        matched_by: how the data's classes were found, ``name`` or ``position``.
    """

    data: str
    split: str
    images: int
    right: int
    accuracy: float
    measure: Literal["margin", "class-score"]
    threshold: float
    median: float
    class_medians: tuple[float | None, ...]
    enough: int
    median_confidence: float
    matched_by: Literal["name", "position"]


class BudgetRecord(FrozenModel):
    """What may be spent and what was.

    Attributes:
        asked: as it was given, for instance ``300000`` or ``5m``.
        queries: the most queries of one seed; curves and the score end there.
        seconds: the most time of the whole audit; null for no limit.
        seeds: repetitions, each with ``queries`` of its own.
        spent: queries of all seeds so far: pictures through the network in either direction. Real pictures,
            and what the panel is asked, are not counted.
        repeated: of these, spent again because an interruption lost their answers, at most.
        elapsed: seconds of the audit so far, summed over resumes.
        rate: images a second, measured before it began.
    """

    asked: str
    queries: int
    seconds: float | None
    seeds: int
    spent: int
    repeated: int
    elapsed: float
    rate: float


class Audit(FrozenModel):
    """An audit.

    Attributes:
        schema_: ``schema`` in the file.
        state: ``partial`` while it runs, or after it was killed.
        notes: what a reader has to know, one sentence each; for instance why there is no score.
        left_out: classes that were not to be fooled: no figure counts them.
        attacks: in the order in which they ran.
        champions: one for each class that has one, in the order of the classes.
        panel: names of its members.
        command, started, versions, device: of the last start.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: int = Field(default=SCHEMA, alias="schema")
    state: State
    classifier: AuditedClassifier
    yardstick: ReferenceStatistics | None
    budget: BudgetRecord
    left_out: tuple[str, ...] = ()
    attacks: tuple[AttackRecord, ...]
    champions: tuple[AuditedChampion, ...] = ()
    curves: tuple[Curve, ...] = ()
    verdict: AuditVerdict | None = None
    panel: tuple[str, ...] = ()
    gates: tuple[GateResult, ...] = ()
    compared: BaselineComparison | None = None
    helps: tuple[Mitigation, ...] = ()
    notes: tuple[str, ...] = ()
    command: str
    started: str
    device: str
    versions: dict[str, str]

    @property
    def target_indices(self) -> tuple[int, ...]:
        """Places, in the classifier's order, of the classes that every share is a share of."""
        return tuple(at for at, name in enumerate(self.classifier.classes) if name not in self.left_out)

    @property
    def targets(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self.classifier.classes[at] for at in self.target_indices)

    @property
    def passed(self) -> bool:
        """Whether no gate failed and nothing became worse than in the earlier audit."""
        return not any(gate.failed for gate in self.gates) and not (
            self.compared and self.compared.regression
        )


def write_audit(audit: Audit, folder: Path) -> Path:
    """Write ``audit.json`` into ``folder``; a reader sees the old file or the new one, never half of it."""
    file = folder / FILE
    draft = file.with_suffix(".json.part")
    draft.write_text(audit.model_dump_json(by_alias=True, indent=1) + "\n", encoding="utf-8")
    os.replace(draft, file)
    return file


def read_audit(path: Path) -> Audit:
    """The audit in a folder, or in a file.

    Raises:
        UsageError: where there is none, or one that this version cannot read.
    """
    file = path / FILE if path.is_dir() else path
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"audit: {file} does not exist; foolery audit writes one") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"audit: {file} cannot be read: {error}") from None
    version = document.get("schema") if isinstance(document, dict) else None
    if isinstance(version, int) and version > SCHEMA:
        raise UsageError(f"audit: {file} has schema {version}, this foolery reads up to {SCHEMA}; update it")
    try:
        return Audit.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"audit: {file} is no audit: {place or 'file'}: {first['msg']}") from None
