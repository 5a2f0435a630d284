"""The how-to page of boards: its commands do what it says, as far as one machine can."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from foolery.sweep.board import Board, BoardClassifier
from support.command import run

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "scale-out.md"


def blocks(language: str) -> list[str]:
    """The blocks of code in the how-to page."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_commands_of_the_page_do_what_it_says(tmp_path):
    (board,) = blocks("toml")
    (tmp_path / "board.toml").write_text(board.replace('data = "mnist"\nmax_images = 300\n', ""))
    first, evolve, *_ = blocks("sh")
    outputs = []
    for line in (*first.splitlines(), *evolve.splitlines()):
        done = run(*shlex.split(line)[1:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        outputs.append(done.stdout)
    plan, sweep, show, _, many = outputs
    assert "3 pieces, 9,000 queries" in plan
    assert "3 finished" in sweep
    assert "perceptron" in show
    assert "cells/1/index.html" in (tmp_path / "page" / "index.html").read_text()
    assert "4 runs" in many or "seed-3" in many


def test_a_slurm_script_does_its_shard(tmp_path):
    """The script as it stands, with what Slurm sets, and two shards in place of forty."""
    (script,) = [block for block in blocks("sh") if block.startswith("#!/bin/sh\n#SBATCH")]
    (tmp_path / "board.toml").write_text('classifiers = ["perceptron"]\nencodings = ["direct"]\nseeds = 2\n'
                                         "seeds_per_piece = 1\ngenerations = 2\nbatch = 5\n")  # fmt: skip
    script = script.replace("/40", "/2").replace("/shared/", "shared/")
    script = script.replace("foolery ", f"{sys.executable} -m foolery ")
    (tmp_path / "job.sh").write_text(script)
    scratch = str(tmp_path / "scratch")
    for number in ("1", "2"):
        slurm = {"SLURM_ARRAY_TASK_ID": number, "SLURM_CPUS_PER_TASK": "1", "TMPDIR": scratch}
        done = subprocess.run(["sh", "job.sh"], cwd=tmp_path, env=os.environ | slurm, capture_output=True,
                              text=True, timeout=300, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert "2 finished" in done.stdout


def test_files_for_schedulers_are_what_they_say():
    job, matrix = (yaml.safe_load(block) for block in blocks("yaml"))
    assert job["spec"]["completionMode"] == "Indexed"
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert f"/{job['spec']['completions']} " in container["args"][0]
    assert matrix["strategy"]["matrix"]["shard"] == [1, 2, 3, 4]


def test_the_table_of_the_page_has_every_key_of_a_board():
    text = PAGE.read_text(encoding="utf-8")
    for name in (*Board.model_fields, *BoardClassifier.model_fields):
        assert re.search(rf"`[^`]*\b{name}\b", text), name
    assert tomllib.loads(blocks("toml")[0])["seeds"] == 3
