"""Errors become one line and an exit code."""

import errno
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from foolery.cli import models
from foolery.cli._errors import line_and_code
from foolery.cli.main import app
from foolery.errors import FooleryError, GateError, MissingExtraError, UsageError
from foolery.install import install_command
from support.command import run


@pytest.mark.parametrize(
    ("error", "line", "code"),
    [
        (UsageError("batch: expected 1 or more, got 0"), "batch: expected 1 or more, got 0", 2),
        (MissingExtraError("torch", "torch", "train"), install_command("torch"), 2),
        (GateError("1 of 2 runs failed"), "1 of 2 runs failed", 1),
        (FooleryError("the disk is full"), "the disk is full", 3),
        (OSError(errno.ENOSPC, "No space left on device", "run.db"), "run.db: No space left on device", 3),
        (MemoryError(), "out of memory", 3),
        (KeyError("cell"), "KeyError: 'cell' (a defect in foolery; run again with --debug)", 3),
    ],
)
def test_each_kind_of_error_has_its_line_and_its_code(error, line, code):
    found, exit_code = line_and_code(error)
    assert line in found
    assert exit_code == code


def outcome_of(error, monkeypatch, *words, **environment):
    """``foolery models``, whose one call raises ``error``."""

    def raise_error():
        raise error

    monkeypatch.setattr("foolery.classifiers.list_classifiers", raise_error)
    assert models
    return CliRunner().invoke(app, [*words, "models"], env=environment)


def test_an_error_of_several_lines_is_printed_as_one(monkeypatch):
    result = outcome_of(UsageError("first\n  second"), monkeypatch)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", "error: first second\n")


def test_an_interruption_is_130_and_one_line(monkeypatch):
    result = outcome_of(KeyboardInterrupt(), monkeypatch)
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted; repeat the command\n")


def test_no_traceback_without_debug(monkeypatch):
    result = outcome_of(ZeroDivisionError("division by zero"), monkeypatch)
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(("words", "environment"), [(["--debug"], {}), ([], {"FOOLERY_DEBUG": "1"})])
def test_debug_shows_the_traceback_above_the_line(monkeypatch, words, environment):
    result = outcome_of(ZeroDivisionError("division by zero"), monkeypatch, *words, **environment)
    assert result.exit_code == 3
    assert result.stderr.startswith("Traceback")
    assert result.stderr.splitlines()[-1].startswith("error: ZeroDivisionError")


def test_debug_may_stand_behind_the_command():
    finished = run("show", "no-such-run", "--debug")
    assert finished.returncode == 2
    assert "Traceback" in finished.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
@pytest.mark.parametrize("words", ["models", "show {run}", "show {run} {run}", "show {run} --json"])
def test_a_reader_that_has_read_enough_is_no_error(small_run, words):
    command = f'"{sys.executable}" -m foolery {words.format(run=small_run)}; echo "code $?" >&2'
    pipe = subprocess.run(
        ["bash", "-c", f"({command}) | true"], capture_output=True, text=True, timeout=60, check=False
    )
    assert pipe.stderr == "code 0\n"
