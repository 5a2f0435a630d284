import json
import tracemalloc

import numpy as np
import pytest

from foolery.canvas import CanvasShape, from_png
from foolery.data import load_data
from foolery.errors import UsageError
from support.pictures import bomb, class_folders, png

CANVAS = CanvasShape(3, 10, 12)


def test_classes_are_the_folders_in_sorted_order(tmp_path):
    data = load_data(f"folder:{class_folders(tmp_path, 'owl', 'cat', 'dog')}")
    assert data.classes == ("cat", "dog", "owl")
    assert len(data) == 9
    parts = list(data.batches(4, CANVAS))
    assert [len(part) for part in parts] == [4, 4, 1]
    assert np.concatenate([part.labels for part in parts]).tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert np.array_equal(parts[0].canvases[0], from_png(png(100)))  # cat/0.png, made second


def test_a_file_of_names_translates_the_folders(tmp_path):
    class_folders(tmp_path, "n02", "n01")
    (tmp_path / "classes.json").write_text(json.dumps([["n01", "tench"], ["n02", "goldfish"]]))
    assert load_data(f"folder:{tmp_path}").classes == ("tench", "goldfish")


@pytest.mark.parametrize(
    "content", [b"[", b'["tench"]', b'[["n01", "tench"]]', "[['n01', 'ä']]".encode("latin-1")]
)
def test_a_file_of_names_that_cannot_be_used_is_refused(tmp_path, content):
    class_folders(tmp_path, "n01", "n02")
    (tmp_path / "classes.json").write_bytes(content)
    with pytest.raises(
        UsageError, match=r"classes\.json: (expected a JSON list|has no name for the folder 'n0)"
    ):
        load_data(f"folder:{tmp_path}")


@pytest.mark.parametrize(("split", "there"), [("train", "train"), ("test", "test"), ("test", "val")])
def test_folders_named_like_splits_are_splits(tmp_path, split, there):
    class_folders(tmp_path / there, "a", "b", count=2)
    class_folders(tmp_path / ("train" if there != "train" else "test"), "a", "b", count=5)
    assert len(load_data(f"folder:{tmp_path}", split)) == 4


def test_a_split_that_is_not_there_is_named(tmp_path):
    class_folders(tmp_path / "train", "a", "b")
    with pytest.raises(UsageError, match="it has no test; it has train"):
        load_data(f"folder:{tmp_path}")


def test_broken_images_are_left_out_counted_and_named(tmp_path):
    class_folders(tmp_path, "a", "b")
    (tmp_path / "a" / "1.png").write_bytes(b"no picture")
    (tmp_path / "b" / "0.png").write_bytes(png()[:150])
    (tmp_path / "b" / "bomb.png").write_bytes(bomb())
    data = load_data(f"folder:{tmp_path}")
    assert data.unreadable == []  # nothing is decoded before it is asked for
    for _ in range(2):
        parts = list(data.batches(3, CANVAS))
        assert np.concatenate([part.labels for part in parts]).tolist() == [0, 0, 1, 1]
    assert [said.split(":")[0] for said in data.unreadable] == [
        "image a/1.png",
        "image b/0.png",
        "image b/bomb.png",
    ]


def test_nothing_but_broken_images_is_an_error(tmp_path):
    class_folders(tmp_path, "a", "b", count=1)
    for path in tmp_path.rglob("*.png"):
        path.write_bytes(b"no picture")
    with pytest.raises(UsageError, match=r"none of the 2 images could be read; image a/0\.png: not an image"):
        list(load_data(f"folder:{tmp_path}").batches(8, CANVAS))


@pytest.mark.parametrize(("folder", "said"), [("absent", "no such folder"), (".", "0 folders and no images")])
def test_a_folder_that_is_not_laid_out_like_that_is_refused(tmp_path, folder, said):
    with pytest.raises(UsageError, match=said):
        load_data(f"folder:{tmp_path / folder}")


def test_images_that_lie_loose_are_counted_and_told_where_to_go(tmp_path):
    class_folders(tmp_path, "a", count=3)
    (tmp_path / "a" / "nothing").mkdir()
    with pytest.raises(UsageError, match=r"found 3 images that lie in no such folder; move each"):
        load_data(f"folder:{tmp_path / 'a'}")


def test_no_more_than_a_batch_is_in_memory(tmp_path):
    class_folders(tmp_path, "a", "b", count=20)
    large = CanvasShape(3, 200, 200)
    data = load_data(f"folder:{tmp_path}")
    tracemalloc.start()
    seen = sum(len(part) for part in data.batches(4, large))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen == 40
    assert peak < 16 * large.size  # a batch, its copy, and what was read; all of it would be 40


def test_chosen_images_keep_their_order(tmp_path):
    data = load_data(f"folder:{class_folders(tmp_path, 'a', 'b')}").take(np.array([4, 1]))
    (part,) = data.batches(10, CANVAS)
    assert part.labels.tolist() == [0, 1]
    assert np.array_equal(part.canvases[1], from_png(png(101)))
