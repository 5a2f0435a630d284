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
from foolery.report.model.champion import Photos, photos_of
from foolery.report.model.run import BUDGET, Sight, display_of, scored
from foolery.runs import open_run_file
from foolery.runs.records import RunSettings

if TYPE_CHECKING:
    from foolery.audit.schema import Audit
    from foolery.audit.schema import Champion as Entry

LARGEST = 64 * 2**20  # bytes of a picture's file


@dataclass(frozen=True)
class Shown:
    """The best picture of a class, of all attacks.

    Attributes:
        entry: what the audit says of it.
        champion: the picture; its genome is empty where no search with a run file made it.
        settings: of that run; None where there is none.
        sight: what is known of it besides.
    """

    entry: Entry
    champion: Champion
    settings: RunSettings | None
    sight: Sight


@dataclass(frozen=True)
class AuditDisplay:
    """An audit as its page shows it.

    Attributes:
        name: of its folder.
        shown: one for each class that has a picture, in the order of the classes.
        photos: real pictures; None where no data were given.
        notes: what a reader has to know besides the audit's own notes, one sentence each.
    """

    name: str
    audit: Audit
    shown: tuple[Shown, ...]
    photos: Photos | None
    notes: tuple[str, ...]


def display_audit(
    path: Path,
    classifier: Classifier | None = None,
    *,
    data: LabelledData | None = None,
    budget: Budget = BUDGET,
) -> AuditDisplay:
    """Read an audit, its pictures and the runs behind them; ask ``classifier`` as ``display_of`` does.

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
    behind = _behind(folder, audit, notes)
    plain = [_champion(folder, entry, behind.get(entry.canvas_hash)) for entry in audit.champions]
    tops, maps = scored(plain, classifier, budget)
    shown = []
    for entry, champion in zip(audit.champions, plain, strict=True):
        made = behind.get(entry.canvas_hash)
        drawn = Sight() if made is None else made[2]
        sight = Sight(drawn.line, drawn.network, tops.get(entry.label, ()), maps.get(entry.label), ())
        shown.append(Shown(entry, champion, None if made is None else made[1], sight))
    return AuditDisplay(
        name=folder.resolve().name,
        audit=audit,
        shown=tuple(shown),
        photos=photos_of(classifier, data) if classifier is not None and data is not None else None,
        notes=tuple(notes),
    )


_Made = tuple[Champion, RunSettings, Sight]


def _behind(folder: Path, audit: Audit, notes: list[str]) -> Mapping[str, _Made]:
    """Champions of the audit's runs that the audit shows, by the hashes of their canvases."""
    wanted, found = {entry.canvas_hash for entry in audit.champions}, {}
    for run in dict.fromkeys(attack.run for attack in audit.attacks if attack.run is not None):
        place = _inside(folder, run)
        try:
            display = display_of(open_run_file(place))
        except UsageError as error:
            notes.append(f"A run of the audit is left out: {error}.")
            continue
        for label, champion in display.exhibit.champions.items():
            if champion.canvas_hash in wanted:
                made = champion, display.exhibit.settings, display.sight(label)
                found[champion.canvas_hash] = made
    return found


def _champion(folder: Path, entry: Entry, made: _Made | None) -> Champion:
    known = None if made is None else made[0]
    return Champion(
        index=entry.index,
        label=entry.label,
        confidence=entry.confidence,
        score=entry.score,
        generation=0 if known is None else known.generation,
        individual=0 if known is None else known.individual,
        canvas=picture_of(folder, entry),
        canvas_hash=entry.canvas_hash,
        genome=b"" if known is None else known.genome,
    )


def picture_of(folder: Path, entry: Entry) -> Canvases:
    """The canvas of a champion of the audit in ``folder``.

    Raises:
        UsageError: where its file cannot be read, or lies outside.
    """
    file = _inside(folder, entry.image)
    try:
        if file.stat().st_size > LARGEST:
            raise UsageError(f"audit: {file} is larger than any picture of an audit")
        canvas = from_png(file.read_bytes())
    except (OSError, ValueError, SyntaxError) as error:
        raise UsageError(f"audit: the picture {file} cannot be read ({error})") from None
    return np.ascontiguousarray(canvas)


def _inside(folder: Path, name: str) -> Path:
    """A path of the document, which a stranger may have written."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        raise UsageError(f"audit: the path {name!r} leads out of the audit's folder")
    file = (folder / path).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise UsageError(f"audit: the path {name!r} leads out of the audit's folder by a link")
    return file
