"""An audit with everything scored and rendered that its page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from foolery.audit.champion_files import read_champion
from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.metered import Budget
from foolery.data.contents import reading_lines
from foolery.data.labelled import LabelledData
from foolery.engine.run import Champion
from foolery.errors import UsageError
from foolery.report.model.champion import (
    ChampionDetail,
    RealImages,
    score_champions,
    score_real_images,
)
from foolery.report.model.run import BUDGET, LINEAGES, make_run_report
from foolery.report.wording import measure, short_name
from foolery.runs import open_run_file
from foolery.stages import counted
from foolery.text import format_count, format_percent, format_score
from foolery.untrusted import path_inside

if TYPE_CHECKING:
    from foolery.audit.schema import Audit, AuditedChampion


@dataclass(frozen=True)
class AuditReport:
    """An audit as its page shows it.

    Attributes:
        name: of its folder.
        details: class name to its best image in detail, in the order of the classes.
        real_images: None where no data were given.
        notes: what a reader has to know besides the audit's own notes, one sentence each.
    """

    name: str
    audit: Audit
    details: Mapping[str, ChampionDetail]
    real_images: RealImages | None
    notes: tuple[str, ...]


def make_audit_report(
    path: Path,
    classifier: Classifier | None = None,
    *,
    data: LabelledData | None = None,
    budget: Budget = BUDGET,
    notes: Sequence[str] = (),
) -> AuditReport:
    """Read an audit, its images and the runs that they come from, and score them as ``make_run_report`` does.

    Args:
        path: folder of the audit, or its ``audit.json``.
        classifier: that was audited; one with another fingerprint is not asked.
        data: labelled images.
        budget: of queries to ``classifier``.
        notes: go on the page.

    Raises:
        UsageError: for an audit that cannot be read, or an image that is missing or another one.
    """
    from foolery.audit import open_audit

    audit = open_audit(path)
    folder = path if path.is_dir() else path.parent
    all_notes = list(notes)
    if classifier is not None and classifier.description.fingerprint != audit.classifier.fingerprint:
        all_notes.append(f"{classifier.description.name} is not what was audited, so it was not asked")
        classifier = None
    sources = _run_details(folder, audit, all_notes)
    champions = [_champion(folder, each, sources.get(each.canvas_hash)) for each in audit.champions]
    top, maps = score_champions(champions, classifier, budget)
    real = score_real_images(classifier, data) if classifier is not None and data is not None else None
    if real is not None and data is not None:
        all_notes += [*([real.by_position] if real.by_position else []), *reading_lines(data)]
    details = {}
    for record, champion in zip(audit.champions, champions, strict=True):
        label, source = record.label, sources.get(record.canvas_hash)
        details[label] = replace(
            _detail(audit, record, champion),
            settings=None if source is None else source.settings,
            ancestry=None if source is None else source.ancestry,
            graph=None if source is None else source.graph,
            top=top.get(label, ()),
            occlusion=maps.get(label),
            real=None if real is None else real.examples.get(label),
        )
    return AuditReport(folder.resolve().name, audit, details, real, tuple(all_notes))


def _run_details(folder: Path, audit: Audit, notes: list[str]) -> dict[str, ChampionDetail]:
    """Champions of the audit's runs that are also the audit's, by the hashes of their canvases."""
    hashes, details = {each.canvas_hash for each in audit.champions}, {}
    runs = dict.fromkeys(attack.run for attack in audit.attacks if attack.run is not None)
    for run in counted(runs, LINEAGES, len(runs)):
        try:
            report = make_run_report(open_run_file(path_inside(folder, run)))
        except UsageError as error:
            notes.append(f"A run of the audit is left out: {error}")
            continue
        for detail in report.details.values():
            if detail.champion.canvas_hash in hashes:
                details[detail.champion.canvas_hash] = detail
    return details


def _champion(folder: Path, record: AuditedChampion, source: ChampionDetail | None) -> Champion:
    """With an empty genome where no search with a run file made it."""
    original = None if source is None else source.champion
    return Champion(
        index=record.index,
        label=record.label,
        confidence=record.confidence,
        score=record.score,
        generation=0 if original is None else original.generation,
        individual=0 if original is None else original.individual,
        canvas=read_champion(folder, record),
        canvas_hash=record.canvas_hash,
        genome=b"" if original is None else original.genome,
    )


def _detail(audit: Audit, record: AuditedChampion, champion: Champion) -> ChampionDetail:
    kind, name = audit.classifier.kind, short_name(audit.classifier.name)
    confidence = format_score(record.confidence, kind)
    queries = [at for at in record.queries_to_fool if at is not None]
    facts = [
        (measure(kind).capitalize(), confidence),
        ("Attack", f"{record.attack}, seed {record.seed}"),
        ("Fooled at TPR95", _yes_no(record.fooled)),
        ("Above real median", _yes_no(record.above_real_median)),
    ]
    if queries:
        facts.append(("Queries to fool", " / ".join(map(format_count, queries))))
    if record.recognized_by is not None:
        facts.append(("Recognized by", f"{format_percent(record.recognized_by)} of the panel"))
    if champion.genome:
        facts.append(("Generation", format_count(champion.generation)))
    facts += [
        ("Classifier", name),
        ("Canvas", f"{champion.canvas.shape[2]} × {champion.canvas.shape[1]} pixels"),
        ("Canvas hash", champion.canvas_hash),
    ]
    return ChampionDetail(
        champion=champion,
        kind=kind,
        classifier=name,
        method=record.attack,
        facts=tuple(facts),
        alt=f"Image of the attack {record.attack}: {name} gives {record.label} {confidence}",
    )


def _yes_no(value: bool | None) -> str:
    return "unknown" if value is None else "yes" if value else "no"
