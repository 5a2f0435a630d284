"""The script that kills commands: what it compares, and one real kill; ``support/kills.py`` has the rest."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from foolery.engine.evolution import evolve
from support.kills import COMMANDS, content, differences, schedule, summary


def test_every_command_that_goes_on_after_a_kill_is_in_the_schedule():
    assert Counter(schedule(300)) == {name: command.share for name, command in COMMANDS.items()}


def test_runs_are_compared_without_times_and_one_other_genome_is_seen(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        evolve("lenet", generations=2, batch=10, seed=seed, out=tmp_path / name)
    first, same, other = (content(tmp_path / name) for name in "abc")
    assert differences(first, same) == []
    assert "run.db champions" in differences(first, other)


def test_documents_are_compared_without_times_and_what_is_left_behind_is_seen(tmp_path):
    for name, seconds, score in (("a", 1, 2), ("b", 3, 2), ("c", 1, 4)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.json").write_text(json.dumps({"rows": [{"seconds": seconds, "score": score}]}))
    (tmp_path / "b" / "x.json.part").touch()
    first, second, third = (content(tmp_path / name) for name in "abc")
    assert differences(first, second) == ["x.json.part"]
    assert differences(first, third) == ["x.json"]


def test_what_ended_before_its_signal_is_no_kill():
    one = {"signal": "SIGKILL", "command": "evolve", "change": True, "problems": []}
    ended, killed = one | {"ended": True}, one | {"ended": False}
    counts = summary([killed, ended, killed | {"problems": ["x"]}])
    assert (counts["kills"], counts["equal"], counts["ended_before_the_signal"]) == (2, 1, 1)
    assert len(counts["failures"]) == 1


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler"
)
def test_a_real_kill_ends_equal(tmp_path, mnist):
    pytest.importorskip("torch", reason="the extra torch is not installed")
    if not os.environ.get("FOOLERY_DATA"):
        pytest.skip("no FOOLERY_DATA")
    words = [
        "--count",
        "1",
        "--only",
        "export",
        "--work",
        tmp_path / "work",
        "--json",
        tmp_path / "kills.json",
    ]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-m", "support.kills", *words],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((tmp_path / "kills.json").read_text())["equal"] == 1
