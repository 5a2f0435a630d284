"""The champions of an audit, asked of another classifier."""

import shutil
from pathlib import Path

import pytest

from audit.conftest import small_order
from foolery.audit.gates import Gate
from foolery.audit.rescore import EarlierAudit, rescore_champions
from foolery.audit.runner import run_audit
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
def first(mnist, tmp_path_factory) -> EarlierAudit:
    """An audit of ``lenet``."""
    out = tmp_path_factory.mktemp("first") / "audit"
    run_audit(load_classifier("lenet"), small_order(mnist, out))
    return EarlierAudit.read(out)


def test_logits_divided_by_ten_get_the_same_score_from_the_same_champions(first, cool, mnist, tmp_path):
    again = rescore_champions(load_classifier(f"onnx:{cool}"), first, small_order(mnist, tmp_path / "again"))
    before = first.audit
    assert again.verdict.score == before.verdict.score
    assert again.verdict.fooled_at_keep95 == before.verdict.fooled_at_keep95
    assert again.verdict.beats_real == before.verdict.beats_real
    assert [one.canvas_hash for one in again.champions] == [one.canvas_hash for one in before.champions]
    assert [one.attack for one in again.champions] == [one.attack for one in before.champions]
    assert before.verdict.above["0.99"] > 0.5
    assert again.verdict.above["0.9"] == 0.0
    assert again.yardstick.threshold == pytest.approx(before.yardstick.threshold / 10, rel=1e-4)


def test_the_classifier_itself_gets_its_own_score(first, mnist, tmp_path):
    again = rescore_champions(load_classifier("lenet"), first, small_order(mnist, tmp_path / "again"))
    assert again.verdict.score == first.audit.verdict.score
    assert [one.passed_at for one in again.champions] == [one.passed_at for one in first.audit.champions]


def test_gates_are_judged_and_a_note_says_that_nothing_was_searched(first, mnist, tmp_path):
    gates = (Gate.parse("fooled@keep95 > 0.3"), Gate.parse("score < 0"))
    order = small_order(mnist, tmp_path / "again", gates=gates)
    again = rescore_champions(load_classifier("lenet-b"), first, order)
    assert again.gates[1].failed is False
    assert again.budget.spent == len(first.audit.champions)
    assert any("No attack was made" in note and "audit of lenet" in note for note in again.notes)


def test_what_does_not_fit_is_refused_and_nothing_is_written(first, mnist, tmp_path):
    for other, said in (
        (Plain(), "other classes"),
        (Plain(classes=tuple("0123456789"), canvas=(1, 9, 9)), r"they are \(1, 28, 28\).*takes \(1, 9, 9\)"),
    ):
        with pytest.raises(UsageError, match=f"--champions: .*{said}"):
            rescore_champions(other, first, small_order(mnist, tmp_path / "again", pictures=None))
    assert not (tmp_path / "again").exists()


def test_a_picture_that_is_gone_is_named(first, mnist, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(first.folder, copy)
    (copy / first.audit.champions[0].image).unlink()
    with pytest.raises(UsageError, match=r"--champions: .*png cannot be read"):
        rescore_champions(
            load_classifier("lenet"), EarlierAudit.read(copy), small_order(mnist, tmp_path / "again")
        )
