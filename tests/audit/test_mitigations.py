"""What helps: each measure against the obvious."""

import numpy as np
import pytest

from audit.conftest import small_order
from foolery.audit.mitigations import fit_temperature, measure_mitigations
from foolery.audit.runner import Auditor
from foolery.audit.schema import read_audit
from foolery.audit.scoring import score
from foolery.classifiers import load_classifier
from foolery.classifiers.scores import log_softmax
from foolery.runs import open_run_file


def test_the_temperature_undoes_what_logits_were_multiplied_by():
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(4000, 5)) * 2
    chances = np.exp(log_softmax(logits))
    labels = np.array([generator.choice(5, p=row / row.sum()) for row in chances])
    for factor in (0.25, 1.0, 8.0):
        found = fit_temperature(log_softmax(logits * factor), labels)
        assert found == pytest.approx(factor, rel=0.08)


def test_measures_are_judged_on_the_champions_and_by_fresh_attacks(lenet, mnist, tmp_path):
    auditor = Auditor(lenet, small_order(mnist, tmp_path / "a"))
    auditor.begin()
    auditor.run()
    found = auditor.finish()
    rows = measure_mitigations(auditor, {"ensemble": load_classifier("lenet-b")})
    assert [row.measure.split()[0] for row in rows] == [*["reject"] * 4, "temperature", *["ensemble"] * 2]
    plain = read_audit(tmp_path / "a" / "helps" / "plain")
    assert plain.attacks[0].seed != found.attacks[0].seed  # a fresh attack
    keep95 = rows[1]
    cppn = plain.attacks[-1]
    fallen = list(falls(tmp_path / "a" / "helps" / "plain" / cppn.run, found))
    assert keep95.after == pytest.approx(score(np.array([fallen]), cppn.share))
    safer = [row.after for row in rows[:4]]
    assert safer == sorted(safer)
    assert keep95.before <= safer[0]
    assert 0 <= rows[-2].before <= 100
    assert "accuracy 99" in rows[-2].cost
    # a second time nothing is asked again
    assert measure_mitigations(auditor, {"ensemble": load_classifier("lenet-b")}) == rows


def falls(folder, found):
    """Queries at which the evolution in ``folder`` first passed keep95, of each class."""
    run = open_run_file(folder)
    for cell in range(10):
        passing = [
            reign.generation for reign in run.replacements
            if reign.cell == cell and reign.objective >= found.yardstick.threshold
        ]  # fmt: skip
        yield run.history.queries[passing[0]] if passing else np.inf


def test_without_real_pictures_nothing_can_be_said(lenet, mnist, tmp_path):
    auditor = Auditor(lenet, small_order(mnist, tmp_path / "a", pictures=None, attacks=["tiles"]))
    auditor.begin()
    auditor.run()
    auditor.finish()
    assert measure_mitigations(auditor, {}) == ()
