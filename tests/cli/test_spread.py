"""``--on`` and ``--shard`` of commands with many seeds: parts of the command; runs are the same."""

import pytest

from foolery.cli._spread import SPREAD_OPTIONS, parts_of, without_options
from support.boards import digest_of_run
from support.command import invoke, is_refused, run

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

SMALL = ("evolve", "-c", "perceptron", "-e", "direct", "-n", "3", "--batch", "10")


def test_parts_have_all_seeds_and_no_more_than_fifty_each():
    assert parts_of(5, 4, 2) == [(5, 2), (7, 2)]
    assert parts_of(0, 3, 16) == [(0, 1), (1, 1), (2, 1)]
    assert [count for _, count in parts_of(0, 120, 1)] == [50, 50, 20]


def test_a_part_is_the_command_without_what_spreads_it():
    words = ["evolve", "-c", "lenet", "--seeds", "9", "--on=ray", "--json", "--out", "x", "--seed", "4"]
    assert without_options(words, SPREAD_OPTIONS) == ["evolve", "-c", "lenet", "--out", "x"]


def test_spread_runs_are_those_of_one_command_and_the_same_command_extends_them(tmp_path):
    spread = (*SMALL, "--seeds", "3", "--on", "local:2", "--out", tmp_path / "spread")
    for generations in ("3", "5"):
        done = run(*spread, "-n", generations)
        assert done.returncode == 0, done.stderr
        assert "2 of 2 done, 0 failed" in done.stderr
    assert run(*SMALL, "-n", "5", "--seeds", "3", "--out", tmp_path / "alone").returncode == 0
    for seed in range(3):
        folders = [tmp_path / place / f"seed-{seed}" for place in ("spread", "alone")]
        assert digest_of_run(folders[0]) == digest_of_run(folders[1])


def test_shards_of_a_command_are_all_of_its_runs(tmp_path):
    for shard in ("1/2", "2/2"):
        done = run(*SMALL, "--seeds", "2", "--shard", shard, "--out", tmp_path / "shards")
        assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "shards").glob("seed-*/run.db"))) == 2


def test_a_part_that_is_refused_fails_the_command_with_its_reason(tmp_path):
    done = run(*SMALL, "--seeds", "2", "--on", "local:1", "--out", tmp_path / "out", "--classes", "eleven")
    assert done.returncode == 3
    assert "1 failed" in done.stderr
    assert "eleven" in done.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((*SMALL, "--on", "local:2"), "--on: spreads many seeds; give --seeds N too"),
        ((*SMALL, "--seeds", "2", "--out", "x", "--on", "nowhere"), "--on: expected local:N"),
        ((*SMALL, "--seeds", "2", "--out", "x", "--shard", "3/2"), "shard: expected a number from 1 to 2"),
        ((*SMALL, "--seeds", "2", "--out", "x", "--on", "local:2", "--overwrite"), "--overwrite: a spread"),
        (("reproduce", "fig4", "--on", "local:2"), "--on: fig4 is not made of pieces"),
        (("reproduce", "races", "--on", "local:2", "--shard", "1/2"), "--on: divides the work itself"),
        (("harden", "lenet", "--on", "local:2"), "--on: spreads many seeds; give --seeds N too"),
        (("harden", "lenet", "--seeds", "0"), "--seeds: expected at least 1, got 0"),
    ],
)
def test_what_cannot_be_spread_is_refused(words, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    is_refused(invoke(*words), expected)
    assert not list(tmp_path.iterdir())
