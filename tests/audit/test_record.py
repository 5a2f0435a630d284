"""The document of an audit while it is made: its budget, what lies on disk, when a report is due."""

from time import monotonic

import pytest

from foolery.audit import record
from foolery.audit.record import Record
from foolery.audit.schema import Attack, read_audit
from support.audits import audit_in


@pytest.fixture
def made(tmp_path):
    audit = audit_in(tmp_path / "audit")
    attacks = tuple(
        Attack(name=name, about="", status="waiting", seed=0, queries=0, seconds=0.0)
        for name in ("tiles", "cppn")
    )
    return Record(
        tmp_path / "audit", audit.model_copy(update={"attacks": attacks}), monotonic(), before=100.0
    )


def test_the_budget_follows_what_attacks_have_spent(made):
    made.change(1, queries=700, status="finished")
    assert [attack.queries for attack in made.found.attacks] == [0, 700]
    assert made.found.budget.spent == 700 + made.found.budget.repeated
    assert made.budget.elapsed >= made.found.budget.elapsed >= 100.0


def test_nothing_is_written_before_it_is_asked_for(made, tmp_path):
    before = read_audit(tmp_path / "audit")
    made.change(0, queries=5)
    assert read_audit(tmp_path / "audit") == before
    made.write()
    assert read_audit(tmp_path / "audit") == made.found


def test_a_summary_goes_with_what_is_put(made, tmp_path):
    made.put(notes=("somebody looked on",))
    assert "somebody looked on" in (tmp_path / "audit" / "summary.md").read_text()


def test_a_report_is_due_when_the_last_one_is_old_for_what_it_took(made, monkeypatch):
    assert not made.due
    monkeypatch.setattr(record, "BETWEEN", 0.0)
    assert made.due
    made.report(lambda: {"notes": ("a moment's work",)})
    monkeypatch.setattr(record, "COSTS", 1e6)
    assert not made.due
