"""``foolery reproduce``: its words, its table, its JSON, and what it refuses before anything runs."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foolery.cli.reproduce import parse_roles
from foolery.errors import UsageError
from foolery.runs import open_run_file
from support.command import invoke, is_refused, run

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
pytest.importorskip("scipy", reason="the extra paper is not installed")

PAGES = Path(__file__).parents[2] / "docs" / "results" / "reproduce"
SMALL = ("--scale", "0.0004", "--seeds", "1", "-c", "photos=lenet")


def test_the_list_says_what_each_costs_and_needs():
    shown = invoke("reproduce", "--list")
    assert shown.returncode == 0
    for words in ("fig4", "2,010,000", "photos=REF needed", "digits=lenet", "fig7", "10,004,000"):
        assert words in shown.stdout
    listed = json.loads(invoke("reproduce", "--list", "--json").stdout)["reproductions"]
    assert {"name", "queries", "minutes_on_4_cores", "scale_multiplies", "seeds"} <= set(listed[0])


def test_claim_number_ours_and_verdict_are_printed_after_the_budget(tmp_path):
    done = run("reproduce", "fig7", *SMALL, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "fig7: 1,200 queries, about" in done.stderr
    assert "88.11 %" in done.stdout
    assert "not tested at full scale" in done.stdout
    assert sorted(path.name for path in (tmp_path / "fig7").iterdir()) == [
        "page.md",
        "picture.png",
        "result.json",
    ]
    command = "foolery reproduce fig7 --scale 0.0004 --seeds 1 --classifier photos=lenet"
    assert command in (tmp_path / "fig7" / "page.md").read_text()


def test_json_is_one_object_on_standard_output(tmp_path):
    done = run("reproduce", "fig7", *SMALL, "--out", tmp_path, "--json", "--pages", tmp_path / "pages")
    (result,) = json.loads(done.stdout)["results"]
    assert result == json.loads((tmp_path / "fig7" / "result.json").read_text())
    assert (tmp_path / "pages" / "fig7.md").is_file()
    assert (tmp_path / "pages" / "README.md").is_file()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["fig77"], "experiment: 'fig77' is unknown; did you mean fig7"),
        ([], "reproduce: expected one or more of fig4"),
        (["fig4", "fig7"], "fig7: needs a classifier of many classes; name one with --classifier photos=REF"),
        (["fig4", "--scale", "0"], "scale: expected a number above 0"),
        (["races", "--shard", "3/2"], "shard: expected a number from 1 to 2 before the slash"),
        (["fig4", "--shard", "1/2"], "shard: fig4 is not made of pieces"),
        (["fig4", "--scale", "big"], "--scale: expected a number"),
        (["fig4", "-c", "digit=lenet"], "--classifier: no experiment here has 'digit'"),
        (["fig4", "-c", "digits=lenet", "-c", "digits=lenet-b"], "each role once"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_runs(words, expected, tmp_path):
    is_refused(run("reproduce", *words, "--out", tmp_path / "out"), expected)
    assert not (tmp_path / "out").exists()


def test_stored_figures_are_judged_again_without_a_run(tmp_path):
    shutil.copy(PAGES / "fig4.json", tmp_path)
    shown = invoke("reproduce", "fig4", "--page-from", tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "45 of 50 runs" in shown.stdout
    assert (tmp_path / "fig4.md").read_text() == (PAGES / "fig4.md").read_text().replace(
        "![Columns are digits, rows are runs of seeds 0 to 4, after generation 200.](fig4.png)\n\n"
        "Columns are digits, rows are runs of seeds 0 to 4, after generation 200.\n\n",
        "",
    )


def test_fewer_than_five_runs_are_refused_a_verdict_and_told_so(tmp_path):
    content = json.loads((PAGES / "fig4.json").read_text())
    content["figures"]["runs"] = content["figures"]["runs"][:4]
    (tmp_path / "fig4.json").write_text(json.dumps(content))
    shown = invoke("reproduce", "fig4", "--page-from", tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("4 runs, and a verdict needs at least 5; what was seen: ") == 3
    content["figures"]["runs"] += content["figures"]["runs"][:1]
    (tmp_path / "fig4.json").write_text(json.dumps(content))
    assert "a verdict needs" not in invoke("reproduce", "fig4", "--page-from", tmp_path).stdout


def test_ctrl_c_saves_and_the_same_command_goes_on(tmp_path):
    words = [
        "reproduce",
        "fig7",
        "--scale",
        "0.1",
        "--seeds",
        "1",
        "-c",
        "photos=lenet",
        "--out",
        str(tmp_path),
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "foolery", *words], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not any(
        open_run_file(file).generation > 0 for file in tmp_path.rglob("run.db")
    ):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "the same command continues" in said
    assert run(*words).returncode == 0
    assert (tmp_path / "fig7" / "result.json").is_file()


def test_roles_are_read_and_references_with_signs_are_left_alone():
    given = parse_roles("--classifier", ["a-b=onnx:x.onnx", "python:mod:make?seed=1"])
    assert given == {"a-b": "onnx:x.onnx", "": "python:mod:make?seed=1"}
    with pytest.raises(UsageError, match="each role once"):
        parse_roles("--classifier", ["lenet", "lenet-b"])


def test_python_and_the_command_give_the_same_result(tmp_path):
    from foolery.paper import list_reproductions, reproduce

    run("reproduce", "fig7", *SMALL, "--out", tmp_path / "command")
    notes = []
    results = reproduce(
        "fig7",
        scale=0.0004,
        seeds=1,
        classifiers={"photos": "lenet"},
        out=tmp_path / "python",
        on_note=notes.append,
    )
    timeless = {"seconds", "figures"}
    stored = json.loads((tmp_path / "command" / "fig7" / "result.json").read_text())
    assert {name: value for name, value in results["fig7"].to_dict().items() if name not in timeless} == {
        name: value for name, value in stored.items() if name not in timeless
    }
    assert results["fig7"].verdicts["median"] == "not tested at full scale"
    assert notes[0].startswith("fig7: 1,200 queries, about")
    assert "<td>88.11 %</td>" in results._repr_html_()
    assert results.report(tmp_path / "again").read_text().startswith("# Figure 7")
    assert [each["name"] for each in list_reproductions(["fig4", "fig5"])] == ["fig4", "fig5"]
