import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.classifiers.device import check_device
from foolery.errors import UsageError

CANVASES = np.random.default_rng(2).integers(0, 256, (30, 1, 28, 28)).astype(np.uint8)


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "cuda:1", "mps"])
def test_devices_that_can_be_named(device):
    assert check_device(device) == device


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "", "cpu:0"])
def test_others_get_the_list(device):
    with pytest.raises(UsageError, match=r"device: unknown .*auto"):
        load_classifier("lenet", device=device)


@pytest.mark.parametrize(("backend", "package"), [("onnx", "onnxruntime"), ("torch", "torch")])
def test_cpu_is_what_it_was_without_a_word(backend, package):
    pytest.importorskip(package, reason="an extra is not installed")
    named = load_classifier("lenet", backend=backend, device="cpu")
    assert named.description.device == "cpu"
    auto = load_classifier("lenet", backend=backend)
    if auto.description.device == "cpu":
        assert np.array_equal(named.scores(CANVASES), auto.scores(CANVASES))
    else:
        np.testing.assert_allclose(named.scores(CANVASES), auto.scores(CANVASES), atol=1e-4)


def test_torch_without_the_device_says_what_it_has():
    torch = pytest.importorskip("torch", reason="the extra torch is not installed")
    absent = "mps" if torch.cuda.is_available() else "cuda"
    if absent == "mps" and torch.backends.mps.is_available():
        pytest.skip("this machine has every device")
    with pytest.raises(UsageError, match=rf"cannot run on {absent} here; it has: .*cpu"):
        load_classifier("lenet", backend="torch", device=absent)


def test_onnxruntime_without_cuda_says_what_to_install():
    onnxruntime = pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has CUDA")
    with pytest.raises(
        UsageError, match=r"cannot run on cuda; give --device cpu, or pip install onnxruntime-gpu"
    ):
        load_classifier("lenet", backend="onnx", device="cuda")
    with pytest.raises(UsageError, match="cannot run on mps; give --device cpu, or --backend torch"):
        load_classifier("lenet", backend="onnx", device="mps")


def test_on_a_gpu_scores_are_those_of_the_processor():
    torch = pytest.importorskip("torch", reason="the extra torch is not installed")
    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    here = load_classifier("lenet", backend="torch", device="cpu")
    there = load_classifier("lenet", device="cuda")
    assert (there.description.backend, there.description.device) == ("torch", "cuda")
    np.testing.assert_allclose(there.scores(CANVASES), here.scores(CANVASES), atol=1e-4)
    assert np.array_equal(there.scores(CANVASES), there.scores(CANVASES))
