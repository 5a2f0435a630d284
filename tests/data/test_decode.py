import io
import warnings

import numpy as np
import pytest
from PIL import Image

from foolery.canvas import from_image
from foolery.data.decode import decode, read_image
from foolery.errors import UsageError
from support.pictures import bomb, png


def saved(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("mode", "becomes"), [("L", "L"), ("1", "L"), ("LA", "L"), ("RGB", "RGB"), ("P", "RGB")]
)
def test_every_mode_becomes_gray_or_rgb(mode, becomes):
    image = decode(png(mode=mode), "noise.png")
    assert image.mode == becomes
    assert np.array_equal(
        from_image(image), from_image(Image.open(io.BytesIO(png(mode=mode))).convert(becomes))
    )


def test_transparency_is_dropped_without_a_word():
    pixels = np.arange(4, dtype=np.uint8).reshape(2, 2)
    image = (
        Image.fromarray(pixels, "P")
        if not hasattr(Image, "frombytes")
        else Image.frombytes("P", (2, 2), pixels.tobytes())
    )
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
    found = decode(saved(image, transparency=b"\x00\x80\xff\xff"), "palette.png")
    assert from_image(found)[:, 0, 1].tolist() == [40, 50, 60]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not an image"),
        (b"GIF? no", "not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        (png()[:200], "damaged or cut off"),
        (bomb(), "at most 80 million"),
        (bomb(10_000), "too many pixels, at most 80 million"),
        (bomb(9_400), "9400 x 9400 pixels, at most 80 million"),
    ],
    ids=["empty", "text", "postscript", "cut off", "bomb", "large", "a little too large"],
)
def test_what_is_no_image_gets_one_line_that_names_it(tmp_path, content, said):
    path = tmp_path / "some.png"
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # as on the command line
        with pytest.raises(UsageError, match=said) as caught:
            read_image(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_more_than_8_bits_are_refused_and_not_clipped():
    deep = Image.fromarray(np.full((4, 4), 40_000, np.uint16))
    with pytest.raises(UsageError, match=r"deep\.png: more than 8 bits a channel"):
        decode(saved(deep), "deep.png")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"absent\.png: cannot be read: No such file"):
        read_image(tmp_path / "absent.png")
