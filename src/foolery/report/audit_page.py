"""An audit as a page: its result, then the best image of every class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from foolery.report.artifact import (
    CARD_IMAGES,
    SMALL_CANVAS,
    ArtifactCard,
    CardImage,
    Kind,
    ReportOptions,
)
from foolery.report.audit_summary import audit_headline, audit_section
from foolery.report.html import Fact
from foolery.report.model import BUDGET, AuditReport, make_audit_report
from foolery.report.page import PICTURES, PageFiles, render_page
from foolery.report.run_section import RunSection, best_of, frame_width
from foolery.report.wording import measure, short_name
from foolery.stages import counted
from foolery.text import format_count

if TYPE_CHECKING:
    from foolery.audit.schema import Audit

DOCUMENT = "audit.json"
_ANCHOR = "run-1"


@dataclass(frozen=True)
class AuditArtifact:
    """An audit as lists and reports show it."""

    kind: ClassVar[Kind] = "audit"

    folder: Path

    @property
    def files(self) -> Sequence[Path]:
        """Its document."""
        return (self.folder / DOCUMENT,)

    def card(self) -> ArtifactCard:
        """What a list shows of it."""
        from foolery.audit import open_audit
        from foolery.audit.markdown import headline_score

        audit = open_audit(self.folder)
        name = short_name(audit.classifier.name)
        state: list[str] = ["running" if audit.state == "partial" else audit.state]
        score = None if audit.verdict is None else headline_score(audit.verdict)
        if score is not None:
            state.append(f"score {score.value:.1f} of 100")
        if audit.gates:
            passed = sum(gate.outcome == "passed" for gate in audit.gates)
            state.append(f"{passed} of {len(audit.gates)} gates passed")
        best = sorted(audit.champions, key=lambda each: -each.confidence)[:CARD_IMAGES]
        return ArtifactCard(
            name=self.folder.resolve().name,
            kind=self.kind,
            about=f"Audit of {name}",
            headline=audit_headline(audit, name),
            state=", ".join(state),
            running=audit.state == "partial",
            attention=audit.state != "finished" or not audit.passed,
            images=tuple(
                CardImage(
                    label=each.label,
                    thumbnail=f"thumbnails/{_ANCHOR}/{each.index:04d}.webp",
                    address=f"image/{each.canvas_hash}.webp",
                )
                for each in best
            ),
            crisp=audit.classifier.canvas[2] <= SMALL_CANVAS,
        )

    def report_files(self, options: ReportOptions) -> dict[str, bytes]:
        """Its page, as ``index.html``, and everything beside it: name to content."""
        from foolery.audit import open_audit

        audited = open_audit(self.folder).classifier
        classifier, reason = options.classifier(audited.name, audited.fingerprint, audited.classes)
        report = make_audit_report(
            self.folder,
            classifier,
            data=options.data,
            budget=options.budget or BUDGET,
            notes=[reason] if reason else [],
        )
        if options.on_note is not None:
            for note in report.notes:
                options.on_note(note)
        return audit_files(report, single_file=options.single_file)


def audit_files(report: AuditReport, *, single_file: bool = False) -> dict[str, bytes]:
    """The page, as ``index.html``, and everything beside it: name to content."""
    audit, page = report.audit, PageFiles(single_file)
    name = short_name(audit.classifier.name)
    details = tuple(
        page.add_champion(each, _ANCHOR)
        for each in counted(report.details.values(), PICTURES, len(report.details))
    )
    _, height, width = audit.classifier.canvas
    section = RunSection(
        anchor=_ANCHOR,
        heading="audit",
        classifier=name,
        encoding="",
        headline=audit_headline(audit, name),
        how_made="Each class shows the image with the highest score of all attacks and seeds.",
        state=audit.state,
        finished=audit.state == "finished",
        width=width,
        height=height,
        frame=frame_width(width, 144),
        large=frame_width(width, 168),
        details=details,
        best=best_of(details),
        figures=(),
        fooled=(),
        measure=measure(audit.classifier.kind),
        plots=(),
        settings=_settings(audit),
        provenances=((Fact("Started", audit.started), Fact("Device", audit.device), _versions(audit)),),
        commands=(audit.command,),
        check="",
        notes=(),
    )
    document = audit.model_dump_json(by_alias=True, indent=1) + "\n"
    return render_page(
        [section],
        page,
        {DOCUMENT: document.encode(errors="replace")},
        title=section.headline,
        audit=audit_section(audit, report.notes),
        summary=DOCUMENT,
        champions_name="Best image of each class",
    )


def _settings(audit: Audit) -> tuple[Fact, ...]:
    description, budget = audit.classifier, audit.budget
    data = "none" if audit.reference is None else f"{audit.reference.data}, {audit.reference.split}"
    limit = "" if budget.seconds is None else f", {budget.seconds:g} s"
    return (
        Fact("Classifier", description.name),
        Fact("Fingerprint", description.fingerprint),
        Fact("Backend", f"{description.backend}, {description.device}"),
        Fact("Score", description.kind),
        Fact("Classes", format_count(len(description.classes))),
        Fact("Canvas", f"{description.canvas[2]} × {description.canvas[1]} pixels"),
        Fact("Reference data", data),
        Fact("Protocol", audit.protocol or "none"),
        Fact("Budget", f"{format_count(budget.queries)} queries per seed, {budget.seeds} seeds{limit}"),
        Fact("Panel", ", ".join(audit.panel) or "none"),
    )


def _versions(audit: Audit) -> Fact:
    return Fact("Versions", ", ".join(f"{name} {version}" for name, version in audit.versions.items()))
