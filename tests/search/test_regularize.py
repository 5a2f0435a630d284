"""What is done to a picture after a step of gradient ascent."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra torch is not installed")

from foolery.search.ascent_presets import make_rule  # noqa: E402
from foolery.search.gradient_ascent import gaussian_blur, regularize  # noqa: E402


def pictures(seed: int = 0, channels: int = 3, height: int = 11, width: int = 8):
    return torch.from_numpy(
        np.random.default_rng(seed).normal(0, 50, (2, channels, height, width)).astype(np.float32)
    )


def plain(**numbers):
    return make_rule("plain", numbers)


@pytest.mark.parametrize("sigma", [0.3, 0.4, 1.0, 2.5])
def test_the_blur_is_scipy_s(sigma):
    ndimage = pytest.importorskip("scipy.ndimage", reason="the extra paper is not installed")
    x = pictures()
    expected = np.stack(
        [[ndimage.gaussian_filter(plane, sigma) for plane in picture] for picture in x.numpy()]
    )
    np.testing.assert_allclose(gaussian_blur(x, sigma).numpy(), expected, atol=1e-4)


def test_a_blur_wider_than_the_picture_keeps_its_mean():
    x = pictures(height=3, width=3)
    np.testing.assert_allclose(gaussian_blur(x, 4.0).mean((2, 3)), x.mean((2, 3)), atol=0.5)


def test_the_blur_comes_every_so_many_steps():
    x, rule = pictures(), plain(blur=1.0, blur_every=3)
    changed = [not torch.equal(regularize(x, x, rule, number), x) for number in range(7)]
    assert changed == [True, False, False, True, False, False, True]


def test_decay_draws_to_the_mean_pixel():
    x = pictures()
    torch.testing.assert_close(regularize(x, x, plain(decay=0.25), 0), 0.75 * x)


def test_nothing_is_done_without_regularisation():
    x = pictures()
    assert torch.equal(regularize(x, x, plain(), 0), x)


def test_percentiles_are_numpy_s_row_by_row():
    x, slope = pictures(0), pictures(1)
    a, g = x.numpy(), slope.numpy()
    worths = {
        "small_norm": np.linalg.norm(a, axis=1),
        "benefit": (-g * a).sum(1),
        "abs_benefit": np.abs((-g * a).sum(1)),
    }
    for name, worth in worths.items():
        bound = np.percentile(worth.reshape(2, -1), 30, axis=1)[:, None, None]
        expected = a * (worth >= bound)[:, None]
        found = regularize(x, slope, plain(**{name: 30.0}), 0).numpy()
        assert np.array_equal(found, expected), name
        zeros = (found == 0).all(1).mean()
        assert 0.25 < zeros < 0.35
