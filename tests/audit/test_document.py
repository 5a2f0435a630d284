"""The document of an audit under way: what is in it, and when it is written."""

from time import monotonic

import pytest

from foolery.audit import document as document_module
from foolery.audit import open_audit
from foolery.audit.document import AuditDocument
from foolery.audit.schema import AttackRecord
from support.audits import audit_in


@pytest.fixture
def document(tmp_path):
    audit = audit_in(tmp_path / "audit")
    attacks = tuple(
        AttackRecord(name=name, about="", status="waiting", seed=0, queries=0, seconds=0.0)
        for name in ("tiles", "cppn")
    )
    return AuditDocument(
        tmp_path / "audit", audit.model_copy(update={"attacks": attacks}), monotonic(), before=100.0
    )


def test_the_budget_follows_what_attacks_have_spent(document):
    document.replace_attack(1, queries=700, status="finished")
    assert [attack.queries for attack in document.audit.attacks] == [0, 700]
    assert document.audit.budget.spent == 700 + document.audit.budget.repeated
    assert document.budget.elapsed >= document.audit.budget.elapsed >= 100.0


def test_nothing_is_written_before_it_is_asked_for(document, tmp_path):
    before = open_audit(tmp_path / "audit")
    document.replace_attack(0, queries=5)
    assert open_audit(tmp_path / "audit") == before
    document.write()
    assert open_audit(tmp_path / "audit") == document.audit


def test_a_summary_goes_with_what_is_put(document, tmp_path):
    document.write_with(notes=("somebody looked on",))
    assert "somebody looked on" in (tmp_path / "audit" / "summary.md").read_text()


def test_a_report_is_due_when_the_last_one_is_old_for_what_it_took(document, monkeypatch):
    assert not document.due
    monkeypatch.setattr(document_module, "REPORT_INTERVAL", 0.0)
    assert document.due
    document.write_timed(lambda: {"notes": ("a moment's work",)})
    monkeypatch.setattr(document_module, "REPORT_COST_FACTOR", 1e6)
    assert not document.due
