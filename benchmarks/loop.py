"""Queries/s of a whole search over the images/s of the bare forward pass, in one run.

Bare forward: the same session, float32 input ready, same batch, slices and lanes, logits out.
Whole search: generations 20 to 200 of ``evolve``, written to a run file on disk.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from foolery.classifiers import load_classifier
from foolery.classifiers.preprocess import preprocess
from foolery.experiments.evolve import evolve
from foolery.lanes import available, share

FIRST, LAST = 20, 200


def bare_forward(classifier, batch: int, repeats: int) -> float:
    """Images/s of the session alone."""
    grain = int(classifier.description.forward["grain"])
    canvases = np.random.default_rng(0).integers(
        0, 256, (batch, *classifier.description.canvas.axes), np.uint8
    )
    pictures = preprocess(canvases, classifier.card.preprocessing)
    name = classifier.session.get_inputs()[0].name
    slices = {start: pictures[start : start + grain] for start in range(0, batch, grain)}

    def work(start: int, stop: int) -> None:
        classifier.session.run(None, {name: slices[start]})

    share(work, batch, grain=grain)
    start = time.perf_counter()
    for _ in range(repeats):
        share(work, batch, grain=grain)
    return repeats * batch / (time.perf_counter() - start)


def whole_search(classifier, encoding: str, batch: int, seed: int) -> float:
    """Queries/s between generations 20 and 200."""
    moments = {}

    def watch(progress) -> None:
        if progress.generation in (FIRST, LAST):
            moments[progress.generation] = time.perf_counter()

    with tempfile.TemporaryDirectory() as folder:
        evolve(
            classifier,
            encoding=encoding,
            generations=LAST,
            batch=batch,
            seed=seed,
            out=Path(folder) / "run",
            watch=watch,
        )
    return (LAST - FIRST) * batch / (moments[LAST] - moments[FIRST])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5, help="alternating rounds; medians are printed")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    classifier = load_classifier("lenet", backend="onnx")
    encodings = ("cppn", "direct")
    bare, loops = [], {name: [] for name in encodings}
    for seed in range(asked.rounds):
        bare.append(bare_forward(classifier, asked.batch, repeats=150))
        for name in encodings:
            loops[name].append(whole_search(classifier, name, asked.batch, seed))
    report = {
        "batch": asked.batch,
        "lanes": available(),
        "bare_forward_images_per_second": round(median(bare)),
        "queries_per_second": {name: round(median(rates)) for name, rates in loops.items()},
        "ratio": {
            name: round(median(q / b for q, b in zip(rates, bare, strict=True)), 3)
            for name, rates in loops.items()
        },
    }
    if asked.json:
        print(json.dumps(report))
        return
    print(
        f"lenet, onnxruntime, batch {asked.batch}, {report['lanes']} lanes, median of {asked.rounds} rounds"
    )
    print(f"  bare forward           {report['bare_forward_images_per_second']:>8} images/s")
    for name in encodings:
        rate, ratio = report["queries_per_second"][name], report["ratio"][name]
        print(f"  evolve {name:<15} {rate:>8} queries/s   ratio {ratio:.2f}   (at least 0.50 is asked for)")


if __name__ == "__main__":
    main()
