"""Image files: thumbnails that keep every pixel of small canvases, and files that read back as they were."""

import io

import numpy as np
import pytest
from PIL import Image

from foolery.canvas import from_png
from foolery.report.images import MAX_THUMBNAIL, png, sprite, strip, thumbnail
from support.plain import noise


def opened(content):
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("axes", [(1, 28, 28), (3, 96, 64), (1, 1, 1)])
def test_small_canvases_lose_nothing(axes):
    (canvas,) = noise(1, axes)
    image = opened(thumbnail(canvas))
    assert image.format == "WEBP"
    pixels = np.asarray(image.convert("L" if axes[0] == 1 else "RGB"))
    assert np.array_equal(pixels.reshape(*axes[1:], -1).transpose(2, 0, 1), canvas)


def test_large_ones_are_reduced():
    (canvas,) = noise(1, (3, 1000, 500))
    assert opened(thumbnail(canvas)).size == (MAX_THUMBNAIL // 2, MAX_THUMBNAIL)


@pytest.mark.parametrize("axes", [(1, 28, 28), (3, 227, 200)])
def test_a_png_file_reads_back_as_the_canvas(axes):
    (canvas,) = noise(1, axes)
    assert np.array_equal(from_png(png(canvas)), canvas)


def test_strips_and_sprites_hold_their_pictures_side_by_side():
    canvases = noise(3, (1, 28, 20))
    image = np.asarray(opened(strip(list(canvases))).convert("L"))
    assert np.array_equal(image, np.concatenate(list(canvases[:, 0]), axis=1))
    flat = np.repeat(np.array([0, 128, 255], np.uint8), 1600).reshape(3, 40, 40)
    pixels = np.asarray(opened(sprite(flat)).convert("L")).astype(int)
    assert pixels.shape == (40, 120)
    assert [abs(int(pixels[20, 20 + 40 * at]) - level) < 6 for at, level in enumerate((0, 128, 255))] == [
        True
    ] * 3
