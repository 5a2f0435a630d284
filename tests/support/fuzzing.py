"""The fuzzer: mutated files of every format go to every reading command, in one process that is bounded.

    PYTHONPATH=tests python -m support.fuzzing --count 10000 --seed 1

An input fails that ends a command with another exit code than 0, 1 or 2, with a traceback or a control
character in what is printed, after 20 s or above 1 GB, or with anything written outside of its own folder.
Exit code 1 is that of ``verify``, where a run is no evidence.
"""

import argparse
import contextlib
import io
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from support.mutations import mutate

MOST_SECONDS, MOST_BYTES = 20, 2**30
COMMANDS = (
    ("run", ("show", "{}")),
    ("run", ("show", "{}", "--json")),
    ("run", ("verify", "{}")),
    ("run", ("lineage", "{}")),
    ("run", ("export", "{}", "-o", "{out}")),
    ("run", ("export", "{}", "--format", "folder", "-o", "{out}")),
    ("run", ("report", "{}", "-o", "{out}")),
    ("audit", ("report", "{}", "-o", "{out}")),
    ("audit", ("export", "{}", "--format", "folder", "-o", "{out}")),
    ("race", ("report", "{}", "-o", "{out}")),
    ("model", ("predict", "onnx:{}/lenet.onnx", "{}/0.png")),
    ("model", ("preflight", "onnx:{}/lenet.onnx")),
    ("photos", ("evaluate", "lenet", "--data", "folder:{}")),
    ("studio", ()),
)


class OverdueError(BaseException):
    """A command took too long."""


def samples(folder: Path) -> dict[str, Path]:
    """One of each kind, made as users make them."""
    from foolery.classifiers.builtin import SHIPPED
    from foolery.engine.evolution import evolve
    from foolery.hardening import ArmsRaceConfig
    from foolery.hardening.rounds import RoundImages, images_of_runs, summarize_round
    from foolery.runs import open_run_file
    from support.audits import audit_in

    run = folder / "run"
    evolve("lenet", generations=3, batch=20, out=run, keep_genomes="all")
    audit_in(folder / "audit")
    race = folder / "race"
    ArmsRaceConfig(rounds=1).write(race)
    images: RoundImages = images_of_runs([open_run_file(run)])
    (race / "round-01").mkdir()
    images.write(race / "round-01" / "images.npz")
    summarize_round(
        1,
        images,
        1,
        test_error=0.1,
        real_as_fooling=0.0,
        training_images=9,
        fooling_images=0,
        training_seconds=1.0,
    ).write(race / "round-01" / "round.json")
    (folder / "model").mkdir()
    for ending in ("onnx", "safetensors", "card.json"):
        shutil.copy(SHIPPED / f"lenet.{ending}", folder / "model")
    png = sorted((folder / "audit" / "champions").iterdir())
    shutil.copy(png[0], folder / "model" / "0.png")
    for at, file in enumerate(png[:6]):
        (folder / "photos" / str(at % 3)).mkdir(parents=True, exist_ok=True)
        shutil.copy(file, folder / "photos" / str(at % 3))
    return {name: folder / name for name in ("run", "audit", "race", "model", "photos")}


def ask_studio(folder: Path) -> int:
    """What the studio does for its list and for every report; 0 where it has an answer."""
    from foolery.cli._studio_backend import report_builder
    from foolery.errors import FooleryError
    from foolery.studio.library import Library
    from foolery.studio.pages import page
    from foolery.studio.run_list import RunList

    library = Library(folder)
    entries = RunList().entries(library.entries())
    print(len(page("runs.html", base="", section="runs", title="fuzz", entries=entries, running=0).encode()))
    for entry in library.entries():
        with contextlib.suppress(FooleryError):
            report_builder([])(entry.folder)
    return 0


def run_command(words: list[str], place: Path) -> tuple[int, str]:
    """Exit code of a command in this process, and all that it printed; 99 for one that took too long."""
    import typer

    from foolery.cli._app import Commands
    from foolery.cli.main import app

    def overdue(*_: object) -> None:
        raise OverdueError

    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="replace")
    signal.signal(signal.SIGALRM, overdue)
    signal.alarm(MOST_SECONDS)
    output, errors = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = printed
    try:
        if not words:
            code = ask_studio(place)
        else:
            command = typer.main.get_command(app)
            assert isinstance(command, Commands)
            code = command.run(words)
    except OverdueError:
        code = 99
    except BaseException as error:
        print(f"Traceback: {type(error).__name__}: {error}", file=printed)
        code = 98
    finally:
        signal.alarm(0)
        sys.stdout, sys.stderr = output, errors
    printed.seek(0)
    return code, printed.read()


def peak_memory(*, reset: bool = False) -> int:
    """Bytes: the most that this process has held since the last reset, of what other tests left too."""
    if reset:
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):  # no Linux: a peak that another test reached hides a lower one
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def problem_of(code: int, text: str, words: list[str]) -> str | None:
    """What is wrong with how a command ended."""
    if code == 99:
        return f"took more than {MOST_SECONDS} s"
    if code not in ((0, 1, 2) if "verify" in words or "preflight" in words else (0, 2)):
        return f"exit code {code}"
    if "Traceback" in text or "a defect in foolery" in text:
        return "a traceback"
    strange = [each for each in text if (ord(each) < 32 and each not in "\n\t") or 0x7F <= ord(each) < 0xA0]
    return f"a control character {strange[0]!r}" if strange else None


def fuzz(count: int, seed: int, seconds: float = float("inf"), start: int = 0) -> tuple[Counter, list[str]]:
    """Inputs ``start`` to ``count``, each of its own seed; counts, and one line for each failure."""
    counts: Counter = Counter()
    failures, end = [], time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        kinds = samples(top / "samples")
        for number in range(start, count):
            if time.monotonic() > end:
                break
            random_ = random.Random(f"{seed} {number}")
            kind, words = random_.choice(COMMANDS)
            work = top / "work"
            work.mkdir()
            kind = random_.choice(("run", "audit", "race")) if kind == "studio" else kind
            shutil.copytree(kinds[kind], work / kind)
            files = sorted(path for path in (work / kind).rglob("*") if path.is_file())
            done = [mutate(random_.choice(files), random_) for _ in range(1)]
            before = sorted(os.listdir(top)), sorted(os.listdir(work))
            arguments = [word.format(work / kind, out=work / "out") for word in words]
            memory = peak_memory(reset=True)
            code, text = run_command(arguments, work)
            problem = problem_of(code, text, arguments)
            after = sorted(os.listdir(top)), sorted(each for each in os.listdir(work) if each != "out")
            if problem is None and after != before:
                problem = "something was written outside"
            if problem is None and peak_memory() - memory > MOST_BYTES:
                problem = "more than 1 GB"
            if problem is not None:
                failures.append(
                    f"{number}: {problem}: {' '.join(words) or 'studio'}: {done}: {text[-300:]!r}"
                )
            counts[" ".join(words[:1]) or "studio"] += 1
            counts[f"exit {code}"] += 1
            shutil.rmtree(work)
    return counts, failures


def main() -> None:
    """Fuzz by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    arguments = parser.parse_args()
    begun = time.monotonic()
    counts, failures = fuzz(arguments.count, arguments.seed, arguments.seconds, arguments.start)
    print(json.dumps({**counts, "seconds": round(time.monotonic() - begun), "failures": len(failures)}))
    print(*failures, sep="\n")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
