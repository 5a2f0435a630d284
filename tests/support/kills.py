"""Kills: commands that write are ended at any moment, given again, and compared with those nobody ended.

    PYTHONPATH=tests python -m support.kills --count 300 --work DIR --json FILE

Each case has its own command, signal and moment, drawn from its number: half of them a random moment, half
a change of a file in the output folder (a write, fsync, truncation, rename, removal, or a new folder;
``kills.c`` counts them). Then the command is given again, with ``--resume`` where it has that. A case fails
where that is refused, where an exit code is not that of the signal, where a traceback is printed, or where it
differs in anything but times and an audit's account of what it spent twice. What is done lies in DIR, and the
same line goes on where it was.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib
import json
import os
import pkgutil
import random
import runpy
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

import foolery

TIMES = {"seconds", "elapsed", "rate", "started", "finished", "command", "times", "date", "made_by"}
TWICE = {"spent", "repeated"}  # queries of an audit that an interruption makes it repeat
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
MOST_SECONDS = 1800  # of a command that is given again
DIGITS = ("--data", "folder:../digits")


@dataclass(frozen=True)
class Killed:
    """A command to be killed.

    Attributes:
        words: of the command; it writes to ``out`` in its folder.
        again: what is added when it is given again; where that is refused, nothing is.
        share: of 300 cases.
    """

    words: tuple[str, ...]
    again: tuple[str, ...]
    share: int


SMALL = ("-c", "lenet", "-o", "out")
COMMANDS = {
    "evolve": Killed(
        ("evolve", *SMALL, "-n", "40", "--batch", "40", "--seed", "9", "--checkpoint-every", "5"),
        ("--resume",),
        94,
    ),
    "replicates": Killed(
        ("evolve", *SMALL, "-n", "15", "--batch", "20", "--seeds", "3", "--checkpoint-every", "3"),
        ("--resume",),
        46,
    ),
    "audit": Killed(
        ("audit", "lenet", "--budget", "1000", "--seeds", "2", *DIGITS, "-o", "out"), ("--resume",), 36
    ),
    "ascend": Killed(("ascend", *SMALL, "--budget", "3000"), ("--resume",), 40),
    "harden": Killed(
        ("harden", "perceptron", *DIGITS, "--rounds", "2", "--runs", "2", "-n", "4", "--batch", "50",
         "--iterations", "60", "-o", "out"),
        ("--resume",), 8,
    ),
    "report": Killed(("report", "../run", "--budget", "300", "-o", "out"), (), 34),
    "export": Killed(("export", "../many", "--format", "folder", "-o", "out"), (), 34),
    "train": Killed(("train", "perceptron", *DIGITS, "--iterations", "60", "-o", "out"), (), 8),
}  # fmt: skip


def library(folder: Path) -> Path:
    """``kills.c``, compiled."""
    file = folder / "kills.so"
    source = Path(__file__).with_name("kills.c")
    if not file.is_file() or file.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", file, source, "-ldl"], check=True)
    return file


class Process:
    """A command in a fork of this process, which has imported what commands import: that takes longest."""

    def __init__(self, words: Sequence[str], place: Path, at: int = 0, number: int = 0) -> None:
        """It gets signal ``number`` at its change ``at`` of ``place/out``, never for 0."""
        self.errors = place / "errors"
        self.count = place / "count"
        self.count.write_bytes(bytes(8))
        self.returncode: int | None = None
        self.overdue = False
        sys.stdout.flush()
        self.id = os.fork()
        if self.id == 0:
            os.environ.update(
                KILL_IN=str(place / "out"),
                KILL_COUNT=str(self.count),
                KILL_AT=str(at),
                KILL_SIGNAL=str(number),
            )
            os.chdir(place)
            signal.signal(signal.SIGINT, signal.default_int_handler)  # not as nohup or & may have left them
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            for stream, path, flags in (
                (0, os.devnull, os.O_RDONLY),
                (1, os.devnull, os.O_WRONLY),
                (2, self.errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            ):
                os.dup2(os.open(path, flags), stream)
            ctypes.CDLL(os.environ["LD_PRELOAD"]).kills_begin()
            sys.argv = ["foolery", *words]
            code: object = 99
            try:
                runpy.run_module("foolery", run_name="__main__")
            except SystemExit as end:
                code = end.code
            finally:
                sys.stderr.flush()
                os._exit(code if isinstance(code, int) else 98)  # threads of libraries do not survive a fork

    def wait(self, seconds: float) -> int | None:
        """The exit code, negative for a signal; None where it still runs after ``seconds``."""
        end = time.monotonic() + seconds
        while self.returncode is None and time.monotonic() < end:
            done, status = os.waitpid(self.id, os.WNOHANG)
            if done:
                self.returncode = os.waitstatus_to_exitcode(status)
            else:
                time.sleep(0.005)
        return self.returncode

    def text(self) -> str:
        """Wait for its end; what it printed on standard error."""
        if self.wait(MOST_SECONDS) is None:
            self.overdue = True
            os.kill(self.id, signal.SIGKILL)
            self.wait(60)
        return self.errors.read_text(errors="replace") if self.errors.is_file() else ""


def import_all() -> None:
    """Import what commands import at use, and every module of foolery."""
    for name in ("onnxruntime", "torch", "safetensors.torch", "onnx", "PIL.Image", "jinja2", "filelock"):
        importlib.import_module(name)
    for module in pkgutil.walk_packages(foolery.__path__, "foolery."):
        if not module.name.endswith("__main__"):
            with suppress(ImportError):
                importlib.import_module(module.name)


def content(folder: Path) -> dict[str, str]:
    """Path to a digest of what is in it, without times; a part of a run for itself."""
    found = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = file.relative_to(folder).as_posix()
        if file.name == "run.db":
            found |= {f"{name} {part}": value for part, value in _run(file).items()}
        elif file.suffix == ".json":
            found[name] = _digest(json.dumps(_timeless(json.loads(file.read_text("utf-8"))), sort_keys=True))
        elif file.suffix == ".npz":
            with np.load(file, allow_pickle=False) as arrays:
                found |= {
                    f"{name} {each}": _digest(repr((arrays[each].shape, arrays[each].tobytes())))
                    for each in arrays.files
                    if each not in TIMES
                }
        elif file.name == "summary.md":
            found[name] = _digest(
                "\n".join(each for each in file.read_text("utf-8").split("\n") if " queries in " not in each)
            )
        else:
            found[name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def _run(file: Path) -> dict[str, str]:
    from foolery.runs import open_run_file

    run = open_run_file(file.parent)
    names = ("generation", "queries", "improvements", "median", "mean", "min", "max")
    history = [getattr(run.history, name).tolist() for name in names]
    return {
        "status": run.status,
        "settings": _digest(repr(run.settings)),
        "history": _digest(repr(history)),
        "champions": _digest(repr(run.champions)),
        "individuals": _digest(repr(run.individuals)),
        "replacements": _digest(repr(run.replacements)),
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _timeless(value: object) -> object:
    if isinstance(value, dict):
        return {key: _timeless(each) for key, each in value.items() if key not in TIMES | TWICE}
    return [_timeless(each) for each in value] if isinstance(value, list) else value


def differences(ours: dict[str, str], others: dict[str, str]) -> list[str]:
    """Names of what is only in one, or differs."""
    return sorted(name for name in {*ours, *others} if ours.get(name) != others.get(name))


def prepare(work: Path) -> None:
    """What the commands read: a run, three runs, a folder of 600 digits."""
    from foolery.canvas import CanvasShape, png_bytes
    from foolery.data import load_data
    from foolery.engine.evolution import evolve

    evolve("lenet", generations=8, batch=40, out=work / "run", overwrite=True)
    for seed in range(3):
        evolve(
            "lenet", generations=5, batch=20, seed=seed, out=work / "many" / f"seed-{seed}", overwrite=True
        )
    digits = load_data("mnist", "test").take(np.arange(600))
    batch = next(iter(digits.batches(600, CanvasShape(1, 28, 28))))
    for row, (canvas, label) in enumerate(zip(batch.canvases, batch.labels, strict=True)):
        (work / "digits" / str(label)).mkdir(parents=True, exist_ok=True)
        (work / "digits" / str(label) / f"{row}.png").write_bytes(png_bytes(canvas))
    (work / "prepared").touch()


def whole(work: Path, name: str) -> dict[str, object]:
    """The command without a kill: its content, seconds, and number of changes; done once."""
    file = work / f"whole-{name}.json"
    if not file.is_file():
        place = _new(work, f"whole-{name}")
        begun = time.monotonic()
        process = Process(COMMANDS[name].words, place)
        errors = process.text()
        assert process.returncode == 0, errors
        seconds, changes = time.monotonic() - begun, int.from_bytes((place / "count").read_bytes(), "little")
        known = {"content": content(place / "out"), "seconds": seconds, "changes": changes}
        file.write_text(json.dumps(known))
    return dict(json.loads(file.read_text()))


def _new(work: Path, name: str) -> Path:
    place = work / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    return place


def case(work: Path, number: int, name: str) -> dict[str, object]:
    """One case: what it was, whether the signal came before the end, and what is wrong."""
    draws, known, command = random.Random(f"kill {number}"), whole(work, name), COMMANDS[name]
    sign = SIGNALS[0] if draws.random() < 0.5 else draws.choice(SIGNALS[1:])
    at = draws.randint(1, int(known["changes"])) if draws.random() < 0.5 else 0  # type: ignore[call-overload]
    moment = draws.uniform(0.1, float(known["seconds"]))  # type: ignore[arg-type]
    place, problems = _new(work, f"case-{number}"), []
    process = Process(command.words, place, at, sign)
    if not at and process.wait(moment) is None:
        os.kill(process.id, sign)
        if sign == signal.SIGINT and number % 2 and process.wait(0.005) is None:  # two quick ones
            os.kill(process.id, sign)
    errors = process.text()
    expected = {-9} if sign == signal.SIGKILL else {128 + sign, -sign}  # -sign: before Python listens to it
    ended = process.returncode == 0
    if not ended and process.returncode not in expected:
        problems.append(f"exit code {process.returncode} after signal {int(sign)}")
    if "Traceback" in errors and process.returncode not in (-2, 130):
        problems.append("a traceback")
    problems += (_compared if ended else partial(_again, command))(place, known["content"])
    if not problems:
        shutil.rmtree(place)
    moment_text = f"change {at} of {known['changes']}" if at else f"{moment:.2f} s of {known['seconds']:.2f}"
    return {
        "number": number, "command": name, "signal": sign.name, "at": moment_text, "change": bool(at),
        "ended": ended, "code": process.returncode, "problems": problems,
        "errors": errors[-300:] if problems else "",
    }  # fmt: skip


def _compared(place: Path, expected: dict[str, str]) -> list[str]:
    different = differences(content(place / "out"), expected)
    return [f"differs: {', '.join(different[:5])}"] if different else []


def _again(command: Killed, place: Path, expected: dict[str, str]) -> list[str]:
    """Give it again; returns what is wrong."""
    for addition in dict.fromkeys(
        (command.again, (), ("--overwrite",) if command.words[0] == "train" else ())
    ):
        process = Process((*command.words, *addition), place)
        errors = process.text()
        if process.overdue:
            return [f"given again it took more than {MOST_SECONDS} s"]
        if process.returncode == 0:
            return _compared(place, expected)
    return [f"cannot be given again: exit code {process.returncode}: {errors[-200:]}"]


def schedule(count: int) -> list[str]:
    """The command of each case, mixed, so that any part of them has all."""
    names = [name for name, command in COMMANDS.items() for _ in range(command.share)]
    random.Random(0).shuffle(names)
    return [names[number % len(names)] for number in range(count)]


def summary(cases: list[dict[str, object]]) -> dict[str, object]:
    """Counts of the cases that a signal ended before they were done, and every failure."""
    killed = [each for each in cases if not each["ended"]]
    return {
        "kills": len(killed),
        "at_a_change": sum(bool(each["change"]) for each in killed),
        "by_signal": dict(sorted(Counter(str(each["signal"]) for each in killed).items())),
        "by_command": dict(sorted(Counter(str(each["command"]) for each in killed).items())),
        "equal": sum(not each["problems"] for each in killed),
        "ended_before_the_signal": len(cases) - len(killed),
        "failures": [each for each in cases if each["problems"]],
    }


def main() -> None:
    """Go on to ``--count`` kills."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", help="commands, with commas between them")
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first case, for parts side by side"
    )
    asked = parser.parse_args()
    work = asked.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    if "LD_PRELOAD" not in os.environ:  # it has to be there before the first library
        environment = os.environ | {
            "LD_PRELOAD": str(library(work)), "FOOLERY_THREADS": "1", "OMP_NUM_THREADS": "1",
        }  # fmt: skip
        os.execve(sys.executable, [sys.executable, "-m", "support.kills", *sys.argv[1:]], environment)
    import_all()
    if not (work / "prepared").is_file():
        prepare(work)
    log = work / "cases.jsonl"
    cases = [json.loads(line) for line in log.read_text().splitlines()] if log.is_file() else []
    done = {each["number"] for each in cases}
    only = asked.only.split(",") if asked.only else [*COMMANDS]
    for number, name in enumerate(schedule(asked.first + 10 * asked.count)):
        if sum(not each["ended"] for each in cases) >= asked.count:
            break
        if number < asked.first or number in done or name not in only:
            continue
        cases.append(case(work, number, name))
        with log.open("a") as file:
            file.write(json.dumps(cases[-1]) + "\n")
        print(
            json.dumps(
                {key: cases[-1][key] for key in ("number", "command", "signal", "at", "code", "problems")}
            )
        )
        sys.stdout.flush()
        if asked.json:
            asked.json.write_text(json.dumps(summary(cases), indent=1) + "\n")
    sys.exit(any(each["problems"] for each in cases))


if __name__ == "__main__":
    main()
