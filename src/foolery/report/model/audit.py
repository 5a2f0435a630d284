"""Audited: an audit with everything scored and drawn that its page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from foolery.canvas import Canvases, from_png
from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.metered import Budget
from foolery.data.labelled import LabelledData
from foolery.engine.run import Champion
from foolery.errors import UsageError
from foolery.report.model.champion import RealImages, score_real_images
from foolery.report.model.run import BUDGET, ChampionDetail, make_run_report, score_champions
from foolery.runs import open_run_file
from foolery.runs.records import RunSettings

if TYPE_CHECKING:
    from foolery.audit.schema import Audit
    from foolery.audit.schema import AuditedChampion as Entry

MAX_FILE_BYTES = 64 * 2**20  # bytes of a picture's file


@dataclass(frozen=True)
class AuditChampionDetail:
    """The best picture of a class, of all attacks.

    Attributes:
        record: what the audit says of it.
        champion: the picture; its genome is empty where no search with a run file made it.
        settings: of that run; None where there is none.
        detail: what is known of it besides.
    """

    record: Entry
    champion: Champion
    settings: RunSettings | None
    detail: ChampionDetail


@dataclass(frozen=True)
class AuditReport:
    """An audit as its page shows it.

    Attributes:
        name: of its folder.
        details: one for each class that has a picture, in the order of the classes.
        real_images: real pictures; None where no data were given.
        notes: what a reader has to know besides the audit's own notes, one sentence each.
    """

    name: str
    audit: Audit
    details: tuple[AuditChampionDetail, ...]
    real_images: RealImages | None
    notes: tuple[str, ...]


def make_audit_report(
    path: Path,
    classifier: Classifier | None = None,
    *,
    data: LabelledData | None = None,
    budget: Budget = BUDGET,
) -> AuditReport:
    """Read an audit, its pictures and the runs behind them; ask ``classifier`` as ``make_run_report`` does.

    Args:
        path: folder of the audit, or its ``audit.json``.
        classifier: that was audited; one with another fingerprint is not asked.
        data: labelled pictures.
        budget: of questions to ``classifier``.

    Raises:
        UsageError: for an audit that cannot be read, or a picture that is missing or another one.
    """
    from foolery.audit.schema import read_audit

    audit = read_audit(path)
    folder = path if path.is_dir() else path.parent
    notes = []
    if classifier is not None and classifier.description.fingerprint != audit.classifier.fingerprint:
        notes.append(f"{classifier.description.name} is not what was audited, so it was not asked.")
        classifier = None
    sources = _sources(folder, audit, notes)
    champions = [_champion(folder, entry, sources.get(entry.canvas_hash)) for entry in audit.champions]
    top, maps = score_champions(champions, classifier, budget)
    details = []
    for entry, champion in zip(audit.champions, champions, strict=True):
        source = sources.get(entry.canvas_hash)
        source_detail = ChampionDetail() if source is None else source[2]
        detail = ChampionDetail(
            source_detail.ancestry, source_detail.graph, top.get(entry.label, ()), maps.get(entry.label), ()
        )
        details.append(AuditChampionDetail(entry, champion, None if source is None else source[1], detail))
    return AuditReport(
        name=folder.resolve().name,
        audit=audit,
        details=tuple(details),
        real_images=score_real_images(classifier, data)
        if classifier is not None and data is not None
        else None,
        notes=tuple(notes),
    )


_Source = tuple[Champion, RunSettings, ChampionDetail]


def _sources(folder: Path, audit: Audit, notes: list[str]) -> Mapping[str, _Source]:
    """Champions of the audit's runs that the audit shows, by the hashes of their canvases."""
    wanted, sources = {entry.canvas_hash for entry in audit.champions}, {}
    for run in dict.fromkeys(attack.run for attack in audit.attacks if attack.run is not None):
        place = _path_inside(folder, run)
        try:
            report = make_run_report(open_run_file(place))
        except UsageError as error:
            notes.append(f"A run of the audit is left out: {error}.")
            continue
        for label, champion in report.result.champions.items():
            if champion.canvas_hash in wanted:
                source = champion, report.result.settings, report.detail(label)
                sources[champion.canvas_hash] = source
    return sources


def _champion(folder: Path, entry: Entry, source: _Source | None) -> Champion:
    original = None if source is None else source[0]
    return Champion(
        index=entry.index,
        label=entry.label,
        confidence=entry.confidence,
        score=entry.score,
        generation=0 if original is None else original.generation,
        individual=0 if original is None else original.individual,
        canvas=champion_canvas(folder, entry),
        canvas_hash=entry.canvas_hash,
        genome=b"" if original is None else original.genome,
    )


def champion_canvas(folder: Path, entry: Entry) -> Canvases:
    """The canvas of a champion of the audit in ``folder``.

    Raises:
        UsageError: where its file cannot be read, or lies outside.
    """
    file = _path_inside(folder, entry.image)
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise UsageError(f"audit: {file} is larger than any picture of an audit")
        canvas = from_png(file.read_bytes())
    except (OSError, ValueError, SyntaxError) as error:
        raise UsageError(f"audit: the picture {file} cannot be read ({error})") from None
    return np.ascontiguousarray(canvas)


def _path_inside(folder: Path, name: str) -> Path:
    """A path of the document, which a stranger may have written."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        raise UsageError(f"audit: the path {name!r} leads out of the audit's folder")
    file = (folder / path).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise UsageError(f"audit: the path {name!r} leads out of the audit's folder by a link")
    return file
