import subprocess
import sys

import numpy as np
import pytest

from foolery.canvas import CanvasShape
from foolery.classifiers import load_classifier
from foolery.classifiers.builtin import SHIPPED, card_of, names
from foolery.classifiers.scores import log_softmax

NOISE = np.random.default_rng(4).integers(0, 256, (400, 1, 28, 28)).astype(np.uint8)
BACKENDS = {"onnx": "onnxruntime", "torch": "torch"}


@pytest.fixture(params=["lenet", "lenet-b", "perceptron", "digits-vae"])
def name(request) -> str:
    return request.param


@pytest.fixture(params=["lenet", "lenet-b"])
def lenet(request) -> str:
    return request.param


@pytest.fixture(params=list(BACKENDS))
def backend(request) -> str:
    pytest.importorskip(BACKENDS[request.param], reason="its extra is not installed")
    return request.param


def test_two_lenets_are_shipped():
    assert set(names()) >= {"lenet", "lenet-b"}


def test_a_network_of_another_kind_reads_nearly_as_well():
    assert card_of("perceptron").architecture == "perceptron"
    assert card_of("perceptron").test_error <= 0.016


def test_one_recipe_with_two_seeds_made_them():
    first, second = card_of("lenet"), card_of("lenet-b")
    assert first.made_by == "foolery train lenet --data mnist --seed 0"
    assert second.made_by == "foolery train lenet --data mnist --seed 1 --name lenet-b"
    assert first.notes == second.notes
    assert first.preprocessing == second.preprocessing


def test_they_are_at_least_as_good_as_the_paper_s(lenet):
    card = card_of(lenet)
    assert card.test_error is not None
    assert card.test_error <= 0.0094
    assert card.median_confidence is not None
    assert card.calibration_error is not None


def test_the_card_states_what_the_network_does(name, backend, mnist):
    classifier, card = load_classifier(name, backend=backend), card_of(name)
    assert classifier.description.canvas == CanvasShape(1, 28, 28)
    assert classifier.description.classes == mnist.classes
    scores = classifier.scores(mnist.canvases)
    wrong = (scores.argmax(axis=1) != mnist.labels).mean()
    assert wrong == pytest.approx(card.test_error, abs=1e-9)
    assert np.median(np.exp(scores.max(axis=1))) == pytest.approx(card.median_confidence, abs=1e-5)


@pytest.mark.parametrize("name", ["lenet", "lenet-b", "perceptron"])
def test_both_back_ends_give_the_same_scores(name, mnist):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    pytest.importorskip("torch", reason="the extra torch is not installed")
    ours, theirs = (load_classifier(name, backend=backend) for backend in BACKENDS)
    assert ours.description.fingerprint == theirs.description.fingerprint
    assert (ours.description.backend, theirs.description.backend) == ("onnx", "torch")
    for canvases in (mnist.canvases, NOISE, np.full((1, 1, 28, 28), 255, np.uint8)):
        first, second = ours.scores(canvases), theirs.scores(canvases)
        np.testing.assert_allclose(np.exp(first), np.exp(second), rtol=0, atol=1e-5)
        # float32 logits beyond 30, and sums of 800 of their terms, do not resolve 1e-5
        assert (np.abs(first - second) <= 1e-5 * np.maximum(1.0, np.abs(first))).all()


@pytest.mark.parametrize("name", ["cifar", "cifar-b", "cifar-knn", "cifar-vit", "lenet-acet"])
def test_both_back_ends_predict_alike(name):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    pytest.importorskip("torch", reason="the extra torch is not installed")
    ours, theirs = (load_classifier(name, backend=backend) for backend in BACKENDS)
    rng = np.random.default_rng(0)
    canvases = rng.integers(0, 256, (50, *ours.description.canvas.axes)).astype(np.uint8)
    canvases[25:] = canvases[25:] // 64 * 64
    np.testing.assert_allclose(ours.scores(canvases), theirs.scores(canvases), rtol=0, atol=1e-3)


def test_both_back_ends_of_a_generative_network_agree_to_the_last_digits_of_a_log_likelihood(mnist):
    """Hundreds of nats in float32: their differences, and so the scores, are good to 1e-3 and less."""
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    pytest.importorskip("torch", reason="the extra torch is not installed")
    ours, theirs = (load_classifier("digits-vae", backend=backend) for backend in BACKENDS)
    assert ours.description.fingerprint == theirs.description.fingerprint
    for canvases in (mnist.canvases, NOISE):
        first, second = ours.outputs(canvases), theirs.outputs(canvases)
        np.testing.assert_allclose(first, second, rtol=2e-6, atol=2e-3)


def test_a_generative_network_is_shipped_that_knows_p_of_x(mnist):
    card = card_of("digits-vae")
    assert card.made_by == "foolery train vae --data mnist --seed 0 --name digits-vae"
    assert card.density
    assert card.test_error <= 0.03
    said = load_classifier("digits-vae").outputs(mnist.canvases)
    assert 0.94 < (np.logaddexp.reduce(said, axis=1) > 0).mean() < 0.97


def test_the_two_networks_differ():
    marks = {load_classifier(name).description.fingerprint for name in ("lenet", "lenet-b")}
    assert len(marks) == 2


def test_scores_do_not_depend_on_the_number_of_workers(name, backend, monkeypatch):
    classifier = load_classifier(name, backend=backend)
    given = []
    for lanes in ("1", "2", "3"):
        monkeypatch.setenv("FOOLERY_THREADS", lanes)
        given.append(classifier.scores(NOISE))
    assert all(np.array_equal(given[0], other) for other in given[1:])


def test_it_is_the_paper_s_network(lenet, mnist):
    """Plain numpy: no non-linearity after the convolutions, one ReLU, x / 256 without a mean."""
    from numpy.lib.stride_tricks import sliding_window_view
    from safetensors.numpy import load_file

    w = {key: value.astype(np.float64) for key, value in load_file(SHIPPED / f"{lenet}.safetensors").items()}

    def convolved(x, layer):
        windows = sliding_window_view(x, (5, 5), axis=(2, 3))
        return (
            np.einsum("nchwij,kcij->nkhw", windows, w[f"{layer}.weight"]) + w[f"{layer}.bias"][:, None, None]
        )

    def pooled(x):
        n, c, height, width = x.shape
        return x.reshape(n, c, height // 2, 2, width // 2, 2).max(axis=(3, 5))

    x = mnist.canvases[:20] / 256
    x = pooled(convolved(pooled(convolved(x, "conv1")), "conv2")).reshape(20, 800)
    x = np.maximum(x @ w["fc1.weight"].T + w["fc1.bias"], 0)
    logits = x @ w["fc2.weight"].T + w["fc2.bias"]
    assert sum(value.size for value in w.values()) == 431_080
    np.testing.assert_allclose(
        load_classifier(lenet).scores(mnist.canvases[:20]), log_softmax(logits), atol=1e-4
    )


def test_the_files_are_small_and_hold_the_weights_once(name):
    assert (SHIPPED / f"{name}.onnx").stat().st_size < 20_000
    assert (SHIPPED / f"{name}.safetensors").stat().st_size < 2_000_000


def test_the_onnx_back_end_never_imports_torch():
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    program = """
import sys
sys.modules["torch"] = None
import numpy as np
from foolery.classifiers import load_classifier
classifier = load_classifier("lenet")
print(classifier.description.backend, classifier.scores(np.zeros((3, 1, 28, 28), np.uint8)).shape)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "onnx (3, 10)\n"
