"""ONNX files that are converted for gradients."""

import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra torch is not installed")
onnx = pytest.importorskip("onnx", reason="the extra gradient is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
if find_spec("onnx2pytorch") is None:
    pytest.skip("the extra gradient is not installed", allow_module_level=True)

from onnx import TensorProto, helper  # noqa: E402

from foolery.checks.contract import probes  # noqa: E402
from foolery.classifiers import load_classifier  # noqa: E402
from foolery.classifiers.builtin import SHIPPED, card_of  # noqa: E402
from foolery.classifiers.gradients import check_gradient  # noqa: E402
from foolery.classifiers.onnx import open_onnx  # noqa: E402
from foolery.classifiers.onnx_torch import fold_constants, with_gradient  # noqa: E402
from foolery.errors import UsageError  # noqa: E402
from foolery.install import install_command  # noqa: E402
from support.onnx_files import card, linear  # noqa: E402

DATA = Path(os.environ.get("FOOLERY_DATA", ""))
CARDS = Path(__file__).parents[2] / "docs" / "cards"
NETWORKS = ("mobilenet_v1_025_128_quant", "mobilenet_v1_050_160_quant", "squeezenet1_0")


@pytest.mark.parametrize("name", NETWORKS)
def test_scores_of_noise_and_photos_are_onnxruntime_s(name):
    graph = DATA / "models" / name / "model.onnx"
    if not graph.is_file():
        pytest.skip("FOOLERY_DATA has no ImageNet networks")
    classifier = load_classifier(f"onnx:{graph}", card=CARDS / f"{name}.card.json")
    twin = with_gradient(classifier)
    canvases = probes(classifier.description.canvas)[2:6]
    photos = DATA / "imagenet-samples" / "samples.parquet"
    if photos.is_file() and pytest.importorskip("pyarrow"):
        from foolery.data import load_data

        part = next(load_data(f"parquet:{photos}").batches(4, classifier.description.canvas))
        canvases = np.concatenate([canvases, part.canvases])
    found = check_gradient(twin, canvases)
    assert found.difference < 1e-3
    assert found.finite
    assert found.nonzero > 0.5
    assert twin.description == classifier.description


def test_a_converted_file_has_the_gradient_of_the_network_it_was_made_from():
    mine = load_classifier("lenet", backend="torch")
    graph = SHIPPED / "lenet.onnx"
    other = with_gradient(open_onnx("somebody's", graph, card_of("lenet")))
    assert other.difference < 1e-3
    pixels = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (4, 1, 28, 28)).astype(np.float32))
    slopes = []
    for classifier in (mine, other):
        given = pixels.clone().requires_grad_()
        classifier.logits(given)[:, 3].sum().backward()
        slopes.append(given.grad)
    torch.testing.assert_close(slopes[0], slopes[1], atol=1e-5, rtol=1e-3)


def test_a_built_in_one_needs_no_converter(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx2pytorch", None)
    twin = with_gradient(load_classifier("lenet", backend="onnx"))
    assert check_gradient(twin, probes(twin.description.canvas)).difference < 1e-3


def test_what_has_gradients_stays_as_it_is():
    classifier = load_classifier("lenet", backend="torch")
    assert with_gradient(classifier) is classifier


def test_what_follows_from_constants_is_computed():
    weights = helper.make_tensor("w", TensorProto.UINT8, [2, 3], bytes([0, 1, 2, 3, 4, 5]), raw=True)
    zero = helper.make_tensor("zero", TensorProto.UINT8, [], bytes([1]), raw=True)
    scale = helper.make_tensor("scale", TensorProto.FLOAT, [], [0.5])
    nodes = [
        helper.make_node("DequantizeLinear", ["w", "scale", "zero"], ["real"]),
        helper.make_node("Transpose", ["real"], ["turned"]),
        helper.make_node("MatMul", ["x", "turned"], ["y"]),
    ]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3])
    gives = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 2])
    graph = helper.make_graph(nodes, "g", [given], [gives], [weights, zero, scale])
    model = fold_constants(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    )
    assert [node.op_type for node in model.graph.node] == ["MatMul"]
    (tensor,) = model.graph.initializer
    assert onnx.numpy_helper.to_array(tensor).tolist() == [[-0.5, 1.0], [0.0, 1.5], [0.5, 2.0]]


def test_a_graph_that_the_converted_network_cannot_run_names_another_search(tmp_path):
    path = linear(tmp_path / "net.onnx", np.ones((16, 3)), (1, 4, 4), op="MeanVarianceNormalization")
    with pytest.raises(
        UsageError, match=r"has no gradients: the ONNX file cannot be converted.*foolery evolve"
    ):
        with_gradient(open_onnx("onnx:net.onnx", path, card(4, 4, 3)))


def test_another_network_than_the_file_s_is_refused(tmp_path):
    path = linear(tmp_path / "net.onnx", np.ones((16, 3)), (1, 4, 4))
    wrong = linear(tmp_path / "wrong.onnx", np.eye(16)[:, :3], (1, 4, 4))
    classifier = replace(open_onnx("onnx:net.onnx", path, card(4, 4, 3)), graph=wrong)
    with pytest.raises(UsageError, match="gives other scores than onnxruntime"):
        with_gradient(classifier)


def test_without_torch_the_extra_that_brings_all_of_it_is_named(tmp_path):
    path = linear(tmp_path / "net.onnx", np.ones((16, 3)), (1, 4, 4))
    card(4, 4, 3).write(path.with_suffix(".card.json"))
    words = (
        "import sys; sys.modules['torch'] = None\n"
        "from foolery.classifiers import load_classifier\n"
        "from foolery.classifiers.onnx_torch import with_gradient\n"
        f"with_gradient(load_classifier({f'onnx:{path}'!r}))"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=False)
    assert install_command("gradient") in done.stderr


def test_an_onnx_file_runs_on_torch_where_that_is_asked_for(tmp_path):
    path = linear(tmp_path / "net.onnx", np.random.default_rng(0).normal(size=(16, 3)), (1, 4, 4))
    card(4, 4, 3).write(path.with_suffix(".card.json"))
    canvases = probes(card(4, 4, 3).preprocessing.shape)
    theirs, ours = load_classifier(f"onnx:{path}"), load_classifier(f"onnx:{path}", backend="torch")
    assert (ours.description.backend, ours.description.fingerprint) == (
        "torch",
        theirs.description.fingerprint,
    )
    np.testing.assert_allclose(ours.scores(canvases), theirs.scores(canvases), rtol=1e-5, atol=1e-5)
    rough = load_classifier(f"onnx:{path}", backend="torch", precision="bf16")
    assert 0 < np.abs(rough.scores(canvases) - theirs.scores(canvases)).max() < 30
    assert "converted to torch" in ours.description.notes[-1]


def test_an_onnx_file_that_torch_cannot_run_says_so_before_anything_runs(tmp_path):
    path = linear(tmp_path / "net.onnx", np.ones((16, 3)), (1, 4, 4), op="MeanVarianceNormalization")
    card(4, 4, 3).write(path.with_suffix(".card.json"))
    with pytest.raises(
        UsageError, match=r"cannot run on torch: .*leave --backend, --device and --precision out"
    ):
        load_classifier(f"onnx:{path}", backend="torch")
