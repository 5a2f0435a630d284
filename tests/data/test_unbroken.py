import numpy as np
import pytest

from foolery.canvas import CanvasShape, to_image
from foolery.data import open_data
from foolery.data.unbroken import Unbroken
from foolery.errors import UsageError

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
    data = open_data(f"folder:{folder}", "train")
    whole = Unbroken(open_data(f"folder:{folder}", "train"))
    assert (len(whole), whole.classes, whole.unreadable) == (6, ("cat", "dog"), [])
    for mine, theirs in zip(whole.batches(4, SHAPE), data.batches(4, SHAPE), strict=True):
        assert np.array_equal(mine.canvases, theirs.canvases)
        assert np.array_equal(mine.labels, theirs.labels)


def test_a_broken_picture_ends_it_where_it_is_read(folder):
    (folder / "dog" / "1.png").write_bytes(b"no picture")
    whole = Unbroken(open_data(f"folder:{folder}", "train"))
    assert len(next(whole.take(np.arange(3)).batches(3, SHAPE))) == 3
    with pytest.raises(UsageError, match=r"1\.png.*mend it, or have such pictures skipped"):
        next(whole.take(np.array([3, 4])).batches(2, SHAPE))
