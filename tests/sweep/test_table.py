"""The table of a board: figures of its run files, on the command line, on pages and as Parquet."""

import json
from dataclasses import replace

import pytest

from foolery import report
from foolery.audit import open_audit
from foolery.report.artifact import open_artifact
from foolery.sweep import EngineChoice, SweepOptions, board_status, sweep
from foolery.sweep.status import PieceNote, write_note
from foolery.sweep.table import board_cells
from support.boards import small_board
from support.command import invoke, is_refused

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture(scope="module")
def status(mnist, tmp_path_factory):
    """One classifier under an attack and an encoding, and one that is not finished."""
    out = tmp_path_factory.mktemp("table") / "board"
    board = small_board(
        classifiers=["perceptron"], attacks=["cppn"], budget=1000, max_images=100, data="mnist", batch=20
    )
    return sweep(board, out, SweepOptions(EngineChoice.parse("local:1")))


def test_a_cell_of_an_attack_has_the_figures_of_its_audit(status):
    attack, encoding = board_cells(status)
    audit = open_audit(status.out / attack.folders[0] / "audit")
    detection = audit.verdict.detection
    assert (attack.fpr95.value, attack.auroc.low) == (detection.fpr["95"].value, detection.auroc.low)
    assert attack.seeds == 2
    assert attack.queries_to_half is None or attack.queries_to_half.low <= attack.queries_to_half.value
    assert audit.verdict.queries_to_half is None or attack.queries_to_half is None or (
        attack.queries_to_half.value == audit.verdict.queries_to_half
    )  # fmt: skip
    assert (encoding.fpr95, encoding.seeds, encoding.queries) == (None, 2, 200)
    assert encoding.median_confidence.low <= encoding.median_confidence.value


def test_parquet_has_a_row_for_each_cell(status):
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra dataset is not installed")
    rows = parquet.read_table(status.out / "board.parquet").to_pylist()
    assert [(row["search"], row["kind"], row["state"]) for row in rows] == [
        ("cppn", "attack", "finished"), ("direct", "encoding", "finished"),
    ]  # fmt: skip
    assert rows[0]["fpr95"] == board_cells(status)[0].fpr95.value
    assert rows[1]["auroc"] is None


def test_pages_lead_from_a_cell_to_its_images_and_how_to_score_them_again(status, tmp_path):
    page = report(status.out, tmp_path / "page")
    text = page.read_text(encoding="utf-8")
    assert '<a href="cells/1/index.html">cppn (attack)</a>' in text
    assert "refresh" not in text
    cell = (page.parent / "cells" / "1" / "index.html").read_text(encoding="utf-8")
    assert "foolery audit perceptron --champions pieces/perceptron-cppn-" in cell
    audit = open_audit(next(status.out.glob("pieces/perceptron-cppn-*/audit")))
    images = {(audit.folder / one.image).read_bytes() for one in audit.champions}
    assert {file.read_bytes() for file in page.parent.glob("cells/1/*.png")} == images
    assert len(list(page.parent.glob("cells/2/*.png"))) == 10
    assert json.loads((page.parent / "table.json").read_text())[0]["classifier"] == "perceptron"


def test_the_command_of_a_cell_scores_its_images_again(status, tmp_path, monkeypatch):
    monkeypatch.chdir(status.out)
    folder = board_cells(status)[0].folders[0]
    done = invoke("audit", "perceptron", "--champions", f"{folder}/audit", "--data", "mnist", "--max-images",
                  "100", "--out", tmp_path / "again")  # fmt: skip
    assert done.returncode == 0, done.stderr
    before, after = open_audit(status.out / folder / "audit"), open_audit(tmp_path / "again")
    assert [one.confidence for one in after.champions] == [one.confidence for one in before.champions]


def test_show_prints_every_cell_and_what_failed(status, tmp_path):
    done = invoke("show", status.out)
    assert done.returncode == 0, done.stderr
    assert "cppn (attack)" in done.stdout
    assert "3 finished" in done.stdout
    is_refused(invoke("show", status.out, tmp_path), "is a board; show it alone")
    shown = json.loads(invoke("show", status.out, "--json").stdout)
    assert shown["counts"]["finished"] == len(shown["pieces"]) == 3
    assert len(shown["cells"]) == 2


def test_a_board_that_is_not_finished_says_so_and_its_page_is_asked_for_again(status, tmp_path):
    other = small_board(classifiers=["perceptron"], generations=7)
    from foolery.sweep import make_plan
    from foolery.sweep.pieces import write_plan

    plan = make_plan(other)
    write_plan(plan, tmp_path)
    write_note(tmp_path / plan.pieces[0].folder, PieceNote("failed", "the camera is gone"))
    note = PieceNote("running", beat=2.0**40)
    write_note(tmp_path / plan.pieces[1].folder, note)
    assert board_status(plan, tmp_path).counts["running"] == 1
    assert "the camera is gone" in invoke("show", tmp_path).stdout
    text = report(tmp_path, tmp_path / "page").read_text(encoding="utf-8")
    assert '<meta http-equiv="refresh"' in text
    assert "the camera is gone" in text
    card = open_artifact(tmp_path).card()
    assert (card.running, card.attention, card.state) == (True, True, "1 running, 1 failed")
    write_note(tmp_path / plan.pieces[1].folder, replace(note, beat=0.0))
    assert not open_artifact(tmp_path).card().running
