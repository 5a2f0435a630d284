"""Configurations: what names stand for, and what is refused before anything is opened."""

from pathlib import Path

import numpy as np
import pytest

from foolery.audit import AuditConfig, audit, run_audit
from foolery.audit.gates import Gate
from foolery.audit.panel import make_panel
from foolery.classifiers.wrappers.metered import Budget
from foolery.data import LabelledImages
from foolery.errors import UsageError
from support.plain import Plain, noise


@pytest.mark.parametrize(
    ("budget", "requested", "resolved"),
    [
        (3000, "3000", Budget(3000)),
        ("100_000,5m", "100_000,5m", Budget(100_000, 300.0)),
        (Budget(3000, 90.0), "3000,90s", Budget(3000, 90.0)),
        (Budget(seconds=2.5), "2.5s", Budget(None, 2.5)),
    ],
)
def test_a_budget_is_a_number_a_text_or_a_budget(budget, requested, resolved):
    plan = AuditConfig(budget=budget).resolve(Plain())
    assert (plan.requested, plan.budget) == (requested, resolved)
    assert Budget.parse(plan.requested) == resolved


def test_three_seeds_are_the_default_where_a_build_depends_on_it():
    assert AuditConfig().repetitions == 1
    assert AuditConfig(fail_on=["fooled@0.9 > 1%"]).repetitions == 3
    assert AuditConfig(baseline="earlier").repetitions == 3
    assert AuditConfig(fail_on=["fooled@0.9 > 1%"], seeds=1).repetitions == 1


def test_data_may_be_loaded():
    classes = Plain().description.classes
    data = LabelledImages(noise(30), np.zeros(30, np.int64), classes)
    reference = AuditConfig(data=data, data_name="mine", max_images=25).resolve(Plain()).reference
    assert (reference.data, reference.name, reference.split, reference.max_images) == (
        data,
        "mine",
        "test",
        25,
    )
    assert AuditConfig().resolve(Plain()).reference is None


def test_a_panel_is_named_loaded_ready_or_none(lenet):
    def panel(members):
        return AuditConfig(panel=members).resolve(lenet).panel

    assert panel(["perceptron,lenet-b"]).members == ("perceptron", "lenet-b")
    assert panel([Plain(seed=1, classes=tuple("0123456789"))]).members == ("plain1",)
    ready = make_panel(lenet.description, [Plain(seed=1, classes=tuple("0123456789"))])
    assert panel(ready) is ready
    assert panel(()) is None
    assert "perceptron" in panel(None).members
    assert AuditConfig().resolve(Plain()).panel is None  # of other classes than digits


def test_gates_attacks_and_folders_have_two_forms_too():
    gate = Gate.parse("median-confidence > 0.5")
    plan = AuditConfig(fail_on=[gate, "fooled@0.9 > 10%"], attacks=["tiles"], seed=7).resolve(Plain())
    assert [one.figure for one in plan.gates] == ["median-confidence", "fooled@0.9"]
    assert [one.name for one in plan.attacks] == ["tiles"]
    assert plan.out == Path("runs/plain0-audit-seed7")
    assert AuditConfig(out="here").resolve(Plain()).out == Path("here")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"budget": "soon"}, "budget: expected"),
        ({"attacks": ["tile"]}, "--attacks: 'tile' is unknown; did you mean tiles"),
        ({"attacks": []}, "--attacks: expected at least one name"),
        ({"fail_on": ["score <"]}, "--fail-on: expected NAME OP NUMBER"),
        ({"seeds": 0}, "--seeds: expected 1 to 100, got 0"),
        ({"max_images": 19}, "--max-images: expected at least 20, got 19"),
        ({"champions": "a", "attacks": ["tiles"]}, "--champions: attacks nothing"),
        ({"champions": "a", "baseline": "b"}, "--baseline: needs attacks of its own"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(fields, message):
    with pytest.raises(UsageError, match=message):
        AuditConfig(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"budget": 10}, "--budget: expected at least 1000 queries, got 10"),
        ({"seed": -1}, "seed: .*got -1"),
        ({"exclude": ["wolf"]}, "--exclude: 'wolf' is no class"),
        ({"fail_on": ["score < 5"]}, "score needs labelled real images; give --data"),
        ({"fail_on": ["recognized > 5%"]}, "recognized needs independent classifiers; give --panel"),
        ({"baseline": "nowhere"}, "--baseline: nowhere does not exist"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_runs(fields, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        run_audit(Plain(), AuditConfig(**fields, out=tmp_path / "a"))
    assert not (tmp_path / "a").exists()


def test_the_fields_are_arguments_of_the_room(tmp_path):
    with pytest.raises(UsageError, match="audit: 'budgett' is no option; did you mean budget"):
        audit(Plain(), budgett=1000)
    config = AuditConfig(budget=1000, attacks=["tiles"], mitigations=False, out=tmp_path / "a")
    audited = audit(Plain(), config, seed=2)
    assert [(one.name, one.seed) for one in audited.attacks] == [("tiles", 2)]
