"""Top-1 of the ImageNet networks that docs/cards has cards for, by foolery and by plain onnxruntime.

The networks and one photo of each class lie in FOOLERY_DATA; without them nothing is measured.

usage: python benchmarks/evaluate_models.py
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime

from foolery.classifiers import load_classifier
from foolery.data import load_data

CARDS = Path(__file__).parents[1] / "docs" / "cards"
STATED = {"mobilenet_v1_025_128_quant": 0.446, "mobilenet_v1_050_160_quant": 0.662, "squeezenet1_0": 0.627}


def main() -> int:
    folder = Path(os.environ.get("FOOLERY_DATA", ""))
    photos = folder / "imagenet-samples" / "samples.parquet"
    if not photos.is_file():
        print("skipped: FOOLERY_DATA has no imagenet-samples")
        return 0
    print(f"{'network':<28} {'stated':>7} {'foolery':>8} {'plain':>7} {'images/s':>9}")
    good = True
    for name, stated in STATED.items():
        graph = folder / "models" / name / "model.onnx"
        references = [f"onnx:{graph}"]
        if name == "squeezenet1_0":
            references.append(f"torch:{graph.with_suffix('.safetensors')}")
        for reference in references:
            ours, plain, rate = top1(reference, graph, CARDS / f"{name}.card.json", photos)
            good &= abs(ours - stated) <= 0.025 and (
                abs(ours - plain) <= 0.001 or reference.startswith("torch")
            )
            kind = reference.partition(":")[0]
            print(f"{name + ' (' + kind + ')':<36}{stated:7.3f} {ours:8.3f} {plain:7.3f} {rate:9.0f}")
    return 0 if good else 1


def top1(reference: str, graph: Path, card: Path, photos: Path) -> tuple[float, float, float]:
    """Share of right answers by foolery and by onnxruntime alone, and foolery's images per second."""
    classifier = load_classifier(reference, card=card)
    how = classifier.card.preprocessing  # type: ignore[attr-defined]
    session = onnxruntime.InferenceSession(str(graph))
    top = round((how.canvas.height - how.crop.height) / 2)
    mean, std = (np.array(each, np.float32)[:, None, None] for each in (how.mean, how.std))
    right, plain, seconds, count = 0, 0, 0.0, 0
    for part in load_data(f"parquet:{photos}").batches(50, classifier.description.canvas):
        start = time.perf_counter()
        answers = classifier.scores(part.canvases).argmax(axis=1)
        seconds += time.perf_counter() - start
        middle = part.canvases[:, :, top : top + how.crop.height, top : top + how.crop.width]
        logits = session.run(None, {"image": ((middle * how.scale - mean) / std).astype(np.float32)})[0]
        right += int((answers == part.labels).sum())
        plain += int((logits.argmax(axis=1) == part.labels).sum())
        count += len(answers)
    return right / count, plain / count, count / seconds


if __name__ == "__main__":
    sys.exit(main())
