""""""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from foolery.canvas import CanvasShape, from_image
from foolery.checks.accuracy import evaluate, predict
from foolery.classifiers import load_classifier
from foolery.classifiers.base import Description
from foolery.classifiers.builtin import card_of
from foolery.errors import UsageError
from support.pictures import bomb, png
from support.plain import Plain


class Constant:
    """Gives every canvas the same scores: 0.7 for class 2, the rest shared evenly."""

    def __init__(self, classes: int) -> None:
        names = tuple(map(str, range(classes)))
        self.description = Description(
            "constant", "0" * 64, CanvasShape(1, 28, 28), names, "softmax", "python"
        )

    def scores(self, canvases: np.ndarray) -> np.ndarray:
        count = len(self.description.classes)
        row = np.full(count, np.log(0.3 / (count - 1)))
        row[2] = np.log(0.7)
        return np.tile(row, (len(canvases), 1))


def test_lenet_on_mnist_is_as_its_card_says(mnist):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    found, card = evaluate(load_classifier("lenet"), "mnist"), card_of("lenet")
    assert found.images == 10_000
    assert found.error == card.test_error
    assert found.top1 == pytest.approx(1 - found.error)
    assert found.top5 > 0.999
    assert found.median_confidence == pytest.approx(card.median_confidence, abs=1e-5)
    assert found.median_confidence_wrong < 0.9 < found.median_confidence_right
    assert found.calibration_error == pytest.approx(card.calibration_error, abs=1e-4)
    assert found.seconds > 0


def test_figures_of_a_known_classifier_are_exact(mnist):
    found = evaluate(Constant(10), "mnist")
    assert found.top1 == pytest.approx(0.1032)  # 1032 of the test digits are a two
    assert found.top5 == pytest.approx((980 + 1135 + 1032 + 1010 + 982) / 10_000)  # ties: 0, 1, 3, 4
    assert found.median_confidence_right == found.median_confidence_wrong == pytest.approx(0.7)
    assert found.calibration_error == pytest.approx(0.7 - 0.1032)


def test_the_training_pictures_can_be_asked_for(mnist_train):
    assert evaluate(Constant(10), "mnist", split="train").images == 60_000


def test_another_number_of_classes_is_refused(mnist):
    with pytest.raises(UsageError, match=r"data: 3 of its 10 class names .* of the 7 of constant: 7, 8, 9"):
        evaluate(Constant(7), "mnist")


def test_the_first_answers_are_the_classifiers_own(tmp_path):
    plain, paths = Plain(canvas=(3, 10, 12)), []
    for number in range(40):  # more than one batch
        paths.append(tmp_path / f"{number}.png")
        paths[-1].write_bytes(png(number))
    found = list(predict(plain, paths, top=2))
    assert [each.path for each in found] == paths
    canvas = from_image(Image.open(paths[37]))
    scores = plain.scores(canvas[None])[0]
    order = np.argsort(-scores)[:2]
    assert [answer.index for answer in found[37].top] == order.tolist()
    assert [answer.name for answer in found[37].top] == [plain.description.classes[row] for row in order]
    assert found[37].top[0].confidence == pytest.approx(np.exp(scores.max()))
    assert (found[0].size, found[0].resized) == ((10, 12), False)


def test_a_picture_of_another_size_is_fitted_and_said_so(tmp_path):
    (tmp_path / "a.png").write_bytes(png(size=(31, 17)))
    (found,) = predict(Plain(), [tmp_path / "a.png"])
    assert (found.size, found.resized, len(found.top)) == ((17, 31), True, 3)


@pytest.mark.parametrize(
    ("content", "said"), [(b"text", "not an image"), (bomb(), "more than 80 million pixels")]
)
def test_a_file_that_is_no_picture_ends_it(tmp_path, content, said):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(UsageError, match=said):
        list(predict(Plain(), [tmp_path / "a.png"]))
