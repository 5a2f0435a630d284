"""The path on a device, here with torch's own memory of the processor: the same scores, in one go."""

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.classifiers.base import canvas_device
from foolery.classifiers.scores import from_outputs
from foolery.errors import UsageError

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

from foolery.classifiers.torch_scores import scores_of_logits  # noqa: E402

CANVASES = np.random.default_rng(2).integers(0, 256, (120, 1, 28, 28)).astype(np.uint8)


@pytest.fixture(scope="module")
def lenet():
    return load_classifier("lenet", backend="torch")


def test_canvases_that_were_drawn_on_a_device_get_the_scores_of_the_same_array(lenet):
    there = torch.from_numpy(CANVASES)
    np.testing.assert_allclose(lenet.scores(there), lenet.scores(CANVASES), rtol=1e-4, atol=1e-6)


def test_every_chunk_is_scored_in_its_place(lenet):
    whole = lenet.scores(torch.from_numpy(CANVASES))
    for start in (0, 50, 100):
        part = lenet.scores(torch.from_numpy(CANVASES[start : start + 50]))
        np.testing.assert_allclose(whole[start : start + 50], part, rtol=1e-5, atol=1e-7)


def test_an_empty_batch_has_no_scores(lenet):
    assert lenet.scores(torch.from_numpy(CANVASES[:0])).shape == (0, 10)


def test_canvases_of_another_shape_are_refused(lenet):
    with pytest.raises(
        UsageError, match=r"expected \(N, 1, 28, 28\) uint8, got \(120, 1, 28, 27\) torch.uint8"
    ):
        lenet.scores(torch.from_numpy(CANVASES[..., 1:]))
    with pytest.raises(UsageError, match=r"got \(120, 1, 28, 28\) torch.float32"):
        lenet.scores(torch.from_numpy(CANVASES).float())


def test_a_classifier_that_takes_arrays_only_gets_arrays(lenet):
    assert canvas_device(lenet) == "cpu"
    assert canvas_device(load_classifier("lenet", backend="onnx")) == "cpu"


@pytest.mark.parametrize("kind", ["softmax", "sigmoid", "similarity"])
def test_logarithms_are_taken_in_float64_where_the_logits_are(kind):
    logits = np.random.default_rng(0).normal(scale=30, size=(50, 1000)).astype(np.float32)
    logits[0, 3] = 400.0
    logits[1, :5] = 55.0
    given = scores_of_logits(torch.from_numpy(logits), kind).numpy()
    assert given.dtype == np.float64
    np.testing.assert_allclose(given, from_outputs(logits, kind), rtol=1e-12, atol=1e-300)
    if kind == "softmax":
        assert -1e-100 < given[0, 3] < 0.0


def test_a_network_that_gives_nan_is_named(lenet):
    broken = load_classifier("lenet", backend="torch")
    with torch.no_grad():
        broken.network.fc2.bias[4] = float("nan")
    with pytest.raises(UsageError, match="lenet: gave NaN or infinity"):
        broken.scores(torch.from_numpy(CANVASES))
