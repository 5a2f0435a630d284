"""Audit: the page of an audit: its verdict, then the best picture of every class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.report.audit_verdict import audit_finding, percent, verdict_of
from foolery.report.champion import Parts, Subject, tile_of, whole_page
from foolery.report.index_page import Card
from foolery.report.run_view import Fact, View, best_of, frame_of
from foolery.report.wording import number, short_name
from foolery.text import format_score

if TYPE_CHECKING:
    from foolery.audit.schema import Audit
    from foolery.report.model.audit import AuditDisplay, Shown

DOCUMENT = "audit.json"
PICTURES = 5  # on a card
_ANCHOR = "run-1"


def audit_files(display: AuditDisplay, *, single_file: bool = False) -> dict[str, bytes]:
    """The page, as ``index.html``, and everything beside it: name to content."""
    audit, parts = display.audit, Parts(single_file)
    name = short_name(audit.classifier.name)
    tiles = [tile_of(_subject(display, each), _ANCHOR, parts) for each in display.shown]
    _, height, width = audit.classifier.canvas
    view = View(
        anchor=_ANCHOR,
        heading="audit",
        classifier=name,
        encoding="",
        finding=audit_finding(audit, name),
        origin="Each class shows the picture that came closest to a real one, of all attacks and seeds.",
        state=audit.state if audit.state == "finished" else f"not finished: {audit.state}",
        finished=audit.state == "finished",
        width=width,
        height=height,
        frame=frame_of(width, 144),
        large=frame_of(width, 168),
        tiles=tuple(tiles),
        best=best_of(tiles),
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
    return whole_page(
        [view],
        parts,
        {DOCUMENT: document.encode(errors="replace")},
        title=view.finding,
        verdict=verdict_of(audit, display.notes),
        summary=DOCUMENT,
        champions_name="The best picture of every class",
    )


def audit_card(display: AuditDisplay, name: str, folder: str) -> Card:
    """The card of an audit whose page lies in ``folder``."""
    audit = display.audit
    who = short_name(audit.classifier.name)
    failed = sum(gate.failed for gate in audit.gates)
    gates = f", {failed} of {len(audit.gates)} gates failed" if audit.gates else ""
    surest = sorted(display.shown, key=lambda each: -each.champion.confidence)[:PICTURES]
    score = None if audit.verdict is None else audit.verdict.score
    return Card(
        name=name,
        page=f"{folder}/index.html",
        kind=f"audit of {who}",
        state=f"{audit.state}{gates}",
        open=audit.state != "finished" or not audit.passed,
        said=f"{audit_finding(audit, who)}." + ("" if score is None else f" Score {score.value:.1f} of 100."),
        crisp=audit.classifier.canvas[2] <= 56,
        pictures=tuple(
            Fact(each.entry.label, f"{folder}/thumbnails/{_ANCHOR}/{each.entry.index:04d}.webp")
            for each in surest
        ),
    )


def _subject(display: AuditDisplay, shown: Shown) -> Subject:
    audit, entry, champion = display.audit, shown.entry, shown.champion
    kind, who = audit.classifier.kind, short_name(audit.classifier.name)
    told = format_score(entry.confidence, kind)
    passed = [at for at in entry.passed_at if at is not None]
    facts = [
        ("Confidence", told),
        ("Attack", f"{entry.attack}, seed {entry.seed}"),
        ("Passes keep95", _yes(entry.fooled)),
        ("Beats the median real one", _yes(entry.beats_real)),
    ]
    if passed:
        facts.append(("Queries until it did", " / ".join(number(at) for at in passed)))
    if entry.recognised_by is not None:
        facts.append(("Recognised by", f"{percent(entry.recognised_by)} of the panel"))
    if champion.genome:
        facts.append(("Generation", number(champion.generation)))
    size = f"{champion.canvas.shape[2]} × {champion.canvas.shape[1]} pixels"
    facts += [("Fooled", who), ("Picture", size), ("Hash", champion.canvas_hash)]
    return Subject(
        champion=champion,
        sight=shown.sight,
        kind=kind,
        classifier=who,
        method=entry.attack,
        settings=shown.settings,
        facts=tuple(facts),
        photo=None if display.photos is None else display.photos.of.get(entry.label),
        alt=f"Picture of the attack {entry.attack}: {who} gives {entry.label} {told}",
    )


def _yes(value: bool | None) -> str:
    return "not known" if value is None else "yes" if value else "no"


def _settings(audit: Audit) -> tuple[Fact, ...]:
    known, budget = audit.classifier, audit.budget
    data = "none" if audit.yardstick is None else f"{audit.yardstick.data}, {audit.yardstick.split}"
    limit = "" if budget.seconds is None else f", {budget.seconds:g} s"
    return (
        Fact("Classifier", known.name),
        Fact("Fingerprint", known.fingerprint),
        Fact("Back end", f"{known.backend}, {known.device}"),
        Fact("Score", known.kind),
        Fact("Classes", number(len(known.classes))),
        Fact("Canvas", f"{known.canvas[2]} × {known.canvas[1]} pixels"),
        Fact("Real pictures", data),
        Fact("Budget", f"{number(budget.queries)} queries a seed, {budget.seeds} seeds{limit}"),
        Fact("Panel", ", ".join(audit.panel) or "none"),
    )


def _versions(audit: Audit) -> Fact:
    return Fact("Versions", ", ".join(f"{name} {version}" for name, version in audit.versions.items()))
