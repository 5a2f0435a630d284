"""The ONNX graph beside the weights: the same network, whatever its layers are."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra torch is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
pytest.importorskip("onnxscript", reason="the extra torch is not installed")

from foolery.classifiers.architectures import build  # noqa: E402
from foolery.training.export import export_network  # noqa: E402

SHAPES = {"lenet": (1, 28, 28), "perceptron": (1, 28, 28), "convnet": (3, 32, 32), "vit": (3, 32, 32)}


@pytest.mark.parametrize("architecture", sorted(SHAPES))
def test_the_graph_gives_what_the_network_gives(architecture, tmp_path):
    network, shape = build(architecture, 10), SHAPES[architecture]
    generator = torch.Generator().manual_seed(0)
    network.initialize(generator)
    with torch.no_grad():  # statistics and scales as training leaves them, not the 0 and 1 they start with
        for value in network.state_dict().values():
            if value.dtype == torch.float32 and value.ndim == 1:
                value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
    weights = tmp_path / "net.safetensors"
    export_network(network, shape, weights, tmp_path / "net.onnx")
    pictures = torch.rand(7, *shape, generator=generator)
    with torch.inference_mode():
        expected = network(pictures).numpy()
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    (given,) = session.run(None, {"pictures": pictures.numpy()})
    np.testing.assert_allclose(given, expected, rtol=1e-3, atol=1e-4)
    assert np.ptp(expected, axis=1).min() > 0.01


@pytest.mark.parametrize("architecture", sorted(SHAPES))
def test_the_weights_are_in_one_file_only(architecture, tmp_path):
    network = build(architecture, 10)
    network.initialize(torch.Generator().manual_seed(0))
    export_network(network, SHAPES[architecture], tmp_path / "net.safetensors", tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").stat().st_size < 30_000 < (tmp_path / "net.safetensors").stat().st_size
