"""Signals: SIGTERM and SIGHUP save as Ctrl-C does, and a second one does not break it off."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer

from foolery.errors import UsageError
from foolery.runs import open_run_file
from support.interruptions import interrupted

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no such signals there")
ENVIRONMENT = os.environ | {"FOOLERY_THREADS": "1", "OMP_NUM_THREADS": "1"}


def begun(*words: str | Path) -> subprocess.Popen:
    """A command that takes long, once it has stored something."""
    return subprocess.Popen(
        [sys.executable, "-m", "foolery", *map(str, words)],
        env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for(condition, process):
    end = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < end
        time.sleep(0.05)


def stored_generation(folder: Path) -> int:
    try:
        return open_run_file(folder).generation
    except UsageError:
        return -1


@pytest.mark.parametrize(
    ("signals", "code"),
    [(["SIGTERM"], 143), (["SIGHUP"], 129), (["SIGINT", "SIGINT", "SIGTERM"], 130)],
    ids=["SIGTERM", "SIGHUP", "two Ctrl-C and SIGTERM"],
)
def test_a_signal_saves_and_has_its_own_exit_code(tmp_path, signals, code):
    if any(signal.getsignal(getattr(signal, name)) is signal.SIG_IGN for name in signals):
        pytest.skip("these tests run under nohup, which ignores the signal")
    out = tmp_path / "run"
    process = begun(
        "evolve", "-c", "lenet", "-n", "1000000", "--batch", "20", "-o", out, "--checkpoint-every", "50"
    )
    try:
        wait_for(lambda: stored_generation(out) > 0, process)
        for name in signals:
            process.send_signal(getattr(signal, name))
            time.sleep(0.002)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == code, errors
    assert f"interrupted; {out} is saved" in errors
    assert "Traceback" not in errors
    run = open_run_file(out)
    assert run.status == "interrupted"  # stored by the interruption itself, not by a checkpoint before
    assert len(run.history) == run.generation + 1


def test_what_nohup_ignores_stays_ignored(tmp_path):
    script = (
        "import signal, os; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        "from foolery.cli._signals import ended_by_signals\n"
        "with ended_by_signals():\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "    print('alive')"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == "alive\n"


def test_nothing_is_called_saved_where_saving_was_broken_off(tmp_path):
    script = (
        "import os, signal, sys, time\n"
        "from foolery.cli import _signals\n"
        "_signals.PATIENCE = 0.1\n"
        "with _signals.ended_by_signals():\n"
        "    try:\n"
        "        try:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "        finally:\n"
        "            time.sleep(0.2)\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "    except KeyboardInterrupt:\n"
        "        print(_signals.interruption_note(sys.argv[1]))\n"
        "        print(_signals.interruption_note(sys.argv[1] + '/none'))"
    )
    (tmp_path / "run.db").touch()
    result = subprocess.run(
        [sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, text=True, check=True
    )
    first, second = result.stdout.splitlines()
    assert "as of its last checkpoint" in first
    assert " is saved" not in first
    assert second == "interrupted before anything was written"


def test_an_audit_has_a_lock_and_what_a_killed_one_leaves_is_in_nobody_s_way(tmp_path):
    words = ("audit", "lenet", "--attacks", "cppn", "--budget", "50000000", "-o", tmp_path / "audit")
    process = begun(*words)
    wait_for((tmp_path / "audit" / "audit.json").is_file, process)
    second = begun(*words, "--resume")
    _, errors = second.communicate(timeout=60)
    assert second.returncode == 2
    assert "another process is writing this audit" in errors
    process.kill()
    process.communicate()
    (tmp_path / "audit" / "audit.json").rename(tmp_path / "audit" / "audit.json.part")
    for left in (tmp_path / "audit").iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        elif left.name == "summary.md":  # a busy machine may have come that far
            left.unlink()
    again = begun(*words)
    wait_for((tmp_path / "audit" / "audit.json").is_file, again)
    again.send_signal(signal.SIGTERM)
    _, errors = again.communicate(timeout=60)
    assert again.returncode == 143, errors
    assert "is saved" in errors
    assert not (tmp_path / "audit" / "audit.lock").exists()


def output_of(script: str, folder: Path) -> str:
    """What a script prints; its standard error must be empty."""
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=folder, check=False, timeout=60
    )
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


BEGIN = "import os, signal, sys, time\nsys.path.insert(0, '')\nfrom foolery.cli import _signals\n"


def test_an_import_is_not_broken_into(tmp_path):
    library = (
        "import os, signal, time\n"
        "try:\n    os.kill(os.getpid(), signal.SIGINT)\n    time.sleep(0.6)\n"
        "except KeyboardInterrupt:\n    raise ImportError('not installed')\n"
        "print('imported', flush=True)"
    )
    (tmp_path / "heavy.py").write_text(library, encoding="utf-8")
    script = (
        f"{BEGIN}with _signals.ended_by_signals():\n"
        "    try:\n        import heavy\n        time.sleep(30)\n"
        "    except KeyboardInterrupt as error:\n        print(error.exit_code)"
    )
    assert output_of(script, tmp_path) == "imported\n130\n"


def test_what_a_callback_swallows_is_raised_again(tmp_path):
    script = (
        f"{BEGIN}class Callback:\n    def __del__(self):\n        os.kill(os.getpid(), signal.SIGINT)\n"
        "with _signals.ended_by_signals():\n"
        "    try:\n        Callback()\n        print('swallowed', flush=True)\n        time.sleep(30)\n"
        "    except KeyboardInterrupt as error:\n        print(error.exit_code)"
    )
    assert output_of(script, tmp_path) == "swallowed\n130\n"


def test_whoever_saves_is_left_alone(tmp_path):
    script = (
        f"{BEGIN}with _signals.ended_by_signals():\n"
        "    try:\n"
        "        try:\n            os.kill(os.getpid(), signal.SIGINT)\n            time.sleep(30)\n"
        "        finally:\n            time.sleep(1)\n            print('saved', flush=True)\n"
        "    except KeyboardInterrupt as error:\n        print(error.exit_code)"
    )
    assert output_of(script, tmp_path) == "saved\n130\n"


def test_before_a_command_begins_there_is_nothing_to_save():
    script = (
        "import os, signal\nfrom foolery.cli.start import end_early\n"
        "signal.signal(signal.SIGINT, end_early)\nos.kill(os.getpid(), signal.SIGINT)\nprint('alive')"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (130, "")
    assert result.stderr == "interrupted before anything was written\n"


def test_an_error_that_a_library_makes_of_it_is_an_interruption(monkeypatch, capsys):
    from foolery.cli.main import app

    def broken(*_, **__):
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(30)
        except KeyboardInterrupt:
            raise ImportError("no onnxruntime") from None

    monkeypatch.setattr("foolery.classifiers.list_classifiers", broken)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert typer.main.get_command(app).run(["models"]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err == "interrupted; repeat the command\n"


@pytest.mark.parametrize(("command", "moment"), [("evolve", 0.2), ("evolve", 2.0), ("report", 1.0)])
def test_a_sample_of_moments(command, moment):
    """Hundreds of moments, over six commands: ``python -m support.interruptions``."""
    assert interrupted(command, moment, resume=True).wrong == ""
