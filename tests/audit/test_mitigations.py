"""Mitigations: each against the obvious, and on the scale of the audit."""

import numpy as np
import pytest

from audit.conftest import finished_session, small_config
from foolery.audit import AuditConfig, open_audit, run_audit
from foolery.audit.mitigations import fit_temperature, measure_mitigations
from foolery.audit.rescore import champion_images
from foolery.classifiers.scores import log_softmax
from foolery.data.labelled import sample
from foolery.errors import UsageError


def test_the_temperature_undoes_what_logits_were_multiplied_by():
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(4000, 5)) * 2
    chances = np.exp(log_softmax(logits))
    labels = np.array([generator.choice(5, p=row / row.sum()) for row in chances])
    for factor in (0.25, 1.0, 8.0):
        temperature = fit_temperature(log_softmax(logits * factor), labels)
        assert temperature == pytest.approx(factor, rel=0.08)


@pytest.fixture(scope="module")
def session(mnist, tmp_path_factory):
    """An audit with all mitigations, before they are measured."""
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    from foolery.classifiers import load_classifier

    out = tmp_path_factory.mktemp("mitigations") / "a"
    config = small_config(
        mnist,
        out,
        ("transfer", "tiles", "cppn"),
        mitigations=True,
        ensemble="digits-vae",
        hardened="lenet-acet",
    )
    return finished_session(load_classifier("lenet"), config)


@pytest.fixture(scope="module")
def measured(session):
    return measure_mitigations(session)


def ran(code, **names):
    """What the two lines of a mitigation leave behind."""
    assert len(code) == 2
    names = {"np": np} | names
    for line in code:
        exec(line, names)
    return names


def test_thresholds_say_what_to_write_and_do_what_they_say(lenet, mnist, session, measured):
    audit, rows = session.audit, [row for row in measured[0] if row.mitigation.startswith("reject")]
    assert {row.mitigation.rpartition(", ")[2] for row in rows} == {"margin", "max-softmax"}
    assert all(row.after < row.before for row in rows)
    asked = sample(mnist, 500)
    scores = lenet.scores(asked.canvases)
    right = scores[scores.argmax(axis=1) == asked.labels]
    champions = lenet.scores(champion_images(audit))
    for way in ("margin", "max-softmax"):
        own = [row for row in rows if row.mitigation.endswith(way)]
        after = [row.after for row in own]
        assert after == sorted(after, reverse=True)  # the dearer, the safer
        for row in own:
            tpr = float(row.mitigation.removeprefix("reject below TPR").removesuffix(f", {way}")) / 100
            if (way, tpr) == ("margin", 0.95):
                assert row.after == audit.verdict.fooled_at_tpr95.value
            rejected = [ran(row.code, logits=logits)["rejected"] for logits in right]
            assert np.mean(rejected) == pytest.approx(1 - tpr, abs=0.02)
            confidences = np.exp(right.max(axis=1))
            assert (confidences < row.confidence_threshold).mean() == pytest.approx(1 - tpr, abs=0.02)
            passing = np.mean([not ran(row.code, logits=logits)["rejected"] for logits in champions])
            assert passing >= row.after  # the champions are the best of all attacks


def test_networks_face_the_attacks_and_the_budget_of_the_audit(session, measured):
    audit = session.audit
    hardened = open_audit(audit.folder / "mitigations" / "hardened")
    assert hardened.classifier.name == "lenet-acet"
    for field in ("queries", "seeds"):
        assert getattr(hardened.budget, field) == getattr(audit.budget, field)
    assert [(one.name, one.seed) for one in hardened.attacks] == [
        (one.name, one.seed) for one in audit.attacks
    ]
    rows = [row for row in measured[0] if row.mitigation.startswith("hardened lenet-acet")]
    score = next(row for row in rows if row.figure == "score")
    assert (score.before, score.after) == (audit.verdict.score.value, hardened.verdict.score.value)
    assert "accuracy 99" in score.cost
    for share in (row for row in rows if row.figure != "score"):
        assert share.after == hardened.verdict.fooled_at_tpr95.value < share.before
        assert ran(share.code, logits=np.zeros(10))["rejected"]


def test_a_mitigation_has_the_figures_of_an_audit_of_its_own(session, mnist, tmp_path, measured):
    """What was seen: 90 for lenet-acet under a small attack, and 13.4 by its own audit."""
    from foolery.classifiers import load_classifier

    config = small_config(mnist, tmp_path / "b", ("transfer", "tiles", "cppn"))
    alone = run_audit(load_classifier("lenet-acet"), config)
    row = next(row for row in measured[0] if row.mitigation == "hardened lenet-acet")
    assert row.after == alone.verdict.score.value


def test_what_does_not_help_is_a_note_and_no_row(session, measured):
    rows, notes = measured
    names = {row.mitigation for row in rows}
    for kind in ("ensemble digits-vae", "hardened lenet-acet"):
        assert (kind in names) != any(note.startswith(f"{kind} does not help") for note in notes)
    for row in rows:
        better = row.after > row.before if row.figure == "score" else row.after < row.before
        assert better, row


def test_a_rise_within_chance_is_no_help(session, monkeypatch):
    """A class or two more or less is what another search would have found."""
    audit = session.audit
    one = audit.verdict.class_scores[0]
    better = audit.verdict.model_copy(
        update={
            "class_scores": ((min(100.0, one[0] + 30.0), *one[1:]),),
            "score": audit.verdict.score.model_copy(update={"value": audit.verdict.score.value + 3.0}),
        }
    )
    from foolery.audit import mitigations

    twin = audit.model_copy(update={"verdict": better})
    rows, (note,) = mitigations._before_and_after("hardened", "twin", audit, twin)
    assert rows == []
    assert "hardened twin does not help beyond chance: score" in note


def test_a_temperature_below_1_is_no_help(session, monkeypatch):
    from foolery.audit import mitigations

    scored = session.scored
    assert (
        not mitigations.temperature_scaling(session, scored)
        or fit_temperature(scored.scores, scored.labels) > 1
    )
    monkeypatch.setattr(mitigations, "fit_temperature", lambda scores, labels: 0.93)
    assert mitigations.temperature_scaling(session, scored) == []
    monkeypatch.setattr(mitigations, "fit_temperature", lambda scores, labels: 20.0)
    (row,) = mitigations.temperature_scaling(session, scored)
    assert row.after < row.before
    logits = np.array([4.0, 1.0, 0.0])
    assert ran(row.code, logits=logits)["confidence"] == pytest.approx(
        np.exp(log_softmax(logits[None] / 20)).max()
    )
    assert "real images lose confidence too" in row.cost


def test_a_second_time_nothing_is_scored_again(session, measured):
    assert measure_mitigations(session) == measured


def test_without_real_pictures_nothing_can_be_said(lenet, mnist, tmp_path):
    session = finished_session(lenet, small_config(mnist, tmp_path / "a", data=None, attacks=["tiles"]))
    assert measure_mitigations(session) == ((), ())


def test_they_are_measured_where_they_are_asked_for(lenet):
    assert not AuditConfig().resolve(lenet).mitigations
    assert AuditConfig(mitigations=True).resolve(lenet).mitigations
    assert AuditConfig(hardened="lenet-acet").resolve(lenet).mitigations
    with pytest.raises(UsageError, match="--ensemble, --hardened and --guard are mitigations"):
        AuditConfig(mitigations=False, hardened="lenet-acet")
