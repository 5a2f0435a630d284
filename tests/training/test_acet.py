import numpy as np
import pytest

from foolery.data import LabelledImages
from foolery.errors import FooleryError
from foolery.training.recipes import RECIPES

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

from foolery.classifiers.architectures import build  # noqa: E402
from foolery.training.acet import AcetRecipe, fine_tune_by_acet, low_pass_noise  # noqa: E402

HOW = RECIPES["lenet"].preprocessing


def pictures(count: int = 64) -> LabelledImages:
    rng = np.random.default_rng(0)
    canvases = rng.integers(0, 256, (count, 1, 28, 28)).astype(np.uint8)
    return LabelledImages(canvases, np.arange(count, dtype=np.int64) % 2, ("even", "odd"))


def started():
    network = build("lenet", 2)
    network.initialize(torch.Generator().manual_seed(0))
    return network


def test_noise_is_smooth_and_uses_the_whole_range():
    noise = low_pass_noise(pictures().canvases, torch.Generator().manual_seed(0))
    assert noise.dtype == np.uint8
    assert noise.min() == 0
    assert noise.max() == 255
    rough, smooth = (
        np.abs(np.diff(each.astype(float), axis=3)).mean() for each in (pictures().canvases, noise)
    )
    assert smooth < rough / 2


def test_the_same_seed_gives_the_same_weights():
    weights = []
    for seed in (3, 3, 4):
        network = started()
        fine_tune_by_acet(network, pictures(), HOW, AcetRecipe(iterations=2, batch=16, steps=2), seed)
        weights.append(network.conv1.weight.detach().clone())
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_training_that_diverges_stops_and_says_so():
    with pytest.raises(FooleryError, match=r"the loss is (nan|inf) at step \d+; lower the rate"):
        fine_tune_by_acet(
            started(), pictures(), HOW, AcetRecipe(iterations=50, batch=16, steps=1, learning_rate=1e9), 0
        )
