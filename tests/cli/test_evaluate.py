"""``foolery evaluate``: a classifier on labelled data."""

import json

import pytest

from foolery.data import load_data
from foolery.errors import UsageError
from support.command import invoke, is_refused, run
from support.pictures import class_folders


@pytest.fixture
def mnist():
    try:
        load_data("mnist", "test")
    except UsageError as error:
        pytest.skip(str(error))


@pytest.mark.usefixtures("mnist")
def test_the_shipped_networks_err_as_rarely_as_the_papers():
    for name in ("lenet", "lenet-b"):
        found = json.loads(invoke("evaluate", name, "--data", "mnist", "--json").stdout)
        assert found["images"] == 10000
        assert found["error"] <= 0.0094


@pytest.mark.usefixtures("mnist")
def test_without_json_the_error_is_printed_in_percent():
    shown = invoke("evaluate", "lenet")
    assert shown.returncode == 0, shown.stderr
    assert "10000 images" in shown.stdout
    assert "error 0." in shown.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["lanet"], ["classifier", "lenet"]),
        (["lenet", "--data", "minst"], ["data", "'minst'", "did you mean mnist"]),
        (["lenet", "--split", "dev"], ["split", "'dev'", "test"]),
    ],
    ids=" ".join,
)
def test_what_cannot_be_used_gets_one_line(words, expected):
    is_refused(invoke("evaluate", *words), *expected)


def test_without_data_and_without_network_it_says_what_to_do(tmp_path):
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
    environment = nowhere | {name.upper(): value for name, value in nowhere.items()}
    finished = run("evaluate", "lenet", FOOLERY_DATA=str(tmp_path / "empty"), **environment)
    is_refused(finished, "FOOLERY_DATA")


def test_a_folder_of_photos_with_broken_ones_left_out(tmp_path):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    class_folders(tmp_path, *"0123456789", count=2)
    (tmp_path / "3" / "0.png").write_bytes(b"no picture")
    finished = invoke("evaluate", "lenet", "--data", f"folder:{tmp_path}", "--json")
    found = json.loads(finished.stdout)
    assert (found["images"], found["matched_by"]) == (19, "name")
    assert [each.split(" (")[0] for each in found["unreadable"]] == ["image 3/0.png: not an image"]
    assert "20 images of 10 classes (2 of each)" in finished.stderr
    assert "left out while reading: not an image" in finished.stderr
    assert list(found["contents"]["left_out"].values()) == [1]


def test_class_names_that_do_not_match_are_listed(tmp_path):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    class_folders(tmp_path, "1", "2", "cat", count=1)
    finished = invoke("evaluate", "lenet", "--data", f"folder:{tmp_path}")
    is_refused(finished, "1 of its 3 class names", "cat", after_reading=True)


def test_all_figures_are_printed(tmp_path):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    class_folders(tmp_path, *(f"kind {number}" for number in range(10)), count=1)
    shown = invoke("evaluate", "lenet", "--data", f"folder:{tmp_path}").stdout
    first, second, *figures = shown.splitlines()
    assert "10 images of 10 classes (1 of each); no class name agrees" in first
    assert "matched by position alone: kind 0 as 0, kind 1 as 1" in first
    assert second.startswith("lenet")
    assert [line.split()[0] for line in figures] == ["top-1", "top-5", "confidence", "calibration", "time"]
