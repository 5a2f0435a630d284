"""``foolery sweep``: its words; the work itself is tested in ``tests/sweep``."""

import json

import pytest

from support.boards import small_board, toml
from support.command import invoke, is_refused

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture
def board(tmp_path):
    file = tmp_path / "board.toml"
    file.write_text(toml(small_board()))
    return file


def test_a_plan_says_what_there_is_to_do_and_does_nothing(board, tmp_path):
    done = invoke("sweep", board, "--plan", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 5
    assert "perceptron x direct, seed 0: 50 queries" in lines[0]
    assert lines[-1].startswith("4 pieces, 200 queries: about ")
    assert not (tmp_path / "out").exists()


def test_shards_of_a_plan_are_the_whole_of_it(board):
    plans = [json.loads(invoke("sweep", board, "--plan", "--json", *more).stdout)
             for more in ((), ("--shard", "1/3"), ("--shard", "2/3"), ("--shard", "3/3"))]  # fmt: skip
    whole, *shards = ([piece["id"] for piece in plan["pieces"]] for plan in plans)
    assert sorted(one for shard in shards for one in shard) == sorted(whole)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--shard", "3/2"), "shard: expected a number from 1 to 2"),
        (("--shard", "0/2"), "shard: expected a number from 1 to 2"),
        (("--on", "local:0"), "--on: expected local:N"),
        (("--on", "slurm"), "--on: expected local:N, with 1 to 1024 processes, or ray, got 'slurm'"),
        (("--cpus-per-shard", "0"), "--cpus-per-shard: expected more than 0 processors"),
    ],
)
def test_what_is_not_there_is_refused(board, tmp_path, words, expected):
    is_refused(invoke("sweep", board, "--out", tmp_path / "out", *words), expected)
    assert not (tmp_path / "out").exists()


def test_ray_that_is_not_installed_is_named_with_what_to_install(board, tmp_path, monkeypatch):
    monkeypatch.setattr("foolery.sweep.engines.find_spec", lambda name: None)
    is_refused(
        invoke("sweep", board, "--out", tmp_path / "out", "--on", "ray"),
        "ray is needed to work on a cluster (--on ray) and is not installed; run: ",
        "[ray]",
    )
