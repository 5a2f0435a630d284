"""``foolery export`` and ``foolery report``: files for others."""

import json

from PIL import Image

from support.command import invoke, is_refused


def test_export_writes_a_picture_for_every_champion(small_run, tmp_path):
    finished = invoke("export", small_run, "-o", tmp_path / "out")
    assert finished.returncode == 0, finished.stderr
    champions = json.loads((tmp_path / "out/champions.json").read_text())["champions"]
    assert len(champions) == 10
    for champion in champions:
        with Image.open(tmp_path / "out" / champion["file"]) as picture:
            assert (picture.size, picture.mode) == ((28, 28), "L")


def test_export_does_not_write_over_what_is_there_without_being_asked(small_run, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    is_refused(invoke("export", small_run, "-o", tmp_path), str(tmp_path), "--overwrite")
    assert invoke("export", small_run, "-o", tmp_path, "--overwrite").returncode == 0
    assert (tmp_path / "mine.txt").read_text() == "mine"


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
