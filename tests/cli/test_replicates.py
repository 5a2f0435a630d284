"""``foolery evolve --seeds``: several runs in common batches, with the examples of the how-to page."""

import json
import re
import shlex
from pathlib import Path

import pytest

from foolery.runs import open_run_file
from support.command import invoke, is_refused, on_a_terminal, run

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "many-runs.md"
SMALL = ("evolve", "-c", "lenet", "--batch", "20", "-n", "3", "--seeds", "3")


def blocks(language: str) -> list[str]:
    """The blocks of code in the how-to page."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_commands_of_the_page_do_what_it_says(tmp_path):
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert [line.split()[:2] for line in lines] == [["foolery", "evolve"], ["foolery", "show"]]
    made, shown = (run(*shlex.split(line)[1:], cwd=tmp_path) for line in lines)
    assert made.returncode == 0, made.stderr
    assert sorted(path.name for path in (tmp_path / "five").iterdir()) == [f"seed-{n}" for n in range(5)]
    assert "5,250 queries" in made.stdout
    assert shown.returncode == 0, shown.stderr
    assert "of 5 runs" in shown.stdout


def test_the_program_of_the_page_runs(tmp_path, monkeypatch, capsys):
    (program,) = blocks("python")
    monkeypatch.chdir(tmp_path)
    exec(compile(program, str(PAGE), "exec"), {})
    medians = json.loads(capsys.readouterr().out)
    assert len(medians) == 5
    assert all(0.0 < median <= 1.0 for median in medians)


def test_json_is_a_list_alone_on_standard_output(tmp_path):
    done = run(*SMALL, "--seed", "7", "--out", "many", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [(each["run"], each["seed"], each["queries"]) for each in found] == [
        (f"seed-{seed}", seed, 80) for seed in (7, 8, 9)
    ]
    provenance = open_run_file(tmp_path / "many" / "seed-8").provenances[0]
    assert "--seeds 3" in provenance.command


def test_on_a_terminal_a_bar_says_which_runs_go_on(tmp_path):
    code, said = on_a_terminal(*SMALL, "-n", "100", "--out", "many", cwd=tmp_path)
    assert code == 0, said
    assert "runs 1 to 3 of 3" in said
    assert "/100" in said


def test_a_resume_says_where_each_group_goes_on(tmp_path):
    assert invoke(*SMALL, "--out", tmp_path / "many").returncode == 0
    done = invoke(*SMALL, "--seeds", "4", "-n", "5", "--out", tmp_path / "many", "--resume")
    assert done.returncode == 0, done.stderr
    assert "many: run 1 of 4, at generation 0\n" in done.stderr
    assert "many: runs 2 to 4 of 4, at generation 3\n" in done.stderr
    assert "generation 5, 480 queries" in done.stdout


def test_what_cannot_be_is_refused_in_one_line(tmp_path):
    many = tmp_path / "many"
    is_refused(invoke(*SMALL), "--seeds: give --out DIR too")
    is_refused(invoke(*SMALL, "--seeds", "0", "--out", many), "seeds: expected", "got 0")
    is_refused(invoke(*SMALL, "--seeds", "two", "--out", many), "whole number", "'two'")
    is_refused(invoke(*SMALL, "--out", many, "--resume"), "holds no run of seeds 0 to 2")
    assert not many.exists()
    assert invoke(*SMALL, "--out", many).returncode == 0
    is_refused(invoke(*SMALL, "--out", many), "seed-0: already holds a run", "--resume", "--overwrite")
    is_refused(invoke(*SMALL, "--batch", "21", "--out", many, "--resume"), "batch is 20, not 21")
