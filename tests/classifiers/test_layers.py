"""The last layer: the same weights and features by both back ends, and they give the logits."""

import numpy as np
import pytest

from foolery.canvas import CanvasShape
from foolery.classifiers import load_classifier
from foolery.classifiers.layers import last_layer
from foolery.classifiers.wrappers.ensemble import ensemble
from foolery.classifiers.wrappers.metered import Metered
from foolery.errors import UsageError
from support.onnx_files import card, linear
from support.plain import Plain, noise

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

CANVASES = noise(7, (1, 28, 28))


@pytest.fixture(params=["onnx", "torch"])
def lenet(request):
    return load_classifier("lenet", backend=request.param)


def test_weights_times_features_are_the_logits_up_to_the_bias(lenet):
    layer = last_layer(lenet)
    assert layer.weights.shape == (10, 500)
    seen = layer.features(CANVASES)
    logits = seen @ layer.weights.T
    given = load_classifier("lenet", backend="torch").logits(torch.from_numpy(CANVASES).float()).numpy()
    bias = given - logits
    assert np.ptp(bias, axis=0).max() < 1e-4


def test_what_counts_or_limits_queries_is_looked_through(lenet):
    assert np.array_equal(last_layer(Metered(lenet)).weights, last_layer(lenet).weights)


@pytest.mark.parametrize("op", ["", "Softmax"])
def test_a_matmul_is_turned(tmp_path, op):
    weights = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
    path = linear(tmp_path / "net.onnx", weights, (1, 3, 4), op)
    said = card(3, 4, 4, layout="nchw").model_copy(update={"output": "probabilities" if op else "logits"})
    (tmp_path / "net.card.json").write_text(said.model_dump_json())
    classifier = load_classifier(f"onnx:{path}")
    layer = last_layer(classifier)
    assert layer.weights == pytest.approx(weights.T)
    canvases = noise(3, (1, 3, 4))
    assert layer.features(canvases) == pytest.approx(canvases.reshape(3, 12))


def test_a_convolution_is_averaged_over_its_places():
    from foolery.classifiers.card import Card
    from foolery.classifiers.torch_model import torch_classifier

    class Last(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.last = torch.nn.Conv2d(3, 5, 1)

        def forward(self, pictures):
            return self.last(pictures).mean(dim=(2, 3))

    given = {"canvas": {"channels": 3, "height": 4, "width": 6}, "scale": 1.0, "mean": (0.0,) * 3,
             "std": (1.0,) * 3, "channel_order": "rgb"}  # fmt: skip
    names = tuple(f"class {at}" for at in range(5))
    known = Card.model_validate({"name": "toy", "kind": "softmax", "classes": names, "preprocessing": given})
    layer = last_layer(torch_classifier("toy", Last(), known, "0" * 64))
    assert layer.weights.shape == (5, 3)
    canvases = noise(3, (3, 4, 6))
    assert layer.features(canvases) == pytest.approx(canvases.mean(axis=(2, 3)))


@pytest.mark.parametrize("make", [lambda: Plain(0), lambda: ensemble(Plain(0), Plain(1))])
def test_what_has_none_is_refused(make):
    with pytest.raises(UsageError, match="has no last layer to read; expected a torch network or an ONNX"):
        last_layer(make())


def test_the_shapes_are_those_of_the_contract():
    assert last_layer(load_classifier("lenet")).features(CANVASES).shape == (7, 500)
    assert load_classifier("lenet").description.canvas == CanvasShape(1, 28, 28)
