"""Audit: every attack under one budget, kept in ``audit.json`` as it goes, and a verdict at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from foolery.audit import schema as doc
from foolery.audit.attacks.base import Attack, AttackBudget, AttackContext, AttackResult
from foolery.audit.budget import QueryCounter, queries_for, seconds_for, unavailable_at_start
from foolery.audit.config import AuditConfig, ReferenceData
from foolery.audit.markdown import final_notes, write_summary
from foolery.audit.reference import ReferenceScores, reference_statistics, score_reference, target_classes
from foolery.audit.scoring import AttackRun, AuditResults, attack_figures
from foolery.audit.storage import (
    ChampionFiles,
    budget_line,
    check_classes,
    check_resumable,
    discard_folder,
    new_audit,
    prepare_folder,
    reference_line,
)
from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.metered import images_per_second
from foolery.data.labelled import sample
from foolery.errors import UsageError

REPORT_INTERVAL = 15.0  # seconds from one partial report to the next, and never less than
REPORT_COST_FACTOR = 20.0  # times what the last one took


class AuditDocument:
    """The document of one audit, from its first line on.

    Args:
        out: folder of the audit.
        audit: the document to begin with.
        begun: when the audit, or its continuation, began, on the clock ``monotonic``.
        before: seconds that earlier parts of it took.

    Attributes:
        audit: the document as it is now, written or not.
    """

    def __init__(self, out: Path, audit: doc.Audit, begun: float, before: float = 0.0) -> None:
        self.audit = audit
        self._out, self._begun, self._before = out, begun, before
        self._saved, self._cost = begun, 0.0

    @property
    def elapsed(self) -> float:
        """Seconds of the audit so far, its earlier parts included."""
        return self._before + monotonic() - self._begun

    @property
    def budget(self) -> doc.BudgetRecord:
        """The budget with what is spent of it now."""
        budget = self.audit.budget
        spent = budget.repeated + sum(attack.queries for attack in self.audit.attacks)
        return budget.model_copy(update={"spent": spent, "elapsed": self.elapsed})

    def replace(self, **parts: object) -> None:
        """Put parts in the place of those that are there."""
        self.audit = self.audit.model_copy(update=parts)

    def update_attack(self, position: int, **parts: object) -> None:
        """The same for one attack; the budget follows."""
        attacks = list(self.audit.attacks)
        attacks[position] = attacks[position].model_copy(update=parts)
        self.replace(attacks=tuple(attacks))
        self.replace(budget=self.budget)

    def write(self) -> None:
        """Write ``audit.json``."""
        doc.write_audit(self.audit, self._out)

    def write_with(self, **parts: object) -> None:
        """Replace parts, and write the document and its summary."""
        self.replace(**parts)
        self.write()
        write_summary(self.audit, self._out)

    def write_timed(self, parts: Callable[[], Mapping[str, object]]) -> None:
        """The same for parts that take time to make: the longer, the later the next report is due."""
        begun = monotonic()
        self.write_with(**parts())
        self._saved = monotonic()
        self._cost = self._saved - begun

    @property
    def due(self) -> bool:
        """Whether the last report is so old that another one may be made."""
        return monotonic() - self._saved > max(REPORT_INTERVAL, REPORT_COST_FACTOR * self._cost)


SHUFFLED_IMAGES = 64  # that shuffled ones are made of
RATE_BATCH = 64

OnProgress = Callable[[str], None]


class Auditor:
    """One audit: ``begin`` or ``resume``, then ``run``, then ``finish``.

    Attributes:
        document: the document and its clock, from ``begin`` or ``resume`` on.
        targets: ``(T,) int64``, places of the classes to fool.
        reference_scores: answers to real pictures; None where there are none, or they were asked before a
            resume.
    """

    def __init__(
        self, classifier: Classifier, config: AuditConfig, on_progress: OnProgress = lambda line: None
    ) -> None:
        config.check()
        self.classifier, self.config, self.on_progress = classifier, config, on_progress
        self.targets = target_classes(classifier.description, config.exclude)
        self.reference_scores: ReferenceScores | None = None
        self._results: dict[int, AttackResult] = {}  # of attacks that are done, by position
        self._champion_files = ChampionFiles(config.out, classifier.description.classes, config.seed)
        self._reference_images: Canvases | None = None
        self._begun = monotonic()

    @property
    def audit(self) -> doc.Audit:
        """The document as it is now."""
        return self.document.audit

    def plan(self) -> doc.Audit:
        """What it will be, before anything was measured or asked."""
        return new_audit(self.classifier.description, self.config, 1.0)

    def begin(self, *, overwrite: bool = False) -> None:
        """Start a new audit in the folder.

        Raises:
            UsageError: where the folder is not empty and ``overwrite`` is not given, or the data cannot be
                used.
        """
        if self.config.reference is not None:
            check_classes(self.classifier.description, self.config.reference)
        prepare_folder(self.config, overwrite=overwrite)
        rate = images_per_second(self.classifier, RATE_BATCH)
        audit = new_audit(self.classifier.description, self.config, rate)
        self.document = AuditDocument(self.config.out, audit, self._begun)
        self._announce()
        self.document.write()
        if self.config.reference is not None:
            try:
                reference = self._measure_reference(self.config.reference)
            except UsageError:
                discard_folder(self.config)
                raise
            self.document.replace(yardstick=reference)
            self.on_progress(reference_line(reference))
        self.document.write()

    def resume(self) -> None:
        """Go on with the audit in the folder.

        Raises:
            UsageError: where there is none, or it is of something else.
        """
        earlier = doc.read_audit(self.config.out)
        new = new_audit(self.classifier.description, self.config, earlier.budget.rate)
        check_resumable(earlier, new, self.config)
        kept = {"budget": earlier.budget, "attacks": earlier.attacks, "yardstick": earlier.yardstick}
        audit = new.model_copy(update=kept)
        self.document = AuditDocument(self.config.out, audit, self._begun, before=earlier.budget.elapsed)
        self._count_lost_queries()
        self._announce()
        if self.config.reference is not None and earlier.yardstick is None:
            self.document.replace(yardstick=self._measure_reference(self.config.reference))

    def run(self) -> None:
        """Try every attack that is not done yet.

        Raises:
            KeyboardInterrupt: passed on after everything was saved.
        """
        with self._save_on_exit():
            self._skip_unavailable()
            for position in range(len(self.audit.attacks)):
                attack, scene = self._attack(position), self._context(position)
                if self.audit.attacks[position].status in ("waiting", "running"):
                    self._run_attack(position, attack, scene)
                elif self.audit.attacks[position].status == "finished":
                    self._keep_result(position, attack, scene)

    def finish(self) -> doc.Audit:
        """Judge: the panel, the verdict and the gates; the audit is finished."""
        results, panel, reference = self.results(), self.config.panel, self.config.reference
        agreement = None
        if results is not None and panel is not None:
            agreement = results.panel_agreement(
                panel if reference is None else panel.calibrated(reference.data)
            )
        parts = self._parts("finished", results, agreement)
        verdict = parts.get("verdict")
        if isinstance(verdict, doc.AuditVerdict):
            parts["gates"] = tuple(gate.judge(verdict) for gate in self.config.gates)
            earlier = set(self.audit.notes)
            ended = self.audit.model_copy(update={"budget": self.document.budget})
            parts["notes"] = (*self.audit.notes, *(one for one in final_notes(ended) if one not in earlier))
        self.put(**parts)
        return self.audit

    def put(self, **parts: object) -> None:
        """Replace parts of the document, and write it."""
        self.document.write_with(**parts)

    def save(self, state: doc.State) -> None:
        """Write champions, document and summary as they are now."""
        self.document.write_timed(lambda: self._parts(state, self.results(), None))

    def results(self) -> AuditResults | None:
        """All attacks so far beside each other; None before the first picture."""
        attack_runs: list[AttackRun] = []
        for position, attack in enumerate(self.audit.attacks):
            result = self._results.get(position)
            if attack.status == "running":
                result = self._attack(position).result(self._context(position))
                if result is not None:
                    self._update_figures(position, result)
            if result is not None:
                attack_runs.append(AttackRun(attack.name, position // len(self.config.attacks), result))
        if not attack_runs:
            return None
        description = self.classifier.description
        return AuditResults(
            attack_runs,
            self.config.seeds,
            description.kind,
            self.audit.yardstick,
            self.audit.budget.queries,
            self.targets,
        )

    def _parts(
        self, state: doc.State, results: AuditResults | None, agreement: NDArray[np.float64] | None
    ) -> dict[str, object]:
        parts: dict[str, object] = {"state": state, "budget": self.document.budget}
        if results is not None:
            champions = self._champion_files.champions(results, self.audit.yardstick, agreement)
            parts |= {
                "champions": champions,
                "curves": results.curves(self.config.seed) if results.reference is not None else (),
                "verdict": results.verdict(agreement),
            }
        return parts

    def _skip_unavailable(self) -> None:
        """Skip what cannot be tried before the first attack of a seed, so that others get its share."""
        size = len(self.config.attacks)
        for first in range(0, len(self.audit.attacks), size):
            if any(record.status != "waiting" for record in self.audit.attacks[first : first + size]):
                continue
            reasons = unavailable_at_start(self.config, self._context(first), self.audit.budget.queries)
            for place, reason in sorted(reasons.items()):
                self._skip(first + place, reason)

    def _skip(self, position: int, reason: str) -> None:
        self.document.update_attack(position, status="skipped", reason=reason)
        self.on_progress(f"{self._attack(position).name}: skipped, {reason}")

    def _run_attack(self, position: int, attack: Attack, context: AttackContext) -> None:
        share = self.audit.attacks[position].share or queries_for(self.config, self.audit, position)
        reason = attack.unavailable(context, share)
        if reason is not None:
            self._skip(position, reason)
            return
        self.document.update_attack(position, status="running", share=share)
        self.document.write()
        counter = QueryCounter(context.folder(attack.name))

        def on_progress(queries: int) -> None:
            counter.write(queries)
            self._save_if_due()

        seconds = seconds_for(self.config, self.audit, position, self.document.elapsed)
        attack.run(context, AttackBudget(share, seconds, on_progress))
        self._keep_result(position, attack, context)
        self.document.update_attack(position, status="finished")
        self._report(position)

    def _count_lost_queries(self) -> None:
        """Queries of the attack that was interrupted which its files do not know, and its last batch."""
        for position, record in enumerate(self.audit.attacks):
            if record.status != "running":
                continue
            attack, context = self._attack(position), self._context(position)
            result = attack.result(context)
            kept = 0 if result is None else result.queries
            lost = max(0, QueryCounter(context.folder(attack.name)).read() - kept) + attack.in_flight(context)
            budget = self.audit.budget
            budget = budget.model_copy(update={"repeated": budget.repeated + min(lost, record.share)})
            self.document.replace(budget=budget)
            # It is not running any more, so that a second interruption before it runs loses nothing again.
            self.document.update_attack(position, status="waiting", queries=kept)
            self.document.write()

    def _keep_result(self, position: int, attack: Attack, context: AttackContext) -> None:
        result = attack.result(context)
        if result is not None:
            self._results[position] = result
            self._update_figures(position, result)

    def _report(self, position: int) -> None:
        record = self.audit.attacks[position]
        fooled = "" if record.fooled_at_keep95 is None else f", {record.fooled_at_keep95:.0%} fooled@keep95"
        confidence = (
            "" if record.median_confidence is None else f", median confidence {record.median_confidence:.4f}"
        )
        self.on_progress(
            f"{record.name}: {record.queries:,} queries, {record.seconds:.1f} s{fooled}{confidence}"
        )
        self.document.write()
        self._save_if_due()

    def _save_if_due(self) -> None:
        if self.document.due:
            self.save("partial")

    @contextmanager
    def _save_on_exit(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            # What went wrong first is what has to be told.
            with suppress(Exception):
                self.save("interrupted" if isinstance(error, KeyboardInterrupt) else "partial")
            raise

    def _attack(self, position: int) -> Attack:
        return self.config.attacks[position % len(self.config.attacks)]

    def _context(self, position: int) -> AttackContext:
        reference = self.audit.yardstick
        return AttackContext(
            self.classifier,
            self.config.seed + position // len(self.config.attacks),
            self.config.out / "runs",
            None if reference is None else reference.threshold,
            self._load_reference_images(),
            self.config.transfer_champions,
            self.config.command,
            self.targets,
        )

    def _load_reference_images(self) -> Canvases | None:
        if self._reference_images is None and self.config.reference is not None:
            parts = sample(self.config.reference.data, SHUFFLED_IMAGES).batches(
                SHUFFLED_IMAGES, self.classifier.description.canvas
            )
            self._reference_images = next(iter(parts)).canvases
        return self._reference_images

    def _measure_reference(self, reference: ReferenceData) -> doc.ReferenceStatistics:
        self.reference_scores = score_reference(self.classifier, reference.data, reference.max_images)
        return reference_statistics(
            self.classifier, self.reference_scores, reference.reference, reference.split
        )

    def _update_figures(self, position: int, result: AttackResult) -> None:
        """Put the figures of an attack by itself into the document."""
        parts = attack_figures(result, self.classifier.description.kind, self.audit.yardstick, self.targets)
        folder = self._context(position).folder(self._attack(position).name)
        if (folder / "run.db").is_file():
            parts["run"] = folder.relative_to(self.config.out).as_posix()
        self.document.update_attack(position, **parts)

    def _announce(self) -> None:
        self.on_progress(budget_line(self.audit.budget))


def run_audit(
    classifier: Classifier,
    config: AuditConfig,
    on_progress: OnProgress = lambda line: None,
    *,
    resume: bool = False,
    overwrite: bool = False,
) -> doc.Audit:
    """The audit that ``config`` asks for, begun or gone on with, to its end.

    Raises:
        UsageError: for what cannot be used; before anything is asked where that can be known.
        KeyboardInterrupt: passed on after everything was saved.
    """
    auditor = Auditor(classifier, config, on_progress)
    if resume:
        auditor.resume()
    else:
        auditor.begin(overwrite=overwrite)
    auditor.run()
    return auditor.finish()
