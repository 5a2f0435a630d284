"""What is exported is what was scored: a canvas survives PNG byte for byte."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from foolery.canvas import CanvasShape, canvas_hash, from_image, from_png, png_bytes, to_image
from foolery.errors import UsageError

canvases = st.tuples(st.sampled_from([1, 3]), st.integers(1, 9), st.integers(1, 9)).flatmap(
    lambda axes: arrays(np.uint8, axes)
)


@given(canvases)
def test_png_gives_back_the_same_values(canvas):
    assert np.array_equal(from_png(png_bytes(canvas)), canvas)


@given(canvases)
def test_an_image_gives_back_the_same_values(canvas):
    assert np.array_equal(from_image(to_image(canvas)), canvas)


def test_the_hash_tells_values_and_axes():
    canvas = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    assert canvas_hash(canvas) == canvas_hash(canvas.copy(order="F"))
    assert canvas_hash(canvas) != canvas_hash(canvas + 1)
    assert canvas_hash(canvas) != canvas_hash(canvas.reshape(1, 3, 4))


def test_the_hash_of_a_canvas_never_changes():
    canvas = np.arange(784, dtype=np.uint32).astype(np.uint8).reshape(1, 28, 28)
    assert canvas_hash(canvas) == "cf420afd3c72ce884c128df9b7e35f0b69d5738abbfbf3e89c754d03b6c06b03"


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ((2, 28, 28), "channels must be 1 .gray. or 3 .RGB., got 2"),
        ((1, 0, 28), "height must be 1 to 4096 pixels, got 0"),
        ((3, 28, 5000), "width must be 1 to 4096 pixels, got 5000"),
    ],
)
def test_shapes_that_make_no_sense_are_refused(axes, message):
    with pytest.raises(UsageError, match=message):
        CanvasShape(*axes)


@pytest.mark.parametrize(
    "canvases",
    [
        np.zeros((2, 28, 28), np.uint8),
        np.zeros((2, 1, 28, 27), np.uint8),
        np.zeros((2, 3, 28, 28), np.uint8),
        np.zeros((2, 1, 28, 28), np.float32),
    ],
)
def test_a_batch_of_another_shape_or_dtype_is_refused(canvases):
    with pytest.raises(UsageError, match=r"expected \(N, 1, 28, 28\) uint8"):
        CanvasShape(1, 28, 28).check(canvases)


def test_an_image_of_another_mode_is_refused():
    with pytest.raises(UsageError, match="mode must be L or RGB, got RGBA"):
        from_image(Image.new("RGBA", (2, 2)))
