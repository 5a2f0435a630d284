"""Gradient ascent on SqueezeNet: how many of some classes drawn at random reach 0.9999, scored on PNG files.

The network lies in FOOLERY_DATA; without it nothing is measured. 100 classes take a quarter of an hour.

usage: python benchmarks/ascent.py [CLASSES=4] [RESULT.json]
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from pathlib import Path

import numpy as np

from foolery import load_classifier
from foolery.analysis.champion_files import champion_file_name, export_champions
from foolery.analysis.verification import verify_run
from foolery.checks.accuracy import predict
from foolery.engine.ascent import ascend

CARD = Path(__file__).parents[1] / "docs" / "cards" / "squeezenet1_0.card.json"
RULE = {
    "first_gain": 0.1,
    "last_gain": 0.5,
}  # five times the paper's steps: the same end, in a quarter of the time
SURE = 0.9999


def main(count: int = 4, result: str = "") -> int:
    graph = Path(os.environ.get("FOOLERY_DATA", "")) / "models" / "squeezenet1_0" / "model.onnx"
    if not graph.is_file():
        print("skipped: FOOLERY_DATA has no SqueezeNet")
        return 0
    classifier = load_classifier(f"onnx:{graph}", card=CARD)
    classes = sorted(random.Random(0).sample(range(len(classifier.description.classes)), count))
    with tempfile.TemporaryDirectory() as folder:
        run = ascend(
            classifier,
            rule=RULE,
            steps=300,
            classes=[str(index) for index in classes],
            until=SURE,
            out=Path(folder) / "run",
            on_progress=lambda p: print(f"{p.generation} {p.stats.median:.4f}", file=sys.stderr, flush=True),
        )
        files = export_champions(run, Path(folder) / "pictures")
        answers = {each.path.name: each.top[0] for each in predict(classifier, files, top=1)}
        checked = verify_run(run, classifier)
    champions, read = list(run.champions.values()), []
    for champion in champions:
        answer = answers[champion_file_name(champion)]
        read.append(answer.confidence if answer.index == champion.index else 0.0)
    reached = sum(value >= SURE for value in read)
    found = {
        "command": f"python benchmarks/ascent.py {count}",
        "network": "SqueezeNet 1.0, 227 pixels (canvas 256), onnxruntime; gradients by onnx2pytorch",
        "rule": {"preset": "plain", **RULE},
        "until": SURE,
        "classes": classes,
        "reached_0.9999": reached,
        "not_reached": [each.label for each, value in zip(champions, read, strict=True) if value < SURE],
        "share": reached / count,
        "median_confidence": float(np.median(read)),
        "least_confidence": min(read),
        "zero": "the first answer to that file is another class",
        "confidences_of_pngs": [round(value, 8) for value in read],
        "steps": [champion.generation for champion in champions],
        "queries": run.summary["queries"],
        "seconds": run.summary["seconds"],
        "threads": os.environ.get("FOOLERY_THREADS", "all"),
        "verified": checked.passed,
        "fingerprint": run.settings.fingerprint,
    }
    print(f"{reached} of {count} classes at {SURE} or more, from their PNG files; verify: {checked.passed}")
    print(f"{found['queries']} queries in {found['seconds']} s, median {found['median_confidence']:.6f}")
    if result:
        Path(result).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0 if reached >= 0.95 * count else 1


if __name__ == "__main__":
    sys.exit(main(*(int(word) if word.isdigit() else word for word in sys.argv[1:])))
