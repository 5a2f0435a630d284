"""Does the panel tell textures from digits? Champions of LeNet from CPPNs in raw and in centred coordinates.

Raw coordinates, the released code's, give textures; centred ones give strokes that can look like digits.
The panel is that of audits of digits, calibrated on test images as audits do it. Test images and
uniform noise are the two ends of the scale. Whether the two kinds of champions differ is judged by runs, not
by images: champions of one run have ancestors in common.

usage: python benchmarks/panel.py [SEEDS=10] [RESULT.json]   about 20 CPU seconds a seed
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery import load_classifier
from foolery.audit.panel import MIN_AGREEMENT, ClassifierPanel, default_panel
from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.data import load_data
from foolery.engine.evolution import evolve

GENERATIONS, BATCH, SHOWN = 200, 200, 500
SHUFFLES = 20_000


def main(seeds: int = 10, result: str = "") -> int:
    classifier, started = load_classifier("lenet"), time.process_time()
    tests = load_data("mnist", "test")
    panel = default_panel(classifier.description, load_classifier)
    assert panel is not None
    panel = panel.calibrated(load_data("mnist", "test"))
    panel = panel.calibrated(tests)
    print(f"panel: {', '.join(panel.members)}")
    results, shares = {}, {}
    for coordinates in ("raw", "centered"):
        runs = [champions(classifier, coordinates, seed) for seed in range(seeds)]
        canvases, classes = (np.concatenate(part) for part in zip(*(run[:2] for run in runs), strict=True))
        results[coordinates] = judged(panel, canvases, classes)
        results[coordinates]["median_confidence"] = float(np.median(np.concatenate([run[2] for run in runs])))
        shares[coordinates] = panel.agreement(canvases, classes).reshape(seeds, -1)
        show(coordinates, results[coordinates])
    real = tests.take(np.arange(len(tests) - SHOWN, len(tests)))
    (images,) = real.batches(SHOWN, classifier.description.canvas)
    results["real"] = judged(panel, images.canvases, images.labels)
    noise = np.random.default_rng(0).integers(0, 256, images.canvases.shape).astype(np.uint8)
    results["noise"] = judged(panel, noise, classifier.scores(noise).argmax(axis=1))
    for name in ("real", "noise"):
        show(name, results[name])
    by_agreement = chance(shares["centered"].mean(axis=1), shares["raw"].mean(axis=1))
    passing = [(shares[name] >= MIN_AGREEMENT).mean(axis=1) for name in ("centered", "raw")]
    by_recognized = chance(*passing)
    print(
        f"centered above raw by chance: p {by_agreement:.4f} of agreement, {by_recognized:.4f} of recognized"
    )
    if result:
        whole = {
            "command": f"python benchmarks/panel.py {seeds}",
            "classifier": "lenet",
            "panel": panel.members,
            "generations": GENERATIONS,
            "batch": BATCH,
            "seeds": seeds,
            "recognized_where_at_least": MIN_AGREEMENT,
            "champions": results,
            "p_of_agreement_by_runs": by_agreement,
            "p_of_recognized_by_runs": by_recognized,
            "cpu_seconds": round(time.process_time() - started, 1),
        }
        Path(result).write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    return 0


def champions(
    classifier: Classifier, coordinates: str, seed: int
) -> tuple[Canvases, NDArray[np.int64], NDArray[np.float64]]:
    """``(10, 1, 28, 28)`` images of one run, the digits that they are champions of, and confidences."""
    run = evolve(
        classifier,
        options={"coordinates": coordinates},
        generations=GENERATIONS,
        batch=BATCH,
        seed=seed,
    )
    each = list(run.champions.values())
    return (
        np.stack([one.canvas for one in each]),
        np.array([one.index for one in each], np.int64),
        np.array([one.confidence for one in each]),
    )


def judged(panel: ClassifierPanel, canvases: Canvases, classes: NDArray[np.int64]) -> dict[str, object]:
    """What the panel, and each member alone, says of images and classes, with and without its threshold."""
    shares = panel.agreement(canvases, classes)
    members: dict[str, float] = {}
    predictions: dict[str, float] = {}
    for name, member, indices, least in zip(
        panel.members, panel.classifiers, panel.class_indices, panel.thresholds, strict=True
    ):
        for table, threshold in ((members, least), (predictions, -np.inf)):
            one = ClassifierPanel((member,), (indices,), (threshold,))
            table[name] = round(float(one.agreement(canvases, classes).mean()), 4)
    return {
        "images": len(canvases),
        "mean_agreement": round(float(shares.mean()), 4),
        "recognized": round(float((shares >= MIN_AGREEMENT).mean()), 4),
        "members": members,
        "prediction_alone": predictions,
    }


def chance(above: NDArray[np.float64], below: NDArray[np.float64]) -> float:
    """How often runs dealt at random give a difference of means at least as large (one-sided)."""
    both, size = np.concatenate([above, below]), len(above)
    seen = above.mean() - below.mean()
    draw = np.random.default_rng(0).permuted(np.tile(both, (SHUFFLES, 1)), axis=1)
    gaps = draw[:, :size].mean(axis=1) - draw[:, size:].mean(axis=1)
    return round(float(((gaps >= seen - 1e-12).sum() + 1) / (SHUFFLES + 1)), 5)


def show(name: str, figures: dict[str, object]) -> None:
    members = figures["members"]
    assert isinstance(members, dict)
    alone = ", ".join(f"{member} {share:.2f}" for member, share in members.items())
    print(
        f"{name:<9} {figures['images']} images, agreement {figures['mean_agreement']} on average, "
        f"recognized {figures['recognized']} ({alone})",
        flush=True,
    )


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10, *sys.argv[2:3]))
