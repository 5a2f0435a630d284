"""Seconds until help, until import, and until generation 1: with Numba's cache empty, and with it warm.

Beside the wall time stand processor seconds, which other work on the machine disturbs less. Python's own
compiled files are kept in a folder that is filled before anything is timed, as they are once installed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from statistics import median

HELP = [sys.executable, "-m", "foolery", "--help"]
IMPORT = [sys.executable, "-c", "import foolery"]
BARE = [sys.executable, "-c", "pass"]


def first_generation(encoding: str, cache: str) -> tuple[float, float]:
    """Whole process: start, compile or load kernels, load lenet, generation 0 and 1, write, end."""
    command = [sys.executable, "-m", "foolery", "evolve", "--classifier", "lenet", "--encoding", encoding]
    with tempfile.TemporaryDirectory() as folder:
        return seconds([*command, "--generations", "1", "--out", f"{folder}/run"], {"NUMBA_CACHE_DIR": cache})


def seconds(command: list[str], environment: dict[str, str] | None = None) -> tuple[float, float]:
    """Wall and processor seconds of ``command``."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start, before = time.perf_counter(), _spent()
    subprocess.run(command, check=True, capture_output=True, env=inherited | (environment or {}))
    return time.perf_counter() - start, _spent() - before


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def middle(measured: list[tuple[float, float]]) -> dict[str, float]:
    """The medians of wall and processor seconds, and the fewest processor seconds."""
    wall, processor = zip(*measured, strict=True)
    return {
        "wall": round(median(wall), 3),
        "processor": round(median(processor), 3),
        "least_processor": round(min(processor), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as compiled:
        os.environ["PYTHONPYCACHEPREFIX"] = compiled
        with tempfile.TemporaryDirectory() as cache:
            first_generation("cppn", cache)  # Python's compiled files
        report = {
            name: middle([seconds(command) for _ in range(9)])
            for name, command in (("python", BARE), ("import foolery", IMPORT), ("foolery --help", HELP))
        }
        for encoding in ("cppn", "direct"):
            with tempfile.TemporaryDirectory() as cache:
                first = [first_generation(encoding, cache)]
                report[f"{encoding}, first run to generation 1"] = middle(first)
                warm = [first_generation(encoding, cache) for _ in range(3)]
                report[f"{encoding}, warm start to generation 1"] = middle(warm)
    if arguments.json:
        print(json.dumps(report))
        return
    print(f"  {'seconds':<36} {'wall':>7} {'processor':>10} {'at least':>9}")
    for name, times in report.items():
        wall, processor, least = times.values()
        print(f"  {name:<36} {wall:>7} {processor:>10} {least:>9}")


if __name__ == "__main__":
    main()
