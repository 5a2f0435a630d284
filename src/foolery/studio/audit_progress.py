"""Audit progress: how far an audit is, as its page shows it while it runs."""

from __future__ import annotations

from foolery.audit import open_audit
from foolery.audit.schema import AttackRecord
from foolery.report.artifact import ArtifactCard
from foolery.studio.library import LibraryEntry
from foolery.text import format_count, format_duration, format_percent, with_narrow_spaces

STATES = {"partial": "running"}  # as people read it


def audit_progress_json(entry: LibraryEntry) -> dict[str, object]:
    """State, queries, one row for every attack, and the images of highest confidence.

    Raises:
        UsageError: the audit cannot be read.
    """
    audit, card = open_audit(entry.folder), entry.open().card()
    budget = audit.budget
    total = budget.queries * budget.seeds
    return {
        "state": STATES.get(audit.state, audit.state),
        "running": audit.state == "partial",
        "headline": f"{with_narrow_spaces(card.headline)}.",
        "progress": min(1.0, budget.spent / total) if total else None,
        "queries": f"{format_count(budget.spent)} of {format_count(total)}",
        "elapsed": format_duration(budget.elapsed),
        "accuracy": "–" if audit.reference is None else format_percent(audit.reference.accuracy),
        "age": round(entry.seconds_since_write(), 1),
        "attacks": [_attack(each, seeds=budget.seeds > 1) for each in audit.attacks],
        "images": _images(entry, card),
    }


def _attack(record: AttackRecord, *, seeds: bool) -> dict[str, str]:
    return {
        "name": f"{record.name}, seed {record.seed}" if seeds else record.name,
        "status": f"skipped: {record.reason}" if record.status == "skipped" else record.status,
        "queries": format_count(record.queries) if record.queries else "–",
        "fooled": "–" if record.fooled_at_tpr95 is None else format_percent(record.fooled_at_tpr95, 0),
    }


def _images(entry: LibraryEntry, card: ArtifactCard) -> list[dict[str, str]]:
    return [{"label": each.label, "image": f"audit/{entry.key}/{each.address}"} for each in card.images]
