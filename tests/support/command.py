"""The real command: as a process of its own, or within this one where only its words matter."""

import os
import pty
import subprocess
import sys
import termios
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from foolery.cli.main import app


@dataclass(frozen=True)
class Finished:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def run(*words: str | Path, cwd: Path | None = None, **environment: str) -> Finished:
    """``foolery WORDS`` as a process; standard input is closed, both outputs are pipes."""
    process = subprocess.run(
        [sys.executable, "-m", "foolery", *map(str, words)],
        cwd=cwd,
        env=os.environ | {"COLUMNS": "200"} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    return Finished(process.returncode, process.stdout, process.stderr)


def invoke(*words: str | Path, **environment: str) -> Finished:
    """``foolery WORDS`` within this process: as ``run``, and quicker."""
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"} | environment)
    return Finished(result.exit_code, result.stdout, result.stderr)


def on_a_terminal(*words: str | Path, cwd: Path) -> tuple[int, str]:
    """Exit code and output of ``foolery WORDS`` where all three streams are a terminal."""
    mine, its = pty.openpty()
    termios.tcsetwinsize(its, (40, 100))
    environment = os.environ | {"TERM": "xterm-256color"}
    command = [sys.executable, "-m", "foolery", *map(str, words)]
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, cwd=cwd, env=environment) as process:
        os.close(its)
        said = bytearray()
        while True:
            try:
                said += os.read(mine, 1 << 16)
            except OSError:  # the other end is closed
                break
    os.close(mine)
    return process.returncode, said.decode()


def is_refused(finished: Finished, *expected: str, after_reading: bool = False) -> None:
    """It ended with exit code 2 and one line on stderr that has all the ``expected`` words.

    Nothing is on standard output but, ``after_reading`` of data, what was read.
    """
    assert finished.returncode == 2, finished
    assert after_reading == (" images of " in finished.stdout), finished
    assert after_reading or not finished.stdout, finished
    lines = finished.stderr.splitlines()
    assert len(lines) == 1, finished.stderr
    assert lines[0].startswith("error: ")
    for words in expected:
        assert words in lines[0]
