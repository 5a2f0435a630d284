""""""

from __future__ import annotations

import numpy as np
import pytest

from foolery.canvas import CanvasShape, to_image
from foolery.data import LabelledImages, load_data, sample
from foolery.data.labelled import StrictData
from foolery.errors import UsageError

PICTURES = np.arange(7 * 16, dtype=np.uint8).reshape(7, 1, 4, 4)
LABELS = np.array([0, 1, 2, 0, 1, 2, 0])
CLASSES = ("cat", "dog", "owl")


def test_batches_come_in_order_and_are_never_larger_than_asked():
    data = LabelledImages(PICTURES, LABELS, CLASSES)
    parts = list(data.batches(3, CanvasShape(1, 4, 4)))
    assert [len(part) for part in parts] == [3, 3, 1]
    assert np.array_equal(np.concatenate([part.canvases for part in parts]), PICTURES)
    assert np.array_equal(np.concatenate([part.labels for part in parts]), LABELS)


def test_batches_are_fitted_to_the_canvas():
    (part,) = LabelledImages(PICTURES, LABELS, CLASSES).batches(10, CanvasShape(3, 6, 5))
    assert part.canvases.shape == (7, 3, 6, 5)
    assert part.classes == CLASSES


@pytest.mark.parametrize(
    ("canvases", "labels", "said"),
    [
        (PICTURES.astype(np.float32), LABELS, "uint8"),
        (PICTURES[:, 0], LABELS, r"expected \(N, C, H, W\)"),
        (PICTURES, LABELS[:6], r"expected \(7,\) int64"),
        (PICTURES, LABELS.astype(np.int32), "int64"),
        (PICTURES, LABELS + 1, "expected 0 to 2"),
        (PICTURES, LABELS - 1, "expected 0 to 2"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(canvases, labels, said):
    with pytest.raises(UsageError, match=said):
        LabelledImages(canvases, labels, CLASSES)


def test_chosen_images_and_samples_are_the_same_every_time():
    data = LabelledImages(PICTURES, LABELS, CLASSES)
    assert data.take(np.array([5, 1])).labels.tolist() == [1, 2]
    first, second = sample(data, 3), sample(data, 3)
    assert np.array_equal(first.canvases, second.canvases)
    assert len(first) == 3
    assert sample(data, 7) is data


SHAPE = CanvasShape(3, 8, 8)


@pytest.fixture
def folder(tmp_path):
    """Two classes of three pictures."""
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(3):
            to_image(rng.integers(0, 256, (3, 8, 8)).astype(np.uint8)).save(tmp_path / name / f"{number}.png")
    return tmp_path


def test_whole_data_is_what_it_was(folder):
    data = load_data(f"folder:{folder}", "train")
    whole = StrictData(load_data(f"folder:{folder}", "train"))
    assert (len(whole), whole.classes, whole.unreadable) == (6, ("cat", "dog"), [])
    for mine, theirs in zip(whole.batches(4, SHAPE), data.batches(4, SHAPE), strict=True):
        assert np.array_equal(mine.canvases, theirs.canvases)
        assert np.array_equal(mine.labels, theirs.labels)


def test_a_broken_image_ends_it_where_it_is_read(folder):
    (folder / "dog" / "1.png").write_bytes(b"no picture")
    whole = StrictData(load_data(f"folder:{folder}", "train"))
    assert len(next(whole.take(np.arange(3)).batches(3, SHAPE))) == 3
    with pytest.raises(UsageError, match=r"1\.png.*mend it, or have such images skipped"):
        next(whole.take(np.array([3, 4])).batches(2, SHAPE))
