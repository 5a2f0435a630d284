"""Audit: the page of an audit: its verdict, then the best picture of every class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.report.audit_verdict import audit_headline, audit_section, percent
from foolery.report.champion import ChampionPanel, PageFiles, gallery_item, render_page
from foolery.report.index_page import IndexEntry
from foolery.report.run_view import Fact, RunSection, best_items, frame_width
from foolery.report.wording import number, short_name
from foolery.text import format_score

if TYPE_CHECKING:
    from foolery.audit.schema import Audit
    from foolery.report.model.audit import AuditChampionDetail, AuditReport

DOCUMENT = "audit.json"
CARD_PICTURES = 5  # on a card
_ANCHOR = "run-1"


def audit_files(report: AuditReport, *, single_file: bool = False) -> dict[str, bytes]:
    """The page, as ``index.html``, and everything beside it: name to content."""
    audit, parts = report.audit, PageFiles(single_file)
    name = short_name(audit.classifier.name)
    items = [gallery_item(_detail(report, each), _ANCHOR, parts) for each in report.details]
    _, height, width = audit.classifier.canvas
    section = RunSection(
        anchor=_ANCHOR,
        heading="audit",
        classifier=name,
        encoding="",
        finding=audit_headline(audit, name),
        origin="Each class shows the picture that came closest to a real one, of all attacks and seeds.",
        state=audit.state if audit.state == "finished" else f"not finished: {audit.state}",
        finished=audit.state == "finished",
        width=width,
        height=height,
        frame=frame_width(width, 144),
        large=frame_width(width, 168),
        tiles=tuple(items),
        best=best_items(items),
        figures=(),
        fooled=(),
        measure="similarity" if audit.classifier.kind == "similarity" else "confidence",
        plots=(),
        settings=_settings(audit),
        made=((Fact("Started", audit.started), Fact("Device", audit.device), _versions(audit)),),
        commands=(audit.command,),
        check="",
        notes=(),
    )
    document = audit.model_dump_json(by_alias=True, indent=1) + "\n"
    return render_page(
        [section],
        parts,
        {DOCUMENT: document.encode(errors="replace")},
        title=section.finding,
        verdict=audit_section(audit, report.notes),
        summary=DOCUMENT,
        champions_name="The best picture of every class",
    )


def audit_entry(report: AuditReport, name: str, folder: str) -> IndexEntry:
    """The card of an audit whose page lies in ``folder``."""
    audit = report.audit
    classifier = short_name(audit.classifier.name)
    failed = sum(gate.failed for gate in audit.gates)
    gates = f", {failed} of {len(audit.gates)} gates failed" if audit.gates else ""
    best = sorted(report.details, key=lambda each: -each.champion.confidence)[:CARD_PICTURES]
    score = None if audit.verdict is None else audit.verdict.score
    return IndexEntry(
        name=name,
        page=f"{folder}/index.html",
        kind=f"audit of {classifier}",
        state=f"{audit.state}{gates}",
        open=audit.state != "finished" or not audit.passed,
        said=f"{audit_headline(audit, classifier)}."
        + ("" if score is None else f" Score {score.value:.1f} of 100."),
        crisp=audit.classifier.canvas[2] <= 56,
        pictures=tuple(
            Fact(each.record.label, f"{folder}/thumbnails/{_ANCHOR}/{each.record.index:04d}.webp")
            for each in best
        ),
    )


def _detail(report: AuditReport, detail: AuditChampionDetail) -> ChampionPanel:
    audit, entry, champion = report.audit, detail.record, detail.champion
    kind, name = audit.classifier.kind, short_name(audit.classifier.name)
    confidence = format_score(entry.confidence, kind)
    queries = [at for at in entry.passed_at if at is not None]
    facts = [
        ("Confidence", confidence),
        ("Attack", f"{entry.attack}, seed {entry.seed}"),
        ("Passes keep95", _yes_no(entry.fooled)),
        ("Beats the median real one", _yes_no(entry.beats_real)),
    ]
    if queries:
        facts.append(("Queries until it did", " / ".join(number(at) for at in queries)))
    if entry.recognised_by is not None:
        facts.append(("Recognised by", f"{percent(entry.recognised_by)} of the panel"))
    if champion.genome:
        facts.append(("Generation", number(champion.generation)))
    size = f"{champion.canvas.shape[2]} × {champion.canvas.shape[1]} pixels"
    facts += [("Fooled", name), ("Picture", size), ("Hash", champion.canvas_hash)]
    return ChampionPanel(
        champion=champion,
        detail=detail.detail,
        kind=kind,
        classifier=name,
        method=entry.attack,
        settings=detail.settings,
        facts=tuple(facts),
        real_image=None if report.real_images is None else report.real_images.examples.get(entry.label),
        alt=f"Picture of the attack {entry.attack}: {name} gives {entry.label} {confidence}",
    )


def _yes_no(value: bool | None) -> str:
    return "not known" if value is None else "yes" if value else "no"


def _settings(audit: Audit) -> tuple[Fact, ...]:
    description, budget = audit.classifier, audit.budget
    data = "none" if audit.yardstick is None else f"{audit.yardstick.data}, {audit.yardstick.split}"
    limit = "" if budget.seconds is None else f", {budget.seconds:g} s"
    return (
        Fact("Classifier", description.name),
        Fact("Fingerprint", description.fingerprint),
        Fact("Back end", f"{description.backend}, {description.device}"),
        Fact("Score", description.kind),
        Fact("Classes", number(len(description.classes))),
        Fact("Canvas", f"{description.canvas[2]} × {description.canvas[1]} pixels"),
        Fact("Real pictures", data),
        Fact("Budget", f"{number(budget.queries)} queries a seed, {budget.seeds} seeds{limit}"),
        Fact("Panel", ", ".join(audit.panel) or "none"),
    )


def _versions(audit: Audit) -> Fact:
    return Fact("Versions", ", ".join(f"{name} {version}" for name, version in audit.versions.items()))
