import numpy as np
import pytest
from PIL import Image

from foolery.canvas import from_image
from foolery.checks.predict import predict
from foolery.errors import UsageError
from support.pictures import bomb, png
from support.plain import Plain


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
    assert [answer.index for answer in found[37].answers] == order.tolist()
    assert [answer.name for answer in found[37].answers] == [plain.description.classes[row] for row in order]
    assert found[37].answers[0].confidence == pytest.approx(np.exp(scores.max()))
    assert (found[0].size, found[0].resized) == ((10, 12), False)


def test_a_picture_of_another_size_is_fitted_and_said_so(tmp_path):
    (tmp_path / "a.png").write_bytes(png(size=(31, 17)))
    (found,) = predict(Plain(), [tmp_path / "a.png"])
    assert (found.size, found.resized, len(found.answers)) == ((17, 31), True, 3)


@pytest.mark.parametrize(
    ("content", "said"), [(b"text", "not a picture"), (bomb(), "too many|at most 80 million")]
)
def test_a_file_that_is_no_picture_ends_it(tmp_path, content, said):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(UsageError, match=said):
        list(predict(Plain(), [tmp_path / "a.png"]))
