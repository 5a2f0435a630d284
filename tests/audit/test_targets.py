"""Targets: a class for pictures of nothing is nobody's to fool, and counts in no figure."""

from dataclasses import replace

import numpy as np
import pytest

from audit.conftest import small_order
from foolery.audit.compare import compared_with
from foolery.audit.mitigations import check_others, what_helps
from foolery.audit.panel import default_panel
from foolery.audit.runner import Auditor, audit
from foolery.audit.schema import read_audit
from foolery.audit.targets import left_out_of, targets_of
from foolery.classifiers import load_classifier
from foolery.errors import UsageError
from foolery.hardening.lesson import FOOLING

NAMES = [str(digit) for digit in range(10)]


@pytest.fixture(scope="session")
def picky():
    """Ten digits and a class of its own for pictures that look like none."""
    return load_classifier("rejecting:digits-vae")


@pytest.fixture
def audited(picky, mnist, tmp_path):
    auditor = Auditor(picky, small_order(mnist, tmp_path / "picky"))
    auditor.begin()
    auditor.run()
    auditor.finish()
    return auditor


def test_classes_for_pictures_of_nothing_are_no_targets(lenet, picky):
    assert targets_of(lenet.description).tolist() == list(range(10))
    assert targets_of(picky.description).tolist() == list(range(10))
    hardened = replace(lenet.description, classes=(*NAMES[:3], FOOLING, *NAMES[3:9]))
    assert targets_of(hardened).tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert left_out_of(hardened, ["7"]) == (FOOLING, "7")


def test_names_that_are_left_out_are_classes(lenet):
    assert targets_of(lenet.description, ["0", "3"]).tolist() == [1, 2, 4, 5, 6, 7, 8, 9]
    with pytest.raises(UsageError, match="--leave-out: 'three' is no class"):
        targets_of(lenet.description, ["three"])
    with pytest.raises(UsageError, match="no class of lenet is left"):
        targets_of(lenet.description, NAMES)


def test_a_class_for_pictures_of_nothing_counts_nowhere(audited):
    found = audited.found
    assert found.left_out == ("rejected",)
    assert found.targets == tuple(NAMES)
    assert {one.label for one in found.champions} <= set(NAMES)
    assert any("rejected" in note for note in found.notes)
    fallen = [one.passed_at[0] is not None for one in found.champions]
    assert found.verdict.fooled_at_keep95.value == pytest.approx(sum(fallen) / 10)
    # noise is called rejected with certainty: were it a target, half of the classes would not be needed
    best = found.attacks[0].fooled_at_keep95 * 10
    assert best == pytest.approx(round(best))


def test_the_shipped_panel_is_asked_about_digits_whatever_stands_beside_them(picky):
    panel = default_panel(picky.description, load_classifier)
    assert panel is not None
    assert "rejecting:digits-vae" not in panel.members


def test_audits_with_such_a_class_compare(audited):
    told = compared_with(audited.found, audited.found, "audit.json")
    assert told.before == told.after == pytest.approx(audited.found.verdict.score.value)
    assert not told.regression


def test_a_hardened_network_may_have_a_class_more(lenet, picky, mnist, tmp_path):
    check_others(lenet, {"hardened": picky})
    with pytest.raises(UsageError, match="--ensemble: expected the 10 classes of lenet"):
        check_others(lenet, {"ensemble": picky})
    with pytest.raises(UsageError, match="--hardened: expected the 10 classes"):
        check_others(lenet, {"hardened": load_classifier("cifar")})
    auditor = Auditor(lenet, small_order(mnist, tmp_path / "a"))
    auditor.begin()
    auditor.run()
    auditor.finish()
    rows = what_helps(auditor, {"hardened": picky})
    score, share = rows[-2:]
    assert score.measure == "hardened rejecting:digits-vae"
    assert 0 < score.after <= 100
    assert read_audit(tmp_path / "a" / "helps" / "hardened").left_out == ("rejected",)
    assert share.after * 10 == pytest.approx(round(share.after * 10))


def test_what_the_user_leaves_out_is_not_searched_for(lenet, mnist, tmp_path):
    found = audit(lenet, small_order(mnist, tmp_path / "few", left_out=("1", "8")))
    assert found.left_out == ("1", "8")
    assert [one.label for one in found.champions] == [name for name in NAMES if name not in "18"]
    assert np.isclose(found.verdict.fooled_at_keep95.value * 8 % 1, 0)
    with pytest.raises(UsageError, match="--leave-out 1, 8; give that"):
        audit(lenet, small_order(mnist, tmp_path / "few"), resume=True)
