"""Asked: what an audit is given, and that it asks it first."""

import numpy as np
import pytest

from foolery.audit.attacks import chosen_attacks
from foolery.audit.attacks.asked import starters_for
from foolery.audit.attacks.transfer import StarterPack
from foolery.audit.config import Order, Pictures
from foolery.audit.runner import audit
from foolery.classifiers import load_classifier
from foolery.classifiers.wrappers.metered import Budget


def test_pictures_are_drawn_on_the_canvas_of_whoever_asks(pack):
    paint, count = starters_for(load_classifier("lenet-b"), pack)
    assert count == 16
    whole = paint(0, count)
    assert whole.shape == (16, 1, 28, 28)
    assert np.array_equal(np.concatenate([paint(0, 5), paint(5, 11)]), whole)


def test_its_own_champions_are_not_among_them(pack):
    _, count = starters_for(load_classifier("lenet"), pack)
    assert count == 8


def test_without_a_champion_that_fits_there_is_nothing_to_ask(pack):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    assert starters_for(load_classifier("cifar"), pack) is None
    assert starters_for(load_classifier("lenet"), StarterPack(())) is None


def test_an_audit_asks_the_shipped_pack(mnist, tmp_path):
    classifier = load_classifier("lenet")
    starters = starters_for(classifier)
    found = audit(
        classifier,
        Order(
            out=tmp_path / "audit",
            asked="2000",
            limit=Budget(2000),
            attacks=chosen_attacks(["starter"]),
            pictures=Pictures(mnist, "mnist", most=500),
            starters=starters,
        ),
    )
    (attack,) = found.attacks
    assert (attack.name, attack.status, attack.queries) == ("starter", "finished", starters[1])
    assert attack.fooled_at_keep95 > 0
    assert {one.attack for one in found.champions} == {"starter"}
