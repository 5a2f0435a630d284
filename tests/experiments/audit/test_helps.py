"""What helps: each measure against the obvious."""

import numpy as np
import pytest

from experiments.audit.conftest import small_order
from foolery.classifiers import load_classifier
from foolery.classifiers.scores import log_softmax
from foolery.experiments.audit.audit import Auditor
from foolery.experiments.audit.helps import temperature, what_helps


def test_the_temperature_undoes_what_logits_were_multiplied_by():
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(4000, 5)) * 2
    chances = np.exp(log_softmax(logits))
    labels = np.array([generator.choice(5, p=row / row.sum()) for row in chances])
    for factor in (0.25, 1.0, 8.0):
        found = temperature(log_softmax(logits * factor), labels)
        assert found == pytest.approx(factor, rel=0.08)


def test_measures_are_judged_on_the_champions_and_by_fresh_attacks(lenet, mnist, tmp_path):
    auditor = Auditor(lenet, small_order(mnist, tmp_path / "a"))
    auditor.begin()
    auditor.run()
    found = auditor.finish()
    rows = what_helps(auditor, {"ensemble": load_classifier("lenet-b")})
    assert [row.measure.split()[0] for row in rows] == [*["reject"] * 4, "temperature", *["ensemble"] * 2]
    keep95 = rows[1]
    assert keep95.after == found.verdict.fooled_at_keep95.value
    passing = [row.after for row in rows[:4]]
    assert passing == sorted(passing, reverse=True)
    assert 0 <= rows[-2].before <= 100
    assert "accuracy 99" in rows[-2].cost
    # a second time nothing is asked again
    assert what_helps(auditor, {"ensemble": load_classifier("lenet-b")}) == rows


def test_without_real_pictures_nothing_can_be_said(lenet, mnist, tmp_path):
    auditor = Auditor(lenet, small_order(mnist, tmp_path / "a", pictures=None, attacks=["tiles"]))
    auditor.begin()
    auditor.run()
    auditor.finish()
    assert what_helps(auditor, {}) == ()
