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
        (b"", "an empty file"),
        (b"GIF? no", "not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        (png()[:200], "damaged or cut off"),
        (bomb(), "more than 80 million pixels"),
        (bomb(10_000), "more than 80 million pixels"),
        (bomb(9_400), r"more than 80 million pixels .*\(9400 x 9400\)"),
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


def test_of_16_bits_a_channel_the_upper_8_are_read():
    deep = Image.fromarray(np.array([[0, 255, 256], [40_000, 65_280, 65_535]], np.uint16))
    assert from_image(decode(saved(deep), "deep.png"))[0].tolist() == [[0, 0, 1], [156, 255, 255]]


def test_16_bits_of_which_a_scanner_used_12_are_refused_and_not_read_as_black():
    scan = Image.fromarray(np.full((4, 4), 4_000, np.uint16))
    with pytest.raises(UsageError, match=r"scan\.png: 16 bits a channel of which the upper ones are unused"):
        decode(saved(scan), "scan.png")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"absent\.png: cannot be read: No such file"):
        read_image(tmp_path / "absent.png")
