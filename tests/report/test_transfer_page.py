"""The page of a transfer matrix, which needs no network."""

import json
from xml.etree import ElementTree as Xml

import pytest

from foolery.analysis.transferability import transfer
from foolery.errors import UsageError
from foolery.report import write_report
from foolery.report.transfer_page import transfer_rows
from report.pages import read_page
from support.plain import Plain
from support.results import run_result

SPACE = "{http://www.w3.org/2000/svg}"
CANVAS = (3, 6, 8)
NAMES = ("cat", "dog", "owl")


@pytest.fixture
def matrix():
    runs = [run_result(classes=NAMES, canvas=CANVAS, confidences=(0.9, 0.99, 0.5), seed=s, name=f"<{s}>")
            for s in (1, 2)]  # fmt: skip
    return transfer(runs, [Plain(3, CANVAS), Plain(4, (1, 9, 9), classes=("cat", "<b>eel</b>", "owl"))])


def test_the_page_opens_from_a_folder_and_holds_the_pictures_and_the_table(matrix, tmp_path):
    page = read_page(write_report(matrix, tmp_path / "page"))
    assert len(page.all("svg")) == 3
    assert "<b>eel</b>" not in page.texts["h1"]
    cells = "".join(page.texts["td"])
    for line in transfer_rows(matrix.pooled, matrix.columns):
        assert line[3].replace(" ", "\N{NARROW NO-BREAK SPACE}") in cells
    text = (tmp_path / "page" / "index.html").read_text()
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text
    assert "style=" not in text.replace("<style", "")
    assert "Classes unknown to plain4, whose images are left out of its column: dog." in text


def test_beside_it_lie_the_figures_and_every_picture_as_a_file(matrix, tmp_path):
    write_report(matrix, tmp_path)
    assert json.loads((tmp_path / "transfer.json").read_text())["columns"] == ["plain3", "plain4"]
    for name in ("match_rate", "confidence", "both_99"):
        assert Xml.parse(tmp_path / f"{name}.svg").getroot().tag == f"{SPACE}svg"


def test_other_files_are_left_alone(matrix, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty and holds no report"):
        write_report(matrix, tmp_path)
    write_report(matrix, tmp_path, overwrite=True)
    write_report(matrix, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_single_file_has_nothing_beside_it(matrix, tmp_path):
    page = read_page(write_report(matrix, tmp_path / "page", single_file=True))
    assert page.files() == []
    assert {path.name for path in (tmp_path / "page").iterdir()} == {"index.html", "gallery.json"}
