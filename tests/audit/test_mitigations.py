"""Mitigations: each against the obvious."""

import numpy as np
import pytest

from audit.conftest import finished_session, small_config
from foolery.audit import open_audit
from foolery.audit.mitigations import fit_temperature, measure_mitigations
from foolery.audit.previous_score import score
from foolery.classifiers.scores import log_softmax
from foolery.runs import open_run_file


def test_the_temperature_undoes_what_logits_were_multiplied_by():
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(4000, 5)) * 2
    chances = np.exp(log_softmax(logits))
    labels = np.array([generator.choice(5, p=row / row.sum()) for row in chances])
    for factor in (0.25, 1.0, 8.0):
        temperature = fit_temperature(log_softmax(logits * factor), labels)
        assert temperature == pytest.approx(factor, rel=0.08)


def test_mitigations_are_judged_on_the_champions_and_by_fresh_attacks(lenet, mnist, tmp_path):
    config = small_config(mnist, tmp_path / "a", ensemble="lenet-b")
    session = finished_session(lenet, config)
    audit = session.audit
    rows, notes = measure_mitigations(session)
    assert notes == ()
    assert [row.mitigation.split()[0] for row in rows] == [*["reject"] * 4, "temperature", *["ensemble"] * 2]
    plain = open_audit(tmp_path / "a" / "mitigations" / "plain")
    assert plain.attacks[0].seed != audit.attacks[0].seed  # a fresh attack
    tpr95 = rows[1]
    cppn = plain.attacks[-1]
    fooled = list(queries_to_fool(tmp_path / "a" / "mitigations" / "plain" / cppn.run, audit))
    assert tpr95.after == pytest.approx(score(np.array([fooled]), cppn.share))
    safer = [row.after for row in rows[:4]]
    assert safer == sorted(safer)
    assert tpr95.before <= safer[0]
    assert 0 <= rows[-2].before <= 100
    assert "accuracy 99" in rows[-2].cost
    # a second time nothing is scored again
    assert measure_mitigations(session) == (rows, ())


def queries_to_fool(folder, audit):
    """Queries at which the evolution in ``folder`` fooled each class first."""
    run = open_run_file(folder)
    for cell in range(10):
        passing = [
            replacement.generation for replacement in run.replacements
            if replacement.cell == cell and replacement.objective >= audit.reference.threshold
        ]  # fmt: skip
        yield run.history.queries[passing[0]] if passing else np.inf


def test_without_real_pictures_nothing_can_be_said(lenet, mnist, tmp_path):
    session = finished_session(lenet, small_config(mnist, tmp_path / "a", data=None, attacks=["tiles"]))
    assert measure_mitigations(session) == ((), ())
