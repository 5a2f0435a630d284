"""An audit that is under way: its plan, its document, and the results of its attacks so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from foolery.audit.attackers import AttackRun
from foolery.audit.attacks import PlannedAttack
from foolery.audit.attacks.base import NOTHING_MORE, AttackContext, AttackResult
from foolery.audit.budget import QueryCounter
from foolery.audit.champion_files import ChampionFiles
from foolery.audit.document import AuditDocument
from foolery.audit.figures import make_verdict
from foolery.audit.forecast import REAL_IMAGES, plan_audit
from foolery.audit.notes import budget_line, final_notes, reference_line
from foolery.audit.panel import panel_misses
from foolery.audit.plan import AuditPlan
from foolery.audit.reference import ReferenceScores, reference_statistics, score_reference
from foolery.audit.schema import Audit, AuditState
from foolery.audit.schema_1 import upgrade_folder
from foolery.audit.schema_3 import OTHER_STEPS
from foolery.audit.scoring import AuditResults, attack_figures
from foolery.audit.storage import discard_folder, open_audit, prepare_folder
from foolery.audit.verdict import AuditVerdict
from foolery.canvas import Canvases
from foolery.classifiers.wrappers.metered import images_per_second
from foolery.data import match_classes
from foolery.data.contents import reading_lines
from foolery.data.labelled import sample
from foolery.errors import UsageError
from foolery.files import check_no_links
from foolery.runs.database import RUN_DB
from foolery.search.ascent_presets import QUERIES_PER_STEP
from foolery.stages import stage

SHUFFLED_IMAGES = 64  # real ones, that some synthetic images are made of
RATE_BATCH = 64
REFERENCE_SECONDS = 1.0  # of real images at once where the time is limited
NOTHING_ASKED = "the time was up before any image was tried"


class _NoTimeError(Exception):
    """The time was up while real images were scored."""


@dataclass
class AuditSession:
    """An audit under way.

    Attributes:
        plan: what is done.
        document: ``audit.json`` as it is now.
        on_progress: called with lines of progress.
        results: of the attacks that are finished, by position.
        scored: scores of the reference data; None where there are none, or they were had before a resume.
        label: before the names of its stages, where it is an audit within another one.
        query_seconds: of every kind of attack, as far as they were measured.
    """

    plan: AuditPlan
    document: AuditDocument
    on_progress: Callable[[str], None]
    results: dict[int, AttackResult] = field(default_factory=dict)
    scored: ReferenceScores | None = None
    label: str = ""
    query_seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def begin(
        cls,
        plan: AuditPlan,
        on_progress: Callable[[str], None],
        *,
        overwrite: bool = False,
        begun: float | None = None,
        label: str = "",
    ) -> AuditSession:
        """Start a new audit in the folder of ``plan``; its time counts from ``begun``, or from now.

        ``label`` stands before the names of its stages.

        Raises:
            UsageError: where the folder is not empty and ``overwrite`` is not given, or the data cannot be
                used.
        """
        begun, description = monotonic() if begun is None else begun, plan.classifier.description
        if plan.reference is not None:
            match_classes(plan.reference.data.classes, description.classes, description.name)
        prepare_folder(plan.out, overwrite=overwrite)
        audit = plan.new_audit(images_per_second(plan.classifier, RATE_BATCH))
        session = cls(plan, AuditDocument(plan.out, audit, begun), on_progress, label=label)
        on_progress(budget_line(session.audit.budget, gated=plan.gated, networks=plan.networks))
        session.document.write()
        plan_audit(session)
        try:
            session.measure_reference()
        except UsageError:
            discard_folder(plan.out)
            raise
        if session.audit.reference is not None and plan.reference is not None:
            on_progress(reference_line(session.audit.reference))
            for line in reading_lines(plan.reference.data):
                on_progress(line)
        session.document.write()
        return session

    @classmethod
    def resume(
        cls, plan: AuditPlan, on_progress: Callable[[str], None], *, begun: float | None = None
    ) -> AuditSession:
        """Go on with the audit in the folder of ``plan``; its time counts from ``begun``, or from now.

        Raises:
            UsageError: where there is none, or it was begun with another plan.
        """
        begun, earlier = monotonic() if begun is None else begun, open_audit(plan.out)
        plan.check_resumable(earlier)
        check_no_links(plan.out)
        upgrade_folder(plan.out)
        kept = {"budget": earlier.budget, "attacks": earlier.attacks, "reference": earlier.reference}
        audit = plan.new_audit(earlier.budget.rate).model_copy(update=kept)
        audit = audit.model_copy(
            update={"notes": (*audit.notes, *(note for note in earlier.notes if note == OTHER_STEPS))}
        )
        document = AuditDocument(plan.out, audit, begun, before=earlier.budget.elapsed)
        session = cls(plan, document, on_progress)
        session._count_lost_queries()
        on_progress(budget_line(session.audit.budget, gated=plan.gated, networks=plan.networks))
        plan_audit(session)
        reference = session.audit.reference
        if reference is None or not reference.values:  # schema 2 did not keep them
            session.measure_reference()
        return session

    @property
    def audit(self) -> Audit:
        """The document's content."""
        return self.document.audit

    def stage_name(self, name: str) -> str:
        """Of a stage, as whoever watches is told."""
        return f"{self.label}{name}"

    @cached_property
    def champion_files(self) -> ChampionFiles:
        """The champions' images in the folder."""
        return ChampionFiles(self.plan.out, self.plan.classifier.description.classes, self.plan.seed)

    @cached_property
    def reference_images(self) -> Canvases | None:
        """``(N, C, H, W) uint8``, a few real images; None without reference data."""
        if self.plan.reference is None:
            return None
        canvas = self.plan.classifier.description.canvas
        batches = sample(self.plan.reference.data, SHUFFLED_IMAGES).batches(SHUFFLED_IMAGES, canvas)
        return next(iter(batches)).canvases

    def planned(self, position: int) -> PlannedAttack:
        """The attack at ``position`` among those of all seeds."""
        return self.plan.attacks[position % len(self.plan.attacks)]

    def context(self, position: int, queries: int = 0) -> AttackContext:
        """What the attack at ``position`` is given, where it would get ``queries``."""
        plan, first = self.plan, position - position % len(self.plan.attacks)
        reference = self.audit.reference
        return AttackContext(
            classifier=plan.classifier,
            targets=plan.targets,
            seed=plan.seed + position // len(plan.attacks),
            runs=plan.runs,
            queries=queries,
            earlier=[self.planned(other).name for other in range(first, position) if other in self.results],
            threshold=None if reference is None else reference.threshold,
            median=None if reference is None else reference.median,
            reference_images=self.reference_images,
            command=plan.command,
        )

    def kept_result(self, position: int) -> AttackResult:
        """What the files of the attack at ``position`` hold; the classifier is not asked."""
        return self.planned(position).attack.run(self.context(position), NOTHING_MORE)

    def add_result(self, position: int, result: AttackResult) -> None:
        """Keep the result of an attack that is finished, if it made a query at all."""
        if result.queries:
            self.results[position] = result
            self.update_figures(position, result)

    def update_figures(self, position: int, result: AttackResult) -> None:
        """Put the figures of an attack by itself into the document."""
        kind = self.plan.classifier.description.kind
        figures = attack_figures(result, kind, self.audit.reference, self.plan.targets)
        folder = self.context(position).folder(self.planned(position).name)
        if (folder / RUN_DB).is_file():
            figures["run"] = folder.relative_to(self.plan.out).as_posix()
        self.document.replace_attack(position, **figures)

    def all_results(self) -> AuditResults | None:
        """All attacks so far beside each other; None before the first image."""
        attack_runs: list[AttackRun] = []
        for position, record in enumerate(self.audit.attacks):
            result = self.results.get(position)
            if record.status == "running":
                result = self.kept_result(position)
                if result.queries:
                    self.update_figures(position, result)
            if result is not None and result.queries:
                attack_runs.append(AttackRun(record.name, position // len(self.plan.attacks), result))
        if not attack_runs:
            return None
        return AuditResults(
            attack_runs,
            self.plan.seeds,
            self.plan.classifier.description.kind,
            self.audit.reference,
            self.audit.budget.queries,
            self.plan.targets,
        )

    def fields(
        self, state: AuditState, results: AuditResults | None, agreement: NDArray[np.float64] | None = None
    ) -> dict[str, object]:
        """Fields of the document that follow from ``results``; the champions' images are written."""
        fields: dict[str, object] = {"state": state, "budget": self.document.budget}
        if results is not None:
            fields["champions"] = self.champion_files.write(results, agreement)
            fields["curves"] = () if results.reference is None else results.curves(self.plan.seed)
            fields["verdict"] = make_verdict(results, agreement)
        return fields

    def save(self, state: AuditState) -> None:
        """Write champions, document and summary as they are now."""
        self.document.write_timed(lambda: self.fields(state, self.all_results()))

    def save_if_due(self) -> None:
        """The same, where the last time is long enough ago."""
        if self.document.due:
            self.save("partial")

    def measure_reference(self) -> None:
        """Score the reference data, and put the threshold into the document."""
        if self.plan.reference is not None:
            images = min(len(self.plan.reference.data), self.plan.reference.max_images)
            with stage(self.stage_name(REAL_IMAGES), images) as advance:

                def on_scored(done: int) -> None:
                    advance(done)
                    if done < images and self.document.remaining <= 0:
                        raise _NoTimeError

                try:
                    self.scored = score_reference(
                        self.plan.classifier, self.plan.reference, on_scored, self._reference_batch
                    )
                except _NoTimeError:
                    note = f"There is no score: the time was up before the {images} real images were scored."
                    self.document.replace(notes=(*self.audit.notes, note))
                    return
            statistics = reference_statistics(self.plan.classifier, self.scored, self.plan.reference)
            if self.plan.protocol is not None:
                self.plan.protocol.check_reference(statistics)
            self.document.replace(reference=statistics)

    @property
    def _reference_batch(self) -> int | None:
        """So few real images at once that a limit of time is noticed within seconds; None without one."""
        if self.plan.budget.seconds is None:
            return None
        return max(1, int(REFERENCE_SECONDS * self.audit.budget.rate))

    def finish(self) -> Audit:
        """Judge: the panel, the verdict, the gates and the last notes; the audit is finished."""
        results = self.all_results()
        with stage(self.stage_name("verdict"), 0):
            agreement = None if results is None else self._panel_agreement(results)
        fields = self.fields("finished", results, agreement)
        verdict = fields.get("verdict")
        if not isinstance(verdict, AuditVerdict):
            fields["gates"] = tuple(gate.undecided(NOTHING_ASKED) for gate in self.plan.gates)
        else:
            images = None if self.audit.reference is None else self.audit.reference.correct
            ended = self.audit.model_copy(update={"budget": self.document.budget})
            fields["gates"] = tuple(gate.judge(verdict, ended.unfinished, images) for gate in self.plan.gates)
            notes = self.audit.notes
            if agreement is None and self.plan.panel is not None:
                notes = (*notes, "The panel was not asked: the time was up.")
            fields["notes"] = (
                *notes,
                *(note for note in final_notes(ended, self._test_error) if note not in notes),
            )
        self.document.write_with(**fields)
        return self.audit

    def _panel_agreement(self, results: AuditResults) -> NDArray[np.float64] | None:
        """None without a panel, and where the time does not do for one."""
        panel, reference = self.plan.panel, self.plan.reference
        if panel is None or self.document.remaining <= 0:
            return None
        judges = panel if reference is None else panel.calibrated(reference.data)
        if reference is not None and self.document.remaining > 0:
            misses = panel_misses(judges, reference.data, self.plan.classifier.description)
            self.document.replace(panel_misses=misses)
        return results.panel_agreement(judges, lambda: self.document.remaining)

    @property
    def _test_error(self) -> float | None:
        """Of the classifier, as its card says."""
        error = getattr(getattr(self.plan.classifier, "card", None), "test_error", None)
        return error if isinstance(error, float) else None

    def _count_lost_queries(self) -> None:
        """Count as repeated what an interrupted attack asked and does not keep, and the batch in flight."""
        for position, record in enumerate(self.audit.attacks):
            if record.status != "running":
                continue
            kept = self.kept_result(position).queries
            reported, in_flight = QueryCounter(self.context(position).folder(record.name)).read()
            if in_flight is None:  # of schema 1, where no attack asked more at once
                in_flight = max(200, QUERIES_PER_STEP * len(self.plan.targets))
            lost = max(0, reported - kept) + in_flight
            budget = self.audit.budget
            repeated = budget.repeated + min(lost, record.share)
            self.document.replace(budget=budget.model_copy(update={"repeated": repeated}))
            # It is not running any more, so that a second interruption before it runs loses nothing again.
            self.document.replace_attack(position, status="waiting", queries=kept)
            self.document.write()
