"""``foolery demo``: two searches and a gallery, in under a minute."""

import shlex
import subprocess
import time
from pathlib import Path

import pytest

from foolery.cli.demo import free_folder
from foolery.runs import open_run_file
from support.command import invoke, is_refused, on_a_terminal, run


def test_a_demo_ends_with_a_gallery_of_both_encodings(tmp_path):
    start = time.monotonic()
    shown = run("demo", "--seconds-per-encoding", "4", cwd=tmp_path)
    assert time.monotonic() - start < 60
    assert (shown.returncode, shown.stderr) == (0, "")
    page = Path(shown.stdout.splitlines()[-1].removeprefix("Gallery: "))
    assert page.is_absolute()
    assert page.is_file()
    assert page.is_relative_to(tmp_path / "foolery-demo")
    text = page.read_text(encoding="utf-8")
    assert "cppn" in text
    assert "direct" in text
    assert "Numba" in shown.stdout
    assert run("show", tmp_path / "foolery-demo/cppn", tmp_path / "foolery-demo/direct").returncode == 0


def test_what_numba_takes_to_compile_is_not_taken_from_the_search(tmp_path):
    shown = run("demo", "--seconds-per-encoding", "3", cwd=tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "empty"))
    assert shown.returncode == 0, shown.stderr
    for encoding in ("cppn", "direct"):
        assert open_run_file(tmp_path / "foolery-demo" / encoding).generation > 5


def test_on_a_terminal_the_digits_are_drawn_again_and_again(tmp_path):
    code, said = on_a_terminal("demo", "--seconds-per-encoding", "2", cwd=tmp_path)
    assert code == 0, said[-2000:]
    before, _, last_screen = said.rpartition("patterns (cppn): ")
    assert before.count("generation ") > 4
    assert before.count("▀") > last_screen.count("▀") > 1000
    assert "99" in last_screen
    assert "Gallery: " in last_screen.splitlines()[-1]


def test_what_it_names_next_can_be_typed_as_it_stands(tmp_path):
    shown = run("demo", "--seconds-per-encoding", "1", cwd=tmp_path)
    lines = [line.strip().removeprefix("Next: ") for line in shown.stdout.splitlines()]
    commands = [line for line in lines if " show " in line or line.endswith("--help")]
    assert len(commands) == 2
    for command in commands:
        done = subprocess.run(
            shlex.split(command), cwd=tmp_path, capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr


def test_a_second_demo_takes_another_folder(tmp_path):
    mine = tmp_path / "show"
    mine.mkdir()
    assert free_folder(mine) == mine
    (mine / "mine.txt").write_text("mine")
    assert free_folder(mine) == tmp_path / "show-2"
    (tmp_path / "show-2").write_text("a file")
    assert free_folder(mine) == tmp_path / "show-3"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--seconds-per-encoding", "0"], "--seconds-per-encoding"),
        (["--seconds-per-encoding", "nan"], "--seconds-per-encoding"),
        (["--seed", "-1"], "seed"),
    ],
)
def test_what_cannot_be_used_gets_one_line(tmp_path, words, expected):
    is_refused(invoke("demo", "--out", tmp_path / "demo", *words), expected)
