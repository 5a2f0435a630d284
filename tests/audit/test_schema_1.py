"""Audits of schema 1, which version 0.1.0 wrote: real ones, read, shown, compared with and gone on with.

``finished`` is an audit of ``lenet``, less its mitigations and the runs of ``direct`` and ``ascent``;
``interrupted`` one that was stopped in its evolution of CPPNs; ``resumed.json`` what that version made of it.
"""

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import foolery.report
from foolery.audit import AuditConfig, open_audit, run_audit
from foolery.audit.markdown import summary_markdown
from foolery.audit.schema import FILE, SCHEMA, Audit
from foolery.audit.schema_1 import FIELDS, upgrade
from foolery.audit.schema_3 import OTHER_STEPS
from foolery.audit.storage import upgraded
from foolery.errors import UsageError
from support.command import invoke

OLD = Path(__file__).parent / "old"
LIMITS = {"data": "mnist", "max_images": 500, "budget": 2000}


@pytest.fixture
def finished(tmp_path):
    return Path(shutil.copytree(OLD / "finished", tmp_path / "finished"))


@pytest.fixture
def interrupted(tmp_path):
    return Path(shutil.copytree(OLD / "interrupted", tmp_path / "interrupted"))


def leaves(value):
    """Every number, text and null in a JSON value, in order."""
    if isinstance(value, dict):
        value = list(value.values())
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, list) else [value]


@pytest.mark.parametrize("name", ["finished", "interrupted"])
def test_every_value_has_its_place(name):
    document = json.loads((OLD / name / FILE).read_text())
    assert document["schema"] == 1
    audit = open_audit(OLD / name)
    assert audit.schema_ == SCHEMA
    assert audit.to_dict() == Audit.model_validate(upgraded(document)).to_dict()
    second = upgrade(document)
    assert second["schema"] == 2
    before, after = Counter(leaves(document)), Counter(leaves(second))
    assert before.total() == after.total()
    words = {one for one in before - after if isinstance(one, str)}
    assert all(one == "starter" or "keep" in one for one in words), words
    assert {one for one in before - after if not isinstance(one, str)} == {1}  # the schema


def test_the_table_of_fields_names_fields_of_this_schema():
    schema = Audit.model_json_schema(by_alias=True)
    parts = schema["$defs"]
    owners = {
        "": schema, "reference": parts["ReferenceStatistics"], "budget": parts["BudgetRecord"],
        "attacks": parts["AttackRecord"], "champions": parts["AuditedChampion"],
        "verdict": parts["AuditVerdict"], "mitigations": parts["Mitigation"],
    }  # fmt: skip
    assert set(owners) == set(FIELDS)
    for place, names in FIELDS.items():
        renamed_since = {"score_without_transfer"}  # by schema 4
        assert set(names.values()) - renamed_since <= set(owners[place]["properties"])
        assert not set(names) & set(owners[place]["properties"])


@pytest.mark.parametrize("document", [{"schema": 1}, {"schema": 1, "attacks": 3, "verdict": [None]}])
def test_what_is_no_audit_is_refused_by_name(tmp_path, document):
    (tmp_path / FILE).write_text(json.dumps(document))
    assert upgraded(document)["schema"] == SCHEMA
    with pytest.raises(UsageError, match="is no audit"):
        open_audit(tmp_path)


def test_it_has_a_summary_and_a_page_in_the_new_words(finished, tmp_path):
    page = summary_markdown(open_audit(finished))
    assert "fooled@tpr95 100 % (100 % to 100 %) of 10 classes by any attack" in page
    assert "previous score 0.0 (0.0 to 0.0)" in page
    assert "| transfer | 100 | 100 % |" in page
    assert "keep95" not in page
    index = foolery.report(finished, tmp_path / "page", budget=None)
    text = index.read_text()
    assert "transfer" in text
    assert "reject below TPR95" in text


def test_it_is_exported_as_a_data_set(finished, tmp_path):
    done = invoke("export", finished, "--format", "folder", "-o", tmp_path / "set", "--json")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "set").rglob("*.png"))) == len(open_audit(finished).champions)


def test_its_champions_are_scored_again(lenet, mnist, finished, tmp_path):
    config = AuditConfig(data="mnist", max_images=500, champions=finished, out=tmp_path / "again")
    earlier, again = open_audit(finished), run_audit(lenet, config)
    assert again.verdict.previous.score == earlier.verdict.previous.score
    assert [one.attack for one in again.champions] == [one.attack for one in earlier.champions]
    assert [one.canvas_hash for one in again.champions] == [one.canvas_hash for one in earlier.champions]


def test_an_audit_is_not_compared_with_it_and_the_command_for_another_is_named(
    lenet, mnist, finished, tmp_path
):
    config = AuditConfig(
        **LIMITS, panel=(), mitigations=False, baseline=finished / FILE, out=tmp_path / "new"
    )
    with pytest.raises(
        UsageError, match=r"--baseline: .*earlier version.*make it again: foolery audit lenet"
    ):
        run_audit(lenet, config)
    assert not (tmp_path / "new").exists()


def test_an_interrupted_one_ends_as_it_would_have_but_for_its_ascents_and_says_so(lenet, mnist, interrupted):
    before = open_audit(interrupted)
    assert before.state == "interrupted"
    audit = run_audit(lenet, AuditConfig(**LIMITS, mitigations=False, out=interrupted), resume=True)
    expected = Audit.model_validate(upgraded(json.loads((OLD / "resumed.json").read_text())))
    assert [one.label for one in audit.champions] == [one.label for one in expected.champions]
    assert len(audit.curves) == len(expected.curves)
    assert OTHER_STEPS in audit.notes
    assert audit.verdict.score is not None
    assert audit.budget.spent == expected.budget.spent
    assert audit.budget.repeated == expected.budget.repeated > 0
    figures = [(one.name, one.status, one.queries, one.fooled_at_tpr95) for one in audit.attacks]
    wanted = [(one.name, one.status, one.queries, one.fooled_at_tpr95) for one in expected.attacks]
    assert [one for one in figures if one[0] != "ascent"] == [one for one in wanted if one[0] != "ascent"]
    assert json.loads((interrupted / FILE).read_text())["schema"] == SCHEMA
    assert np.isfinite(audit.budget.elapsed)
    assert audit.budget.elapsed > before.budget.elapsed
