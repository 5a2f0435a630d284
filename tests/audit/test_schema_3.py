"""Audits of schema 3, whose score counted stored champions: a real one, read and refused as a baseline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foolery.audit import AuditConfig, open_audit, run_audit
from foolery.audit.gates import Gate
from foolery.audit.markdown import summary_markdown
from foolery.audit.schema import FILE, SCHEMA
from foolery.audit.schema_3 import upgrade
from foolery.errors import UsageError

OLD = Path(__file__).parent / "old_3"


def test_the_score_without_stored_champions_becomes_the_score():
    before = json.loads((OLD / "finished" / FILE).read_text())["verdict"]
    audit = open_audit(OLD / "finished")
    assert audit.schema_ == SCHEMA
    assert audit.verdict.score.value == before["score_without_transfer"]["value"]
    assert audit.verdict.score_with_transfer.value == before["score"]["value"]
    assert audit.verdict.class_scores == ()  # of another score
    assert audit.verdict.detection is None
    assert f"score {audit.verdict.score.value:.1f} (" in summary_markdown(audit)


def test_one_without_stored_champions_stays_as_it_is():
    verdict = {"score": 1, "score_without_transfer": None, "class_scores": [[1]], "attackers": [2]}
    document = {"schema": 3, "verdict": verdict}
    assert upgrade(document)["verdict"] == {"score": 1, "class_scores": [[1]], "attackers": [2]}
    assert upgrade({"schema": 3, "verdict": 7}) == {"schema": 4, "verdict": 7}


def test_its_scores_of_classes_are_not_compared(lenet, mnist, tmp_path):
    config = AuditConfig(
        data="mnist", protocol="digits-1", panel=(), baseline=OLD / "finished", out=tmp_path / "new"
    )
    with pytest.raises(UsageError, match="made by an earlier version, whose score is another one"):
        run_audit(lenet, config)


@pytest.mark.parametrize("name", ["score-without-transfer", "score-of-search"])
def test_gates_name_the_new_figure(name):
    with pytest.raises(UsageError, match=f"'{name}' is called 'score' now"):
        Gate.parse(f"{name} < 30")
