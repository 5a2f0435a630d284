"""Tasks: what a worker is sent, as JSON values, and what it sends back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from foolery.sweep.outcome import Job, PieceOutcome
from foolery.sweep.pieces import BoardPiece

PATIENCE = 30.0  # seconds that a command may take to save what it has
_ENDINGS = {0: PieceOutcome("finished")}
USAGE, INTERRUPTED = 2, 130


def piece_job(piece: BoardPiece, out: Path, scratch: Path | None, weight: float = 1.0) -> Job:
    """A piece of a board; folders are sent whole, since a worker may stand elsewhere."""
    task = {
        "piece": piece.model_dump(mode="json"),
        "out": str(out.absolute()),
        "scratch": None if scratch is None else str(scratch.absolute()),
        "folder": str(Path.cwd()),
    }
    return Job(piece.name, task, weight)


def command_job(
    name: str, arguments: Sequence[str], weight: float = 1.0, resume_if: Sequence[Path] = ()
) -> Job:
    """A command of foolery, run in the folder where this process is.

    Args:
        name: for people.
        arguments: its words, after ``foolery``.
        weight: see ``Job``.
        resume_if: it gets ``--resume`` where one of these files is there when it starts.
    """
    files = [str(path) for path in resume_if]
    task = {"command": list(arguments), "folder": str(Path.cwd()), "resume_if": files}
    return Job(name, task, weight)


def perform(task: Mapping[str, Any]) -> PieceOutcome:
    """Do a task; raises KeyboardInterrupt where it is interrupted, with what there was saved."""
    if "command" in task:
        folder = Path(task["folder"])
        again = any((folder / file).exists() for file in task.get("resume_if", ()))
        return _run_command([*task["command"], *(["--resume"] if again else [])], folder)
    from foolery.sweep.work import work_on  # a worker of commands alone needs none of it

    if Path(task["folder"]).is_dir():  # relative names, and the user's own code, are looked for there
        os.chdir(task["folder"])
        if task["folder"] not in sys.path:
            sys.path.append(task["folder"])
    scratch = task["scratch"]
    piece = BoardPiece.model_validate(task["piece"])
    return work_on(piece, Path(task["out"]), None if scratch is None else Path(scratch))


def _run_command(arguments: Sequence[str], folder: Path) -> PieceOutcome:
    """Run a command of foolery in a process of its own, which ends with this one."""
    words = [sys.executable, "-m", "foolery", *arguments]
    with subprocess.Popen(
        words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, errors="replace",
    ) as process:  # fmt: skip
        try:
            _, text = process.communicate()
        except BaseException:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
            process.kill()
            raise
    code, last = process.returncode, (text.strip().splitlines() or [""])[-1].removeprefix("error: ")
    if code in _ENDINGS:
        return _ENDINGS[code]
    if code < 0:
        return PieceOutcome("died", f"killed by signal {-code}")
    if code == USAGE:
        return PieceOutcome("busy" if "another process is writing" in last else "refused", last)
    return PieceOutcome("died" if code > INTERRUPTED - 2 else "failed", last or f"exit code {code}")
