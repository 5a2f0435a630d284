"""Colors are converted in whole numbers, within one level of the standard library for all 2^24 inputs."""

import colorsys

import numpy as np
import pytest

from foolery.canvas import CanvasShape
from foolery.encodings import make_encoding
from foolery.encodings.colors import to_rgb
from foolery.errors import UsageError
from foolery.rng import Stream

SHAPE = CanvasShape(3, 8, 8)


def everything(first):
    """``(1, 3, 256, 256)``: all colors whose first plane has the level ``first``."""
    second, third = np.mgrid[:256, :256]
    return np.stack([np.full_like(second, first), second, third])[None].astype(np.uint8)


def hsv_reference(canvas):
    """colorsys' formula for whole arrays; ``test_the_references_are_colorsys`` holds it to that."""
    h, s, v = canvas[0].astype(float) / 255
    sector, part = np.divmod(h % 1.0 * 6, 1)
    p, q, t = v * (1 - s), v * (1 - s * part), v * (1 - s * (1 - part))
    choices = [(v, t, p), (q, v, p), (p, v, t), (p, q, v), (t, p, v), (v, p, q)]
    return np.stack([np.choose(sector.astype(int), [c[i] for c in choices]) for i in range(3)]) * 255


def hls_reference(canvas):
    h = canvas[0, 0].astype(float) * 2 % 360 / 360
    lightness, s = canvas[0, 1:].astype(float) / 255
    high = np.where(lightness <= 0.5, lightness * (1 + s), lightness + s - lightness * s)
    low = 2 * lightness - high

    def channel(hue):
        hue = hue % 1.0
        rising = low + (high - low) * hue * 6
        falling = low + (high - low) * (2 / 3 - hue) * 6
        return np.select([hue < 1 / 6, hue < 0.5, hue < 2 / 3], [rising, high, falling], low)

    return np.stack([channel(h + 1 / 3), channel(h), channel(h - 1 / 3)]) * 255


REFERENCES = {"hsv": hsv_reference, "hls": hls_reference}


@pytest.mark.parametrize("colors", ["hsv", "hls"])
def test_every_color_is_within_one_level_of_the_formula(colors):
    worst = 0.0
    for first in range(256):
        planes = everything(first)
        expected = REFERENCES[colors](planes)
        worst = max(worst, np.abs(to_rgb(planes.copy(), colors)[0] - expected).max())
    assert worst <= 0.5 + 1e-9  # each level is the exact value rounded


def test_the_references_are_colorsys():
    rng = np.random.default_rng(0)
    planes = rng.integers(0, 256, (1, 3, 40, 50), dtype=np.uint8)
    hsv, hls = hsv_reference(planes), hls_reference(planes)
    for y, x in np.ndindex(40, 50):
        a, b, c = (int(value) for value in planes[0, :, y, x])
        assert np.allclose(hsv[:, y, x], np.array(colorsys.hsv_to_rgb(a / 255, b / 255, c / 255)) * 255)
        hue = 2 * a % 360 / 360
        assert np.allclose(hls[:, y, x], np.array(colorsys.hls_to_rgb(hue, b / 255, c / 255)) * 255)


def test_hues_that_are_one_and_the_same():
    assert np.array_equal(to_rgb(everything(0), "hsv"), to_rgb(everything(255), "hsv"))
    assert np.array_equal(to_rgb(everything(20), "hls"), to_rgb(everything(200), "hls"))


def test_gray_canvases_stay_as_they_are():
    gray = np.arange(32, dtype=np.uint8).reshape(2, 1, 4, 4)
    assert to_rgb(gray, "hsv") is gray


@pytest.mark.parametrize("name", ["cppn", "direct"])
def test_encodings_draw_in_the_colors_they_are_told(name):
    drawn = {}
    for colors in ("hsv", "hls"):
        encoding = make_encoding(name, SHAPE, {"colors": colors})
        genomes = encoding.initial(Stream.of(0, 0, 20))
        drawn[colors] = encoding.render(genomes)
        assert encoding.options["colors"] == colors
        assert np.array_equal(encoding.render(genomes), drawn[colors]), "drawing must not change a genome"
    assert (drawn["hsv"] != drawn["hls"]).any()


@pytest.mark.parametrize("name", ["cppn", "direct"])
def test_gray_encodings_record_no_colors(name):
    gray = CanvasShape(1, 8, 8)
    assert "colors" not in make_encoding(name, gray).options
    with pytest.raises(UsageError, match="colors: the canvas is gray and has none, got 'hls'"):
        make_encoding(name, gray, {"colors": "hls"})


def test_unknown_colors_are_refused():
    with pytest.raises(UsageError, match="colors: 'hsl' is unknown; did you mean hsv or hls"):
        make_encoding("cppn", SHAPE, {"colors": "hsl"})


def test_rgb_planes_are_the_image_itself_and_only_pixels_can_be_given_so():
    from foolery.encodings import make_encoding
    from foolery.encodings.direct import DirectGenomes

    shape = CanvasShape(3, 5, 4)
    levels = np.random.default_rng(0).integers(0, 256, (3, shape.size), np.uint8)
    encoding = make_encoding("direct", shape, {"colors": "rgb"})
    assert np.array_equal(encoding.render(DirectGenomes(levels)).reshape(3, -1), levels)
    with pytest.raises(UsageError, match="colors: 'rgb' is unknown"):
        make_encoding("cppn", shape, {"colors": "rgb"})
