"""``foolery predict``: what a classifier sees in picture files."""

import json

import pytest

from foolery.canvas import png_bytes
from support.command import invoke, is_refused
from support.pictures import bomb, png

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture
def digit(mnist, tmp_path):
    """A file of the first test digit, a seven."""
    path = tmp_path / "seven.png"
    path.write_bytes(png_bytes(mnist.canvases[0]))
    return path


def test_five_answers_for_every_file_the_surest_first(digit, tmp_path):
    other = tmp_path / "noise.png"
    other.write_bytes(png(size=(40, 30)))
    shown = invoke("predict", "lenet", digit, other)
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    assert lines[0] == f"{digit} (28 x 28)"
    assert lines[1].split()[0] == "7"
    assert lines[7] == f"{other} (30 x 40, resized to the canvas)"
    assert len(lines) == 13


def test_json(digit):
    found = json.loads(invoke("predict", "lenet", digit, "--top", "3", "--json").stdout)
    (image,) = found["images"]
    assert (found["classifier"], found["kind"], image["resized"]) == ("lenet", "softmax", False)
    assert image["top"][0]["class"] == "7"
    assert len(image["top"]) == 3
    assert image["top"][0]["confidence"] > 0.99


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"text", "not an image"),
        (bomb(), "more than 80 million"),
        (png()[:99], "damaged or cut off"),
        (None, "No such file"),
    ],
)
def test_a_file_that_is_no_picture_gets_one_line(tmp_path, content, said):
    path = tmp_path / "some.png"
    if content is not None:
        path.write_bytes(content)
    is_refused(invoke("predict", "lenet", path), "some.png", said)


def test_words_that_cannot_be_used(digit):
    is_refused(invoke("predict", "lenet"), "IMAGE")
    is_refused(invoke("predict", "lenet", digit, "--top", "0"), "--top: expected at least 1")
