"""``--precision``: what a network of torch computes in. Bf16 is the processor's; of cuda, only the modes."""

import json
from pathlib import Path

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.classifiers.builtin import SHIPPED
from foolery.classifiers.device import check_computes as check_device
from foolery.classifiers.device import precision_context, recorded_precision
from foolery.classifiers.scores import confidence
from foolery.errors import UsageError

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

CANVASES = np.random.default_rng(2).integers(0, 256, (60, 1, 28, 28)).astype(np.uint8)


@pytest.fixture(scope="module")
def lenet():
    return load_classifier("lenet", backend="torch")


@pytest.mark.parametrize(("precision", "most"), [("bf16", 0.05), ("fp16", 0.005)])
def test_fewer_digits_are_computed_with_and_said(lenet, precision, most):
    rough = load_classifier("lenet", backend="torch", precision=precision)
    apart = np.abs(
        confidence(rough.scores(CANVASES), "softmax") - confidence(lenet.scores(CANVASES), "softmax")
    )
    assert 0 < apart.max() < most
    assert rough.description.forward == {"chunk": 50, "precision": precision}
    assert rough.description.fingerprint == lenet.description.fingerprint
    assert any(precision in note and "verify" in note for note in rough.description.notes)


def test_the_sum_of_probabilities_is_exact_whatever_the_logits_are():
    rough = load_classifier("lenet", backend="torch", precision="bf16")
    assert np.allclose(np.exp(rough.scores(CANVASES)).sum(axis=1), 1.0, atol=1e-12)


def test_all_that_can_be_differentiated_computes_so_too():
    rough = load_classifier("lenet", backend="torch", precision="bf16")
    canvases = torch.from_numpy(CANVASES[:50]).float().requires_grad_()
    logits = rough.logits(canvases)
    assert logits.dtype == torch.float32
    assert torch.equal(logits, logits.bfloat16().float())
    assert torch.equal(rough.head(rough.features(canvases)), logits)
    logits[:, 3].sum().backward()
    assert float(canvases.grad.abs().max()) > 1e-4


def test_float32_is_what_is_meant_where_nothing_is_said(lenet):
    assert "precision" not in lenet.description.forward
    again = load_classifier("lenet", backend="torch", precision="float32")
    assert again.description == lenet.description
    assert np.array_equal(again.scores(CANVASES), lenet.scores(CANVASES))


def test_a_built_in_goes_to_torch_where_that_is_asked_for():
    assert load_classifier("lenet", precision="bf16").description.backend == "torch"


def test_every_part_of_an_ensemble_computes_so():
    both = load_classifier("ensemble:lenet+lenet-b", precision="bf16")
    assert recorded_precision(both.description.forward) == "bf16"


def test_of_several_precisions_the_roughest_counts():
    assert recorded_precision({"0.precision": "tf32", "1.precision": "bf16", "1.chunk": 50}) == "bf16"
    assert recorded_precision({"chunk": 25}) == "float32"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"precision": "bf61"}, "precision: unknown 'bf61'; did you mean bf16"),
        ({"precision": "tf32", "device": "cpu"}, "tf32 is a mode of the tensor cores of NVIDIA's GPUs"),
        ({"precision": "bf16", "backend": "onnx"}, "lenet runs on onnxruntime.*give --backend torch"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(words, said):
    with pytest.raises(UsageError, match=said):
        load_classifier("lenet", **words)


def test_an_onnx_file_computes_as_it_was_written(tmp_path: Path):
    with pytest.raises(UsageError, match=r"net\.onnx runs on onnxruntime.*fp16 needs .* torch"):
        load_classifier(f"onnx:{tmp_path / 'net.onnx'}", precision="fp16")


def test_code_of_the_user_s_own_computes_as_it_was_written(tmp_path: Path, monkeypatch):
    (tmp_path / "own_code.py").write_text(
        "def ask(canvases):\n    return canvases.reshape(len(canvases), -1)[:, :2] / 255.0\n"
        "ask.canvas, ask.classes = (1, 4, 4), ('a', 'b')\n"
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"runs on code of its own.*bf16 needs"):
        load_classifier("python:own_code:ask", precision="bf16")


def test_a_file_s_network_computes_so_too(tmp_path: Path):
    for ending in ("safetensors", "card.json"):
        (tmp_path / f"net.{ending}").write_bytes((SHIPPED / f"lenet.{ending}").read_bytes())
    rough = load_classifier(f"torch:{tmp_path / 'net.safetensors'}", precision="bf16")
    assert rough.description.forward["precision"] == "bf16"


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize(("precision", "tf32"), [("float32", False), ("tf32", True)])
def test_cuda_rounds_to_tf32_only_where_asked_and_its_modes_are_put_back(precision, tf32, before):
    products = torch.backends.cuda.matmul
    was = products.allow_tf32
    products.allow_tf32 = before
    try:
        with precision_context(precision, "cuda:0"):
            assert (torch.backends.cudnn.allow_tf32, products.allow_tf32) == (tf32, tf32)
            assert (torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark) == (True, False)
        assert products.allow_tf32 is before
    finally:
        products.allow_tf32 = was


def test_tf32_is_of_cuda():
    check_device("tf32", "cuda:1")
    with pytest.raises(UsageError, match="the classifier runs on mps; give --device cuda"):
        check_device("tf32", "mps")


def test_a_run_keeps_to_its_precision_and_is_verified_in_float32(tmp_path: Path):
    from support.command import invoke, is_refused

    run = tmp_path / "run"
    words = ("evolve", "-c", "lenet", "--backend", "torch", "-n", "3", "--batch", "20", "-o", run)
    done = invoke(*words, "--precision", "bf16")
    assert done.returncode == 0, done.stderr
    assert "note: It computes in bf16" in done.stderr
    is_refused(invoke(*words, "--resume"), "forward.precision is bf16, not")
    assert invoke(*words, "--resume", "--precision", "bf16", "-n", "4").returncode == 0
    checked = invoke("verify", run, "--backend", "torch")
    assert checked.returncode == 0
    assert "scored in float32 where the run used bf16" in checked.stdout
    (found,) = json.loads(invoke("verify", run, "--backend", "torch", "--json").stdout)["runs"]
    assert (found["precision"], found["precision_now"], found["tolerance"]) == ("bf16", "float32", 0.2)
    assert 1e-6 < found["largest_difference"] < 0.05
