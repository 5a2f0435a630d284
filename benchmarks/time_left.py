"""How right the time left is: what a command said at a quarter of its time, beside how long it took.

    python benchmarks/time_left.py [--only NAME] [--out FILE]

Five commands of ten minutes or less (``FOOLERY_DATA`` names the data), with ``--json --events``; the estimate
at one quarter should be within 25 % of what it took. On a machine whose other work comes and goes it cannot
be: nobody knows what is next.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMANDS = {
    "audit of digits": ["audit", "lenet", "--data", "mnist", "--budget", "60000"],
    "audit of CIFAR-10": [
        "audit",
        "cifar",
        "--data",
        "parquet:{data}/cifar10/test.parquet",
        "--max-images",
        "1000",
        "--budget",
        "12000",
    ],
    "evolution": ["evolve", "-c", "cifar", "-e", "cppn", "-n", "150", "--batch", "100"],
    "arms race": ["harden", "lenet", "--iterations", "150", "--rounds", "3", "--runs", "5", "-n", "40"],
    "reproduction": ["reproduce", "fig4", "--scale", "0.2"],
}
SHARE, WITHIN = 0.25, 0.25


def measured(words: list[str], folder: Path) -> dict[str, float | bool | str]:
    """Run a command; what it said at a quarter of its time, and how long it took."""
    begun, said = time.monotonic(), []
    words = [word.format(data=os.environ.get("FOOLERY_DATA", "")) for word in words]
    command = [sys.executable, "-m", "foolery", *words, "-o", str(folder / "out"), "--json", "--events"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        for line in process.stdout or ():
            event = json.loads(line)
            if "seconds_left" in event:
                moment = time.monotonic() - begun
                said.append((moment, event["seconds_left"], event["seconds_left_is_whole"], event["stage"]))
    took = time.monotonic() - begun
    if process.returncode:
        raise SystemExit(f"{words}: exit code {process.returncode}")
    moment, left, whole, stage = min(said, key=lambda each: abs(each[0] - SHARE * took))
    error = (moment + left - took) / took
    return {
        "took": round(took, 1), "at": round(moment, 1), "estimate": round(moment + left, 1),
        "error": round(error, 3), "whole": whole, "stage": stage, "within": abs(error) <= WITHIN,
    }  # fmt: skip


def main() -> None:
    """Run every command, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", metavar="NAME")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    results = {}
    for name, words in COMMANDS.items():
        if options.only in (None, name):
            with tempfile.TemporaryDirectory() as folder:
                results[name] = measured(words, Path(folder))
            print(f"{name:<18} {results[name]}", flush=True)
    right = sum(bool(each["within"]) for each in results.values())
    print(f"{right} of {len(results)} within {WITHIN:.0%} at a quarter of the time")
    if options.out is not None:
        options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
