"""Milliseconds of ``tell``: a batch compared with every champion, over numpy's argmax of the same scores.

``tell`` is the search's own: scores checked to be finite, champions replaced, their genomes put in place.
Most generations replace nobody; those that replace a tenth of the champions are timed beside them.
"""

from __future__ import annotations

import argparse
import json
from statistics import median
from time import perf_counter

import numpy as np

from foolery.canvas import CanvasShape
from foolery.encodings import make_encoding
from foolery.search.map_elites import MapElites

SHAPE = CanvasShape(1, 28, 28)


def measure(classes: int, batch: int, rounds: int) -> dict[str, float]:
    """Milliseconds: quiet, with takeovers, and numpy's argmax; each the fastest and the median round."""
    draws = np.random.default_rng(0)
    search = MapElites(make_encoding("cppn", SHAPE), classes, batch=batch)
    search.ask()
    search.tell(-draws.exponential(size=(batch, classes)))
    times: dict[str, list[float]] = {"quiet": [], "takeovers": [], "argmax": []}
    for round_number in range(2 * rounds):
        scores = search.archive.score[0] - 1e-9 - draws.exponential(size=(batch, classes))
        kind = ("quiet", "takeovers")[round_number % 2]
        if kind == "takeovers":
            cells = draws.choice(classes, max(1, classes // 10), replace=False)
            scores[draws.integers(0, batch, len(cells)), cells] = search.archive.score[0, cells] + 1e-6
        search.ask()
        start = perf_counter()
        search.tell(scores)
        told = perf_counter()
        scores.argmax(axis=0)
        times[kind].append(1000 * (told - start))
        times["argmax"].append(1000 * (perf_counter() - told))
    return {
        f"{kind}_{name}_ms": round(how(found), 4)
        for kind, found in times.items()
        for name, how in (("least", min), ("median", median))
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = {classes: measure(classes, asked.batch, asked.rounds) for classes in (10, 1000)}
    if asked.json:
        print(json.dumps({"batch": asked.batch, "classes": found}))
        return
    print(f"tell, {asked.batch} children, median (least) of {asked.rounds} rounds, in ms")
    for classes, each in found.items():
        base = each["argmax_median_ms"]
        line = ", ".join(
            f"{words} {each[f'{kind}_median_ms']:.3f} ({each[f'{kind}_least_ms']:.3f}), "
            f"{each[f'{kind}_median_ms'] / base:.1f} times numpy's argmax"
            for kind, words in (("quiet", "nobody replaced"), ("takeovers", "a tenth replaced"))
        )
        print(f"  {classes:>4} classes: {line}")


if __name__ == "__main__":
    main()
