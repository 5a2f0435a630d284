"""Memetic search on LeNet: evaluations to a median confidence, with and without gradient steps.

An evaluation is a picture through the network in either direction: a child with K steps costs 1 + 2 K.

usage: python benchmarks/memetic.py [RUNS=3] [RESULT.json]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

from foolery import load_classifier
from foolery.classifiers.scores import confidence
from foolery.encodings import make_encoding
from foolery.search.map_elites import MapElites
from foolery.search.memetic import gradient_steps

BATCH, MOST, LEVELS, STEPS = 40, 20_000, (0.5, 0.9, 0.99, 0.9999), (0, 1, 3)


def main(runs: int = 3, result: str = "") -> int:
    classifier = load_classifier("lenet", backend="torch")
    started, found = time.perf_counter(), []
    print(f"encoding   K  evaluations to a median of {', '.join(map(str, LEVELS))}; seconds a run")
    for encoding in ("direct", "cppn"):
        for steps in STEPS:
            reached, seconds = [], []
            for seed in range(runs):
                begun = time.perf_counter()
                reached.append(evaluations(classifier, encoding, steps, seed))
                seconds.append(time.perf_counter() - begun)
            typical = [middle([each[level] for each in reached]) for level in LEVELS]
            print(f"{encoding:<9} {steps:>2}  {typical}  {median(seconds):.1f}", flush=True)
            found.append(
                {
                    "encoding": encoding,
                    "memetic": steps,
                    "median_evaluations": dict(zip(map(str, LEVELS), typical, strict=True)),
                    "runs": [{str(level): each[level] for level in LEVELS} for each in reached],
                    "seconds": [round(each, 1) for each in seconds],
                }
            )
    direct = [row["median_evaluations"]["0.9999"] for row in found if row["encoding"] == "direct"]
    ratio = direct[0] / min(direct[1:]) if None not in direct else float("nan")
    print(f"direct: plain evolution needs {ratio:.1f} times the evaluations of memetic search to 0.9999")
    if result:
        whole = {
            "command": f"python benchmarks/memetic.py {runs}",
            "classifier": "lenet (torch)",
            "fingerprint": classifier.description.fingerprint,
            "batch": BATCH,
            "most_evaluations": MOST,
            "null": f"not reached within {MOST} evaluations by half of the runs",
            "seconds": round(time.perf_counter() - started, 1),
            "results": found,
        }
        Path(result).write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    return 0


def evaluations(classifier, encoding: str, steps: int, seed: int) -> dict[float, int | None]:
    """How many one run needed for each level of the median; None where it did not get there."""
    drawn = make_encoding(encoding, classifier.description.canvas)
    cells = tuple(range(len(classifier.description.classes)))
    local_search = gradient_steps(classifier, drawn, cells, steps) if steps else None
    search = MapElites(drawn, len(cells), seeds=seed, batch=BATCH, local_search=local_search)
    spent, found = 0, dict.fromkeys(LEVELS)
    while spent < MOST and found[LEVELS[-1]] is None:
        canvases = drawn.render(search.ask().genomes)
        search.tell(classifier.scores(canvases), canvases)
        spent = search.queries
        sure = float(np.median(confidence(search.archive.score[0], classifier.description.kind)))
        for level in LEVELS:
            if found[level] is None and sure >= level:
                found[level] = spent
    return found


def middle(counts: list[int | None]) -> int | None:
    """The median, None counting as more than any number."""
    ordered = sorted(float("inf") if count is None else count for count in counts)
    value = ordered[len(ordered) // 2]
    return None if value == float("inf") else int(value)


if __name__ == "__main__":
    sys.exit(main(*(int(word) if word.isdigit() else word for word in sys.argv[1:])))
