"""Audits of schema 2, as main wrote them before schema 3: real ones, read, shown and gone on with.

``finished`` is an audit of ``lenet`` with two seeds, a gate and a baseline, less its mitigations;
``interrupted`` one that was stopped in its evolution of CPPNs; ``resumed.json`` what that version made of it.
"""

import json
import shutil
from pathlib import Path

import pytest

from foolery.audit import AuditConfig, open_audit, run_audit
from foolery.audit.markdown import summary_markdown
from foolery.audit.schema import FILE, SCHEMA, Audit
from foolery.audit.schema_2 import upgrade
from foolery.audit.storage import upgraded

OLD = Path(__file__).parent / "old_2"


def test_gates_and_comparison_get_outcomes():
    document = json.loads((OLD / "finished" / FILE).read_text())
    assert document["schema"] == 2
    audit = open_audit(OLD / "finished")
    assert audit.schema_ == SCHEMA
    assert [gate.outcome for gate in audit.gates] == ["failed"]
    assert audit.comparison.outcome == "passed"
    assert audit.outcome == "failed"
    assert audit.verdict.score is None
    assert audit.verdict.previous.score.value == document["verdict"]["score"]["value"]
    assert audit.verdict.previous.seed_scores == tuple(document["verdict"]["seed_scores"])
    assert audit.verdict.fooled_by_any.value == document["verdict"]["fooled_at_tpr95"]["value"]
    assert "FAIL: fail on `fooled@tpr95 > 0.3`" in summary_markdown(audit)


@pytest.mark.parametrize(
    ("gate", "outcome"),
    [
        ({"value": 1.0, "failed": True}, "failed"),
        ({"value": 1.0, "failed": False}, "passed"),
        ({"value": None, "failed": True}, "undecided"),
        ({"value": None, "failed": False}, "passed"),  # queries-to-half of an audit that fooled fewer
    ],
)
def test_what_failed_for_want_of_a_value_is_undecided(gate, outcome):
    (upgraded_gate,) = upgrade({"schema": 2, "gates": [gate]})["gates"]
    assert upgraded_gate["outcome"] == outcome
    assert "failed" not in upgraded_gate


def test_what_is_no_audit_stays_as_it_is():
    assert upgrade({"schema": 2, "gates": 3, "comparison": []}) == {"schema": 3, "gates": 3, "comparison": []}
    assert upgraded([1]) == [1]


def test_an_interrupted_one_ends_as_it_would_have(lenet, mnist, tmp_path):
    folder = shutil.copytree(OLD / "interrupted", tmp_path / "interrupted")
    assert open_audit(folder).state == "interrupted"
    config = AuditConfig(
        data="mnist", max_images=500, budget=2000, attacks=["synthetic", "cppn", "sparse"], mitigations=False,
        out=folder,
    )  # fmt: skip
    audit = run_audit(lenet, config, resume=True)
    expected = Audit.model_validate(upgraded(json.loads((OLD / "resumed.json").read_text())))
    assert (audit.champions, audit.verdict.previous, audit.curves) == (
        expected.champions, expected.verdict.previous, expected.curves,
    )  # fmt: skip
    assert audit.verdict.score is not None
    assert audit.budget.spent == expected.budget.spent
