"""Evaluations to reach mean champion confidence 0.939: pyribs' tutorial loop against foolery's direct search.

The loop is that of pyribs' tutorial "Generating Images to Fool an MNIST Classifier", on pyribs from PyPI:
a GridArchive of ten cells over (0, 10), one GaussianEmitter with sigma 0.5 and bounds (0, 1) that starts
from gray 0.5, batch 30; a child goes to the cell of the digit that the network believes most. 900 000
evaluations gave them a mean confidence of 0.939 on their LeNet-5. Both searches here fool the same
network, the shipped ``lenet``.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from foolery.classifiers import load_classifier
from foolery.engine.evolution import evolve

GOAL = 0.939
THEIR_EVALUATIONS = 900_000


def pyribs_loop(classifier, seed: int, evaluations: int) -> dict[str, float | int | None]:
    """The tutorial's loop until the goal, or until ``evaluations``."""
    from ribs.archives import GridArchive
    from ribs.emitters import GaussianEmitter
    from ribs.schedulers import Scheduler

    archive = GridArchive(solution_dim=784, dims=[10], ranges=[(0, 10)])
    emitter = GaussianEmitter(
        archive, sigma=0.5, x0=np.full(784, 0.5), bounds=[(0, 1)] * 784, batch_size=30, seed=seed
    )
    scheduler = Scheduler(archive, [emitter])
    reached, start, mean = None, time.perf_counter(), 0.0
    for done in range(30, evaluations + 1, 30):
        solutions = scheduler.ask()
        canvases = np.rint(solutions * 255).astype(np.uint8).reshape(-1, 1, 28, 28)
        confidences = np.exp(classifier.scores(canvases))
        digits = confidences.argmax(axis=1)
        scheduler.tell(confidences[np.arange(len(digits)), digits], digits[:, None])
        if done % 3000 == 0:
            mean = float(archive.data("objective").sum()) / 10
            if mean >= GOAL:
                reached = done
                break
    return {
        "reached_at": reached,
        "evaluations": done,
        "mean_confidence": round(mean, 4),
        "cells_filled": int(archive.stats.num_elites),
        "seconds": round(time.perf_counter() - start, 1),
    }


def foolery_direct(classifier, seed: int) -> dict[str, float | int | None]:
    """The paper's direct search, batch 200, until the goal."""
    result = evolve(classifier, encoding="direct", generations=400, seed=seed)
    above = np.flatnonzero(result.history.mean >= GOAL)
    return {
        "reached_at": int(result.history.queries[above[0]]) if len(above) else None,
        "mean_confidence_at_40000": round(float(result.history.mean[199]), 6),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--evaluations", type=int, default=THEIR_EVALUATIONS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    classifier = load_classifier("lenet", backend="onnx")
    ours = [foolery_direct(classifier, seed) for seed in range(3)]
    theirs = [pyribs_loop(classifier, seed, asked.evaluations) for seed in range(asked.seeds)]
    if asked.json:
        print(json.dumps({"goal": GOAL, "foolery_direct": ours, "pyribs_tutorial": theirs}))
        return
    print(f"evaluations to mean champion confidence {GOAL} on lenet")
    for seed, row in enumerate(ours):
        print(f"  foolery direct, seed {seed}:  {row['reached_at']}")
    for seed, row in enumerate(theirs):
        verdict = row["reached_at"] or f"not within {row['evaluations']}: mean {row['mean_confidence']}"
        print(f"  pyribs tutorial, seed {seed}: {verdict} ({row['cells_filled']} of 10 cells filled)")


if __name__ == "__main__":
    main()
