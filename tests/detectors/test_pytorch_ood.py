"""Scores are those of pytorch-ood, on the same logits and features."""

from importlib.util import find_spec

import numpy as np
import pytest

from foolery.classifiers.scores import log_softmax
from foolery.detectors import Observation, make_detector

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

K, F, N = 6, 40, 600
RNG = np.random.default_rng(7)
WEIGHTS, BIAS = RNG.normal(size=(K, F)) / 4, RNG.normal(size=K)
LABELS = np.arange(N) % K


def observation(count: int, seed: int, spread: float = 1.0) -> Observation:
    rng = np.random.default_rng(seed)
    centers = np.random.default_rng(3).normal(size=(K, F)) * 2
    features = np.maximum(centers[np.arange(count) % K] + spread * rng.normal(size=(count, F)), 0.0)
    logits = features @ WEIGHTS.T + BIAS
    canvases = np.zeros((count, 1, 2, 2), np.uint8)
    return Observation(canvases, log_softmax(logits), logits, features, WEIGHTS, BIAS)


REAL, OTHERS = observation(N, 1), observation(100, 2, spread=3.0)


@pytest.fixture(scope="module")
def theirs():
    """The detectors of pytorch-ood."""
    from foolery.classifiers.torchvision import import_torchvision

    if find_spec("torchvision") is None:
        pytest.skip("the extra vision is not installed")
    import_torchvision("compare with pytorch-ood")
    return pytest.importorskip("pytorch_ood.detector", reason="pytorch-ood is not installed")


def head(maps):
    return maps.flatten(1) @ torch.from_numpy(WEIGHTS).T + torch.from_numpy(BIAS)


def of_logits(make):
    return lambda library: make(library).predict_logits(torch.from_numpy(OTHERS.logits))


def of_features(make):
    def score(library):
        detector = make(library)
        detector.fit_features(torch.from_numpy(REAL.features), torch.from_numpy(LABELS))
        return detector.predict_features(torch.from_numpy(OTHERS.features))

    return score


def of_maps(make):
    def score(library):
        detector = make(library)
        if hasattr(detector, "fit_feature_maps"):
            maps = torch.from_numpy(REAL.features)[:, :, None, None]
            detector.fit_feature_maps(maps, torch.from_numpy(LABELS))
        return detector.predict_feature_maps(torch.from_numpy(OTHERS.features)[:, :, None, None])

    return score


def openmax(library):
    from pytorch_ood.detector.openmax.numpy import OpenMax

    detector = OpenMax(tailsize=25, alpha=4)
    detector.fit(REAL.logits, LABELS)
    return torch.from_numpy(detector.predict(OTHERS.logits)[:, 0])


SAME = {
    "max-logit": of_logits(lambda library: library.MaxLogit(None)),
    "energy": of_logits(lambda library: library.EnergyBased(None)),
    "energy?temperature=2": of_logits(lambda library: library.EnergyBased(None, t=2.0)),
    "gen": of_logits(lambda library: library.GEN(None)),
    "gen?gamma=0.5&top=3": of_logits(lambda library: library.GEN(None, gamma=0.5, M=3)),
    "mahalanobis": of_features(lambda library: library.Mahalanobis(None)),
    "relative-mahalanobis": of_features(lambda library: library.RMD(None)),
    "knn": of_features(lambda library: library.KNN(None)),
    "knn?k=3": of_features(lambda library: library.KNN(None, k=3)),
    "vim": of_features(
        lambda library: library.ViM(None, F // 2, torch.from_numpy(WEIGHTS), torch.from_numpy(BIAS))
    ),
    "react": of_maps(lambda library: library.ReAct(None, head)),
    "ash": of_maps(lambda library: library.ASH(None, head)),
    "ash?percentile=0.9": of_maps(lambda library: library.ASH(None, head, percentile=0.9)),
    "scale": of_maps(lambda library: library.SCALE(None, head)),
}


@pytest.fixture
def float64(monkeypatch):
    """What torch computes in: in float32 their ViM differs from itself by 1e-4."""
    torch.set_default_dtype(torch.float64)
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", SAME)
def test_scores_are_the_same_to_five_digits(theirs, name):
    ours = make_detector(name).fit(REAL, LABELS).score(OTHERS)
    expected = SAME[name](theirs).numpy()
    assert np.ptp(expected) > 1e-3
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-5)


def test_of_the_softmax_ours_is_theirs_and_one_so_that_digits_are_kept(theirs):
    ours = make_detector("msp").score(OTHERS)
    expected = theirs.MaxSoftmax(None).predict_logits(torch.from_numpy(OTHERS.logits)).numpy()
    np.testing.assert_allclose(ours - 1, expected, rtol=1e-5, atol=1e-5)


def test_openmax_is_theirs_as_near_as_their_search_for_a_weibull_comes(theirs):
    ours = make_detector("openmax?alpha=4").fit(REAL, LABELS).score(OTHERS)
    np.testing.assert_allclose(ours, openmax(theirs).numpy(), rtol=1e-5, atol=1e-5)


def test_odin_is_theirs_on_a_real_network(theirs, mnist):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    from foolery.classifiers import load_classifier
    from foolery.classifiers.observation import observer_of

    lenet, odin = load_classifier("lenet", backend="torch"), make_detector("odin")
    noise = np.random.default_rng(1).integers(0, 256, (20, 1, 28, 28), np.uint8)
    canvases = np.concatenate([mnist.canvases[:40], noise])

    class Network(torch.nn.Module):
        def forward(self, pixels):
            return lenet.logits(pixels)

    pixels = torch.from_numpy(canvases.astype(np.float32))
    expected = theirs.ODIN(Network(), eps=odin.step, temperature=odin.temperature).predict(pixels)
    ours = odin.score(observer_of(lenet, [odin])(canvases))
    np.testing.assert_allclose(ours, expected.numpy(), rtol=1e-5, atol=1e-5)
