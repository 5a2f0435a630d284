"""``foolery export`` and ``foolery report``: files for others, with the examples of the how-to page."""

import json
import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from support.command import invoke, is_refused

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "make-a-fooling-set.md"


def test_export_writes_a_picture_for_every_champion(small_run, tmp_path):
    finished = invoke("export", small_run, "-o", tmp_path / "out")
    assert finished.returncode == 0, finished.stderr
    champions = json.loads((tmp_path / "out/champions.json").read_text())["champions"]
    assert len(champions) == 10
    for champion in champions:
        with Image.open(tmp_path / "out" / champion["file"]) as picture:
            assert (picture.size, picture.mode) == ((28, 28), "L")


def test_a_cppn_is_drawn_at_any_size_and_said_to_be_another_picture(small_run, tmp_path):
    done = invoke("export", small_run, "-o", tmp_path / "large", "--size", "300")
    assert done.returncode == 0
    assert "not the canvases that were scored" in done.stdout
    index = json.loads((tmp_path / "large/champions.json").read_text())
    assert (index["size"], "canvas_hash" in index["champions"][0]) == (300, False)
    invoke("export", small_run, "-o", tmp_path / "same", "--size", "28")
    invoke("export", small_run, "-o", tmp_path / "scored")
    for champion in index["champions"]:
        with Image.open(tmp_path / "large" / champion["file"]) as picture:
            assert picture.size == (300, 300)
        same, scored = (tmp_path / folder / champion["file"] for folder in ("same", "scored"))
        assert same.read_bytes() == scored.read_bytes()


@pytest.mark.parametrize("size", ["0", "5000", "-3"])
def test_a_size_that_cannot_be_drawn_is_refused(small_run, tmp_path, size):
    is_refused(
        invoke("export", small_run, "-o", tmp_path / "out", "--size", size), "size: expected 1 to 4096"
    )
    assert not (tmp_path / "out").exists()


def test_export_does_not_write_over_what_is_there_without_being_asked(small_run, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    is_refused(invoke("export", small_run, "-o", tmp_path), str(tmp_path), "--overwrite")
    assert invoke("export", small_run, "-o", tmp_path, "--overwrite").returncode == 0
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_export_says_in_json_what_it_wrote(small_run, tmp_path):
    said = json.loads(invoke("export", small_run, "-o", tmp_path / "out", "--json").stdout)
    assert said == {"out": str(tmp_path / "out"), "images": 10}


def test_a_set_is_told_in_words_and_in_json(small_run, tmp_path):
    done = invoke("export", small_run, "--format", "folder", "-o", tmp_path / "set")
    assert done.returncode == 0, done.stderr
    count = len(list((tmp_path / "set/train").rglob("*.png")))
    assert f"{count} in train, of 1 run\n" in done.stdout
    assert "splits are by run" in done.stdout
    again = invoke("export", small_run, "--format", "folder", "-o", tmp_path / "set", "--overwrite", "--json")
    said = json.loads(again.stdout)
    assert (said["images"], said["duplicates_removed"]) == ({"train": count}, 10 - count)
    assert said["runs"][0]["run"] == "small"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "zip"], ["--format", "folder"]),
        (["--test-share", "0.5"], ["--test-share", "--format folder"]),
        (["--min-confidence", "0.5"], ["--min-confidence", "--format folder"]),
        (["--format", "folder", "--test-share", "1"], ["--test-share", "less than 1"]),
        (["--format", "folder", "--test-share", "much"], ["--test-share", "much"]),
    ],
)
def test_words_that_do_not_fit_are_refused(small_run, tmp_path, words, said):
    is_refused(invoke("export", small_run, "-o", tmp_path / "set", *words), *said)
    assert not (tmp_path / "set").exists()


def test_several_runs_need_a_form(small_run, tmp_path):
    is_refused(invoke("export", small_run, small_run, "-o", tmp_path / "set"), "--format folder")


def test_an_audit_alone_needs_a_form_too(tmp_path):
    (tmp_path / "audit.json").write_text("{}")
    is_refused(invoke("export", tmp_path, "-o", tmp_path / "set"), "is an audit", "--format folder")


def test_a_set_is_not_written_over_what_is_there(small_run, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    is_refused(
        invoke("export", small_run, "--format", "folder", "-o", tmp_path), str(tmp_path), "--overwrite"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_examples_of_the_page(mnist, tmp_path, monkeypatch):
    pytest.importorskip("pyarrow", reason="the extra dataset is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    text = PAGE.read_text(encoding="utf-8")
    for language, block in re.findall(r"```(sh|python)\n(.*?)```", text, re.DOTALL):
        if language == "python":
            if "load_dataset" in block and find_spec("datasets") is None:
                continue
            if "torchvision" in block:
                pretend_torchvision_fits()
            exec(compile(block, str(PAGE), "exec"), {})
            continue
        for line in block.replace("\\\n", " ").splitlines():
            done = invoke(*shlex.split(line)[1:])
            assert done.returncode == 0, done.stderr
    assert (tmp_path / "set-of-lenet" / "train").is_dir()


def pretend_torchvision_fits():
    from foolery.classifiers.torchvision import import_torchvision
    from foolery.errors import UsageError

    try:
        import_torchvision("be tested")
    except UsageError:
        pytest.skip("the extra vision is not installed")


def test_report_prints_the_page_that_it_wrote(small_run, tmp_path):
    finished = invoke("report", small_run, "-o", tmp_path / "gallery")
    assert finished.returncode == 0, finished.stderr
    page = tmp_path / "gallery/index.html"
    assert finished.stdout == f"{page}\n"
    assert "lenet" in page.read_text(encoding="utf-8")


def test_report_replaces_a_gallery_but_nothing_else_without_being_asked(small_run, tmp_path):
    gallery, other = tmp_path / "gallery", tmp_path / "other"
    assert invoke("report", small_run, "-o", gallery).returncode == 0
    assert invoke("report", small_run, small_run, "-o", gallery).returncode == 0
    other.mkdir()
    (other / "index.html").write_text("mine")
    is_refused(invoke("report", small_run, "-o", other), str(other), "--overwrite")
    assert (other / "index.html").read_text() == "mine"
