"""Interruptions: real commands, Ctrl-C at a random moment, and what must be true of what they leave.

``python -m support.interruptions --count 500 --seed 1 --out FILE`` writes one JSON object for every moment,
and ends with 1 where one was not right. Each command is run to its end first, to know how long it takes here.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import foolery
from foolery.errors import UsageError
from foolery.runs import open_run_file

SHIPPED = Path(foolery.__file__).parent / "classifiers" / "shipped"
ENVIRONMENT = {"FOOLERY_THREADS": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
PATIENCE = 120  # seconds in which a command has to end
FIRST = 0.05  # seconds
ASCENT = ("ascend", "-c", "lenet", "--steps", "20")
COMMANDS = ("evolve", "audit", "ascend", "harden", "card", "report")


@dataclass(frozen=True)
class Interruption:
    """A command and when it was interrupted.

    Attributes:
        command: its name.
        moment: seconds after its start.
        code: exit code.
        seconds: from the signal to the end.
        errors: what it said on standard error.
        resumed: exit code of the command that it named to continue; None where it was not tried.
        wrong: what is not right; empty where all is.
    """

    command: str
    moment: float
    code: int
    seconds: float
    errors: str
    resumed: int | None
    wrong: str


def words_of(command: str, folder: Path) -> list[str]:
    """A command that takes some seconds, and writes to ``folder / "out"``."""
    out = str(folder / "out")
    table = {
        "evolve": ["evolve", "-c", "lenet", "-n", "200", "--batch", "50", "-o", out],
        "audit": ["audit", "lenet", "--data", "mnist", "--max-images", "500", "--budget", "2000", "-o", out],
        "ascend": [*ASCENT, "-o", out],
        "harden": [
            "harden", "lenet", "--iterations", "20", "--rounds", "2", "--runs", "1", "-n", "3",
            "--batch", "20", "-o", out,
        ],
        "card": ["card", str(folder / "net.onnx"), "--data", "mnist"],
        "report": ["report", str(folder / "run"), "-o", out],
    }  # fmt: skip
    return table[command]


def prepared(command: str, folder: Path) -> None:
    """What the command needs in ``folder``."""
    if command == "card":
        for name in ("lenet.onnx", "lenet.safetensors"):
            shutil.copy(SHIPPED / name, folder / name.replace("lenet.onnx", "net.onnx"))
    if command == "report":
        foolery.evolve("lenet", generations=20, batch=50, out=folder / "run")


def started(words: Sequence[str], folder: Path) -> subprocess.Popen[str]:
    """The command as a process, which does not ignore Ctrl-C even where this one does."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(
        [sys.executable, "-m", "foolery", *words],
        cwd=folder, env=os.environ | ENVIRONMENT, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def duration(command: str) -> float:
    """Seconds that the command takes when nobody interrupts it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepared(command, folder)
        begun = time.monotonic()
        process = started(words_of(command, folder), folder)
        _, errors = process.communicate(timeout=600)
        assert process.returncode == 0, errors
        return time.monotonic() - begun


def interrupted(command: str, moment: float, *, resume: bool) -> Interruption:
    """Interrupt the command after ``moment`` seconds, and look at what it leaves."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepared(command, folder)
        process = started(words_of(command, folder), folder)
        time.sleep(moment)
        over = process.poll() is not None
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        try:
            _, errors = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return Interruption(command, moment, -9, PATIENCE, "", None, "swallowed")
        seconds = time.monotonic() - begun
        wrong = "" if over else _wrong(command, process.returncode, errors, folder)
        resumed = None
        if not wrong and resume and "--resume" in errors:
            again = started([*words_of(command, folder), "--resume"], folder)
            _, more = again.communicate(timeout=600)
            resumed = again.returncode
            wrong = "" if resumed == 0 else f"--resume, which was advised, says: {more[-300:]}"
        return Interruption(command, moment, process.returncode, seconds, errors[-600:], resumed, wrong)


def _wrong(command: str, code: int, errors: str, folder: Path) -> str:
    """What is not right about an interrupted command."""
    if code in (1, -signal.SIGINT) and f"foolery{os.sep}cli" not in errors and "\nerror:" not in errors:
        return ""  # Python itself was about to start, which takes longer on a busy machine
    if code not in (0, 130):
        return f"exit code {code}"
    for word in ("Traceback", "error:", "pip install", "Exception ignored"):
        if word in errors:
            return f"said {word}"
    if code == 130 and "interrupted" not in errors:
        return "did not say that it was interrupted"
    return _left(command, errors, folder)


def _left(command: str, errors: str, folder: Path) -> str:
    """What is not right about the files that it left."""
    out, card = folder / "out", folder / "net.card.json"
    if "before anything was written" in errors and out.exists() and any(out.iterdir()):
        return f"wrote {sorted(each.name for each in out.iterdir())}"
    try:
        if "is saved" in errors and command in ("evolve", "ascend"):
            run = open_run_file(out)
            return "" if len(run.history) == run.generation + 1 else "a run without some of its generations"
        if card.exists():
            json.loads(card.read_text(encoding="utf-8"))
    except (UsageError, ValueError) as error:
        return f"not whole: {error}"
    return ""


def main() -> None:
    """Interrupt commands at random moments, and write what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume-one-of", type=int, default=8, metavar="N")
    parser.add_argument("--most", type=float, default=60, metavar="S", help="no moment is later")
    parser.add_argument("--out", type=Path, default=Path("interruptions.jsonl"))
    options = parser.parse_args()
    numbers = random.Random(options.seed)
    durations = {command: duration(command) for command in COMMANDS}
    print({command: round(seconds, 1) for command, seconds in durations.items()}, flush=True)
    codes, wrong = Counter(), 0
    with options.out.open("w", encoding="utf-8") as file:
        for number in range(options.count):
            command = COMMANDS[number % len(COMMANDS)]
            moment = numbers.uniform(FIRST, min(options.most, durations[command]))
            again = number // len(COMMANDS) % options.resume_one_of == 0
            result = interrupted(command, moment, resume=again)
            codes[command, result.code] += 1
            wrong += bool(result.wrong)
            file.write(json.dumps(asdict(result)) + "\n")
            file.flush()
    print(f"{options.count} moments, {wrong} wrong; {dict(codes)}")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
