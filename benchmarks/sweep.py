"""Boards: what processes and a cluster take for 16 pieces, and 1,000 pieces on 64 workers, simulated.

``efficiency`` does 16 pieces for real: in one process, with ``--on local:2``, and, where Ray is installed,
on a cluster of two processors. What is divided is the time of the work, from the first piece to the last;
start-up is printed apart. ``simulate`` runs the real driver against workers of a simulated clock. Their times
are those that the pieces of a board took (``--times BOARD``); a death costs the start of a worker. Jobs come
with the longest first, as the driver of boards has them, and in any order, to see what that is worth.

    python benchmarks/sweep.py simulate --times BOARD
    python benchmarks/sweep.py efficiency
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from foolery.sweep.driver import JobQueue
from foolery.sweep.outcome import Job, PieceOutcome
from foolery.sweep.pieces import stored_plan
from foolery.sweep.status import read_note

PIECES, WORKERS, START = 1000, 64, 3.0
BOARD = """
classifiers = ["lenet"]
encodings = ["cppn"]
seeds = 16
seeds_per_piece = 1
generations = 150
batch = 50
"""


class SimulatedWorkers:
    """An engine whose clock jumps to the next end of a job; a share of the tries dies on the way."""

    def __init__(self, times: list[float], deaths: float, seed: int) -> None:
        self.now, self.slots, self.deaths = 0.0, WORKERS, 0
        self._left, self._share, self._random = list(times), deaths, random.Random(seed)
        self._ends: list[tuple[float, int, bool]] = []

    def start(self, number: int, job: Job) -> None:
        """It takes what is left of it, and the start of its worker."""
        left = self._left[number]
        dies = self._random.random() < self._share
        spent = left * self._random.random() if dies else left
        self._left[number] = left - spent
        heapq.heappush(self._ends, (self.now + START * dies + spent, number, dies))

    def wait(self, seconds: float) -> list[tuple[int, PieceOutcome]]:
        """The next end, at once."""
        self.now, number, dies = heapq.heappop(self._ends)
        self.deaths += dies
        return [(number, PieceOutcome("died", "simulated") if dies else PieceOutcome("finished"))]

    def stop(self) -> None:
        """Nothing works any more."""


def piece_times(board: Path) -> list[float]:
    """Seconds of work on each finished piece of a board."""
    plan = stored_plan(board)
    notes = [] if plan is None else [read_note(board / piece.folder) for piece in plan.pieces]
    times = [note.seconds for note in notes if note is not None and note.state == "finished"]
    if not times:
        raise SystemExit(f"{board}: no piece of it is finished")
    return times


def simulate(board: Path) -> dict[str, object]:
    """Makespan against the bound, without deaths and with them, in the order of the plan."""
    measured, rows = piece_times(board), []
    for share, longest_first in ((0.0, False), (0.0, True), (0.02, True), (0.1, True)):
        times = random.Random(1).choices(measured, k=PIECES)
        if longest_first:
            times.sort(reverse=True)
        engine = SimulatedWorkers(times, share, seed=2)
        begun = time.process_time()
        failures = JobQueue(engine, lambda line: None).run([Job(str(n), {}) for n in range(PIECES)])
        driver = time.process_time() - begun
        bound = max(sum(times) / WORKERS, *times)
        rows.append(
            {
                "longest_first": longest_first,
                "share_of_tries_that_die": share,
                "deaths": engine.deaths,
                "not_done": len(failures),
                "makespan_s": round(engine.now, 1),
                "bound_s": round(bound, 1),
                "ratio": round(engine.now / bound, 3),
                "driver_cpu_s": round(driver, 3),
            }
        )
    return {
        "pieces": PIECES,
        "workers": WORKERS,
        "worker_start_s": START,
        "measured_pieces": len(measured),
        "shortest_s": min(measured),
        "longest_s": max(measured),
        "rows": rows,
    }


def efficiency() -> dict[str, object]:
    """Seconds of work and of the whole command; ratios to half of what one process takes."""
    engines = ["local:1", "local:2", *(["ray"] if find_spec("ray") else [])]
    spans: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        board = Path(folder) / "board.toml"
        board.write_text(BOARD)
        for engine in engines:
            out, begun = Path(folder) / engine.replace(":", "-"), time.monotonic()
            words = ["sweep", str(board), "--on", engine, "--out", str(out)]
            subprocess.run([sys.executable, "-m", "foolery", *words], check=True, stderr=subprocess.DEVNULL)
            notes = [note for file in out.glob("pieces/*") if (note := read_note(file)) is not None]
            work = max(note.beat for note in notes) - min(note.beat - note.seconds for note in notes)
            spans[engine] = {"work_s": round(work, 2), "command_s": round(time.monotonic() - begun, 2)}
    half = spans["local:1"]["work_s"] / 2
    ratios = {
        engine: round(span["work_s"] / half, 3) for engine, span in spans.items() if engine != "local:1"
    }
    return {"load": os.getloadavg(), "processors": os.cpu_count(), "spans": spans, "ratio_to_half": ratios}


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=["simulate", "efficiency"], nargs="?", default="efficiency")
    parser.add_argument("--times", type=Path, metavar="BOARD")
    options = parser.parse_args()
    if options.part == "simulate" and options.times is None:
        parser.error("--times: name the folder of a finished board")
    result = simulate(options.times) if options.part == "simulate" else efficiency()
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
