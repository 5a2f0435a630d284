import numpy as np
import pytest

from foolery.classifiers.card import Preprocessing
from foolery.classifiers.preprocess import input_shape, preprocess

CANVASES = np.random.default_rng(0).integers(0, 256, (3, 3, 9, 8)).astype(np.uint8)


def how(**changes: object) -> Preprocessing:
    given = {
        "canvas": {"channels": 3, "height": 9, "width": 8},
        "scale": 1 / 255,
        "mean": (0.485, 0.456, 0.406),
        "std": (0.229, 0.224, 0.225),
        "channel_order": "rgb",
    }
    return Preprocessing.model_validate(given | changes)


def plain(canvases: np.ndarray) -> np.ndarray:
    """The formula in float64."""
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    return (canvases / 255 - mean[:, None, None]) / std[:, None, None]


def test_scaled_and_normalised_per_channel():
    given = preprocess(CANVASES, how())
    assert given.dtype == np.float32
    np.testing.assert_allclose(given, plain(CANVASES), atol=1e-6)


def test_bgr_is_normalised_before_it_is_turned_round():
    np.testing.assert_allclose(
        preprocess(CANVASES, how(channel_order="bgr")), plain(CANVASES)[:, ::-1], atol=1e-6
    )


def test_nhwc_puts_the_channels_last():
    given = preprocess(CANVASES, how(layout="nhwc"))
    np.testing.assert_allclose(given, plain(CANVASES).transpose(0, 2, 3, 1), atol=1e-6)
    assert given.flags.c_contiguous


def test_the_crop_is_cut_out_of_the_centre():
    given = preprocess(CANVASES, how(crop={"height": 5, "width": 4}))
    np.testing.assert_allclose(given, plain(CANVASES)[:, :, 2:7, 2:6], atol=1e-6)


@pytest.mark.parametrize("order", ["rgb", "bgr"])
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("crop", [None, {"height": 4, "width": 7}])
def test_every_step_is_rounded_to_float32_as_numpy_rounds_it(order, layout, crop):
    """To the last bit, for all 256 levels: the scores of stored runs depend on it."""
    levels = np.arange(256 * 3 * 72).astype(np.uint8).reshape(256, 3, 9, 8)
    chosen = how(channel_order=order, layout=layout, crop=crop)
    expected = levels.astype(np.float32) * np.float32(1 / 255)
    expected -= np.array([0.485, 0.456, 0.406], np.float32)[:, None, None]
    expected /= np.array([0.229, 0.224, 0.225], np.float32)[:, None, None]
    expected = expected if crop is None else expected[:, :, 2:6, 0:7]
    expected = expected[:, ::-1] if order == "bgr" else expected
    expected = expected.transpose(0, 2, 3, 1) if layout == "nhwc" else expected
    assert np.array_equal(preprocess(levels, chosen), expected)
    if layout == "nchw":
        memory = np.full(expected.shape, np.nan, np.float32)
        assert preprocess(levels, chosen, memory) is memory
        assert np.array_equal(memory, expected)


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("crop", [None, {"height": 4, "width": 7}])
def test_the_shape_is_known_before(layout, crop):
    chosen = how(layout=layout, crop=crop)
    assert preprocess(CANVASES, chosen).shape == (3, *input_shape(chosen))


def test_lenets_scale_is_exact():
    every = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)
    lenet = Preprocessing.model_validate(
        {
            "canvas": {"channels": 1, "height": 16, "width": 16},
            "scale": 1 / 256,
            "mean": (0.0,),
            "std": (1.0,),
            "channel_order": "gray",
        }
    )
    assert (preprocess(every, lenet).astype(np.float64) * 256 == every).all()
    assert every.dtype == np.uint8
