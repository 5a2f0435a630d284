"""Seconds until help, until import, and until generation 1: with Numba's cache empty, and with it warm."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from statistics import median

HELP = [sys.executable, "-m", "foolery", "--help"]
IMPORT = [sys.executable, "-c", "import foolery"]
BARE = [sys.executable, "-c", "pass"]


def first_generation(encoding: str, cache: str) -> float:
    """Whole process: start, compile or load kernels, load lenet, generation 0 and 1, write, end."""
    command = [sys.executable, "-m", "foolery", "evolve", "--classifier", "lenet", "--encoding", encoding]
    with tempfile.TemporaryDirectory() as folder:
        return seconds([*command, "--generations", "1", "--out", f"{folder}/run"], {"NUMBA_CACHE_DIR": cache})


def seconds(command: list[str], environment: dict[str, str] | None = None) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=os.environ | (environment or {}))
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    report: dict[str, object] = {
        name: round(median(seconds(command) for _ in range(9)), 3)
        for name, command in (("python", BARE), ("import foolery", IMPORT), ("foolery --help", HELP))
    }
    for encoding in ("cppn", "direct"):
        with tempfile.TemporaryDirectory() as cache:
            report[f"{encoding}, first run to generation 1"] = round(first_generation(encoding, cache), 2)
            warm = median(first_generation(encoding, cache) for _ in range(3))
            report[f"{encoding}, warm start to generation 1"] = round(warm, 2)
    if asked.json:
        print(json.dumps(report))
        return
    for name, value in report.items():
        print(f"  {name:<36} {value:>7} s")


if __name__ == "__main__":
    main()
