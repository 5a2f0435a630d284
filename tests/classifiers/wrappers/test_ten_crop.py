import dataclasses

import numpy as np
import pytest

from foolery.canvas import CanvasShape
from foolery.classifiers import load_classifier
from foolery.classifiers.wrappers.ten_crop import TenCrop, corners, ten_crop
from foolery.errors import UsageError
from support.plain import Plain, noise


@pytest.mark.parametrize("crop", [(4, 5), (5, 5), (6, 8)])
def test_it_is_the_mean_of_ten_softmaxes(crop):
    plain = Plain(crop=crop)
    canvases = noise(3)
    height, width = crop
    centre = round((6 - height) / 2), round((8 - width) / 2)
    expected = np.zeros((3, 3))
    for row, column in [(0, 0), (0, 8 - width), (6 - height, 0), (6 - height, 8 - width), centre]:
        cut = canvases[:, :, row : row + height, column : column + width]
        for view in (cut, cut[:, :, :, ::-1]):
            logits = view.reshape(3, -1) / 255 @ plain.weights
            expected += np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True) / 10
    assert np.allclose(np.exp(TenCrop(plain, crop).scores(canvases)), expected, rtol=1e-12)


def test_the_places_are_the_papers():
    found = corners(CanvasShape(3, 256, 256), (227, 227))
    assert found == [(0, 0), (0, 29), (29, 0), (29, 29), (14, 14)]


def test_a_name_and_a_fingerprint_of_its_own():
    first, second = (
        TenCrop(Plain(crop=(4, 5)), (4, 5)).description,
        TenCrop(Plain(1, crop=(4, 5)), (4, 5)).description,
    )
    assert first.name == "tencrop:plain0"
    prints = {first.fingerprint, second.fingerprint, Plain().description.fingerprint}
    prints.add(TenCrop(Plain(crop=(4, 5)), (4, 4)).description.fingerprint)
    assert len(prints) == 4
    assert dataclasses.replace(first, name="", fingerprint="") == dataclasses.replace(
        Plain().description, name="", fingerprint=""
    )


def test_a_crop_larger_than_the_canvas_is_refused():
    with pytest.raises(UsageError, match="a crop of 7 x 8 does not fit"):
        TenCrop(Plain(), (7, 8))


def test_a_classifier_without_a_crop_is_refused():
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    with pytest.raises(UsageError, match="tencrop: lenet cuts nothing out of its canvas"):
        ten_crop(load_classifier("lenet"))
