"""The champions of an audit, scored by another classifier."""

import shutil
from pathlib import Path

import pytest

from audit.conftest import small_config
from foolery.audit import open_audit, run_audit
from foolery.classifiers import load_classifier
from foolery.classifiers.builtin import SHIPPED
from foolery.errors import UsageError
from support.plain import Plain

onnx = pytest.importorskip("onnx", reason="the extra torch is not installed")


@pytest.fixture(scope="module")
def cool(tmp_path_factory) -> Path:
    """``lenet`` as an ONNX file that divides its logits by ten."""
    folder = tmp_path_factory.mktemp("cool")
    shutil.copyfile(SHIPPED / "lenet.safetensors", folder / "lenet.safetensors")
    shutil.copyfile(SHIPPED / "lenet.card.json", folder / "cool.card.json")
    model = onnx.load(SHIPPED / "lenet.onnx", load_external_data=False)
    (output,) = model.graph.output
    ten = onnx.helper.make_tensor("ten", onnx.TensorProto.FLOAT, [], [10.0])
    model.graph.initializer.append(ten)
    model.graph.node.append(onnx.helper.make_node("Div", [output.name, "ten"], ["divided"]))
    output.name = "divided"
    onnx.save(model, folder / "cool.onnx")
    return folder / "cool.onnx"


@pytest.fixture(scope="module")
def first(mnist, tmp_path_factory):
    """An audit of ``lenet``."""
    out = tmp_path_factory.mktemp("first") / "audit"
    return run_audit(load_classifier("lenet"), small_config(mnist, out))


def rescored(classifier, champions, mnist, tmp_path, **changes):
    """An audit of ``classifier`` by the champions of another audit."""
    config = small_config(mnist, tmp_path / "again", attacks=None, champions=champions, **changes)
    return run_audit(classifier, config)


def test_logits_divided_by_ten_get_the_same_score_from_the_same_champions(first, cool, mnist, tmp_path):
    again = rescored(load_classifier(f"onnx:{cool}"), first, mnist, tmp_path)
    before = first
    assert again.verdict.previous.score == before.verdict.previous.score
    assert again.verdict.fooled_by_any == before.verdict.fooled_by_any
    assert again.verdict.above_real_median == before.verdict.above_real_median
    assert [one.canvas_hash for one in again.champions] == [one.canvas_hash for one in before.champions]
    assert [one.attack for one in again.champions] == [one.attack for one in before.champions]
    assert before.verdict.above["0.99"] > 0.5
    assert again.verdict.above["0.9"] == 0.0
    assert again.reference.threshold == pytest.approx(before.reference.threshold / 10, rel=1e-4)


def test_the_classifier_itself_gets_its_own_score(first, mnist, tmp_path):
    again = rescored(load_classifier("lenet"), first, mnist, tmp_path)
    assert again.verdict.previous.score == first.verdict.previous.score
    assert again.verdict.score.value >= first.verdict.attackers[1].score.value  # by its last images alone
    assert [one.queries_to_fool for one in again.champions] == [
        one.queries_to_fool for one in first.champions
    ]


def test_gates_are_judged_and_a_note_says_that_nothing_was_searched(first, mnist, tmp_path):
    gates = ("fooled@tpr95 > 0.3", "score < 0")
    again = rescored(load_classifier("lenet-b"), first, mnist, tmp_path, fail_on=gates)
    assert again.gates[1].failed is False
    assert again.budget.spent == len(first.champions)
    assert any("No attack was made" in note and "audit of lenet" in note for note in again.notes)


def test_what_does_not_fit_is_refused_and_nothing_is_written(first, mnist, tmp_path):
    for other, message in (
        (Plain(), "other classes"),
        (Plain(classes=tuple("0123456789"), canvas=(1, 9, 9)), r"they are \(1, 28, 28\).*takes \(1, 9, 9\)"),
    ):
        with pytest.raises(UsageError, match=f"--champions: .*{message}"):
            rescored(other, first, mnist, tmp_path, data=None)
    assert not (tmp_path / "again").exists()


def test_a_picture_that_is_gone_is_named(first, mnist, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(first.folder, copy)
    (copy / first.champions[0].image).unlink()
    with pytest.raises(UsageError, match=r"audit: .*png: cannot be read"):
        rescored(load_classifier("lenet"), open_audit(copy), mnist, tmp_path)
