import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from foolery.canvas import CanvasShape, from_image
from foolery.data import fit
from foolery.data.fitting import fit_all

sides = st.integers(1, 40)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


def test_a_canvas_of_that_shape_comes_back_as_it_is():
    canvases = noise(3, 3, 7, 9)
    assert fit_all(canvases, CanvasShape(3, 7, 9)) is canvases
    assert fit(canvases[0], CanvasShape(3, 7, 9)).base is canvases


@given(sides, sides, sides, sides, st.sampled_from([1, 3]), st.sampled_from([1, 3]))
def test_any_image_fits_any_canvas_and_one_colour_stays_one(height, width, rows, columns, before, after):
    picture = np.full((before, height, width), 77, np.uint8)
    fitted = fit(picture, CanvasShape(after, rows, columns))
    assert fitted.shape == (after, rows, columns)
    assert fitted.dtype == np.uint8
    assert (fitted == 77).all()


def test_a_photo_is_resized_by_its_short_side_and_cropped_about_its_centre():
    photo = Image.fromarray(noise(90, 141, 3))
    resized = photo.resize((int(60 * 141 / 90), 60), Image.Resampling.BILINEAR)
    expected = resized.crop((17, 0, 77, 60))  # (94 - 60) / 2 = 17
    assert np.array_equal(fit(photo, CanvasShape(3, 60, 60)), from_image(expected))


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "CMYK"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_mode_becomes_gray_or_rgb(mode, channels):
    photo = Image.fromarray(noise(8, 8, 3)).convert(mode)
    expected = from_image(photo.convert("L" if channels == 1 else "RGB"))
    assert np.array_equal(fit(photo, CanvasShape(channels, 8, 8)), expected)


def test_a_batch_is_fitted_one_by_one():
    canvases = noise(4, 1, 28, 28)
    fitted = fit_all(canvases, CanvasShape(3, 12, 10))
    assert fitted.shape == (4, 3, 12, 10)
    assert np.array_equal(fitted[2], fit(canvases[2], CanvasShape(3, 12, 10)))
