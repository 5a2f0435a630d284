import os
import subprocess
import sys

import numpy as np
import pytest

from foolery.canvas import CanvasShape, from_png
from foolery.data import load_data
from foolery.errors import UsageError
from foolery.install import install_command
from support.pictures import parquet, png

CANVAS = CanvasShape(3, 10, 12)
NAMES = ["cat", "dog", "owl"]
LABELS = [0, 2, 1, 1, 0, 2, 2, 0, 1, 0, 2]


def test_images_labels_and_names_come_as_they_were_written(tmp_path):
    data = load_data(f"parquet:{parquet(tmp_path / 'a.parquet', LABELS, names=NAMES)}")
    assert (data.classes, len(data)) == (("cat", "dog", "owl"), 11)
    parts = list(data.batches(5, CANVAS))
    assert [len(part) for part in parts] == [5, 5, 1]
    assert np.concatenate([part.labels for part in parts]).tolist() == LABELS
    expected = np.stack([from_png(png(row)) for row in range(11)])
    assert np.array_equal(np.concatenate([part.canvases for part in parts]), expected)


def test_chosen_rows_are_found_over_row_groups_and_files(tmp_path):
    first = parquet(tmp_path / "a.parquet", LABELS, names=NAMES, row_group_size=3)
    second = parquet(tmp_path / "b.parquet", LABELS, names=NAMES, row_group_size=2)
    data = load_data(f"parquet:{first},{second}").take(np.array([2, 10, 11, 20]))
    (part,) = data.batches(10, CANVAS)
    assert part.labels.tolist() == [1, 2, 0, 0]
    assert np.array_equal(part.canvases, np.stack([from_png(png(row)) for row in (2, 10, 0, 9)]))


@pytest.mark.parametrize(
    "text", ["{folder}", "{folder}/{{train,test}}.parquet", "{folder}/{{train,val,test}}.parquet"]
)
def test_a_split_is_chosen_by_its_name(tmp_path, text):
    parquet(tmp_path / "train.parquet", LABELS, names=NAMES)
    parquet(tmp_path / "test.parquet", LABELS[:4], names=NAMES)
    reference = "parquet:" + text.format(folder=tmp_path)
    assert len(load_data(reference, "train")) == 11
    assert len(load_data(reference, "test")) == 4


def test_a_pattern_names_shards_in_order(tmp_path):
    for number in range(2):
        parquet(tmp_path / f"train-{number}.parquet", LABELS[number:], names=NAMES)
    assert len(load_data(f"parquet:{tmp_path}/train-*.parquet")) == 21


def test_without_names_the_labels_are_the_names(tmp_path):
    assert load_data(f"parquet:{parquet(tmp_path / 'a.parquet', LABELS)}").classes == ("0", "1", "2")


def test_broken_rows_are_left_out_and_named(tmp_path):
    contents = [png(0), None, b"no picture", png(3)]
    path = parquet(tmp_path / "a.parquet", [0, 1, 2, 1], names=NAMES, contents=contents)
    data = load_data(f"parquet:{path}")
    (part,) = data.batches(10, CANVAS)
    assert part.labels.tolist() == [0, 1]
    assert [said.split(":")[0] for said in data.unreadable] == [
        "image a.parquet row 1",
        "image a.parquet row 2",
    ]


def damaged(folder, how):
    path = parquet(folder / "a.parquet", [0, 1, 2, -1] if how == "unlabelled" else [0, 1, 2], names=NAMES)
    if how == "text":
        path.write_text("label,image\n")
    if how == "cut off":
        path.write_bytes(path.read_bytes()[:-30])
    if how == "other columns":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"a": [1]}), path)
    return path


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("text", "not a Parquet file"),
        ("cut off", "not a Parquet file, or damaged"),
        ("other columns", "no column holds images; call the one that does 'image'. It has the columns a"),
        ("unlabelled", "labels from -1 to 2 for 3 class names"),
    ],
)
def test_a_file_that_cannot_be_used_gets_one_line(tmp_path, how, said):
    path = damaged(tmp_path, how)
    with pytest.raises(UsageError, match=said) as caught:
        load_data(f"parquet:{path}")
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("absent.parquet", "no file absent"),
        ("*.parquet", "no file"),
        ("", "names no file"),
        ("{a,b}.parquet", "no test among a, b"),
    ],
)
def test_a_file_that_is_not_there_is_named(text, said):
    with pytest.raises(UsageError, match=said):
        load_data(f"parquet:{text}")


def test_files_with_other_class_names_do_not_belong_together(tmp_path):
    first = parquet(tmp_path / "a.parquet", LABELS, names=NAMES)
    second = parquet(tmp_path / "b.parquet", LABELS, names=NAMES[::-1])
    with pytest.raises(UsageError, match="class names differ"):
        load_data(f"parquet:{first},{second}")


def test_without_pyarrow_the_error_is_the_pip_line(tmp_path):
    path = parquet(tmp_path / "a.parquet", LABELS, names=NAMES)
    opening = f"from foolery.data import load_data\nload_data('parquet:{path}')"
    code = f"import sys; sys.modules['pyarrow'] = None\n{opening}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert install_command("dataset") in done.stderr


def test_a_small_file_that_claims_many_rows_is_refused_before_they_are_made(tmp_path, monkeypatch):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from foolery.data import parquet as reader

    rows = 3_000_000
    table = pa.table({"image": pa.nulls(rows, pa.binary()), "label": pa.array(np.zeros(rows, np.int64))})
    pq.write_table(table, tmp_path / "a.parquet", compression="zstd")
    assert (tmp_path / "a.parquet").stat().st_size < 100_000
    monkeypatch.setattr(reader, "MAX_ROWS", rows - 1)
    with pytest.raises(UsageError, match=r"a\.parquet: it has 3,000,000 rows, at most 2,999,999 are read"):
        load_data(f"parquet:{tmp_path / 'a.parquet'}")


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([10**8], "label 100,000,000, and no class names; at most 100,000"),
        ([2**62], "at most 100,000 classes are read"),
        (["x" * 30_000], "a label has 30,000 bytes, at most 20,000 are read"),
        ([str(number) for number in range(100_001)], "100,001 different labels, at most 100,000"),
    ],
)
def test_labels_that_would_make_too_many_classes_are_one_line(tmp_path, labels, said):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"image": pa.nulls(len(labels), pa.binary()), "label": labels})
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(UsageError) as refused:
        load_data(f"parquet:{tmp_path / 'a.parquet'}")
    assert said in str(refused.value)


def test_a_file_outside_or_no_regular_one_that_a_cell_names_is_not_read(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "out.png").write_bytes(png(0))
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "own.png").write_bytes(png(1))
    (folder / "zero.png").symlink_to("/dev/zero")
    (folder / "link.png").symlink_to(tmp_path / "out.png")
    os.mkfifo(folder / "pipe.png")
    names = ["../out.png", "zero.png", "link.png", "pipe.png", "own.png"]
    cells = pa.array([{"bytes": None, "path": name} for name in names])
    pq.write_table(pa.table({"image": cells, "label": [0] * 5}), folder / "a.parquet")
    data = load_data(f"parquet:{folder / 'a.parquet'}")
    assert sum(len(part) for part in data.batches(5, CANVAS)) == 1
    assert len(data.unreadable) == 4


def test_a_pipe_in_the_place_of_a_file_is_refused_at_once(tmp_path):
    (tmp_path / "a.parquet").symlink_to("/dev/zero")
    with pytest.raises(UsageError):
        load_data(f"parquet:{tmp_path}")
