"""Does the panel tell nonsense from digits? Champions of LeNet from CPPNs in raw and in centred coordinates.

Raw coordinates, the released code's, give textures; centred ones give strokes that can look like digits.
The panel is that of audits of digits. Real test pictures and uniform noise are the two ends of the scale.

usage: python benchmarks/panel.py [SEEDS=5] [RESULT.json]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery import load_classifier
from foolery.canvas import Canvases
from foolery.data import open_data
from foolery.data.labelled import sample
from foolery.experiments.audit.panel import AGREES, Classifiers, default_panel
from foolery.experiments.evolve import evolve

GENERATIONS, BATCH, SHOWN = 200, 200, 500


def main(seeds: int = 5, result: str = "") -> int:
    classifier, started = load_classifier("lenet"), time.process_time()
    panel = default_panel(classifier.description, load_classifier)
    assert panel is not None
    print(f"panel: {', '.join(panel.members)}")
    found, shares = {}, {}
    for coordinates in ("raw", "centered"):
        runs = [champions(classifier, coordinates, seed) for seed in range(seeds)]
        canvases, claimed = (np.concatenate(part) for part in zip(*(run[:2] for run in runs), strict=True))
        found[coordinates] = judged(panel, canvases, claimed)
        found[coordinates]["median_confidence"] = float(np.median(np.concatenate([run[2] for run in runs])))
        shares[coordinates] = panel.recognised_by(canvases, claimed)
        show(coordinates, found[coordinates])
    real = sample(open_data("mnist", "test"), SHOWN)
    (pictures,) = real.batches(SHOWN, classifier.description.canvas)
    found["real"] = judged(panel, pictures.canvases, pictures.labels)
    noise = np.random.default_rng(0).integers(0, 256, pictures.canvases.shape).astype(np.uint8)
    found["noise"] = judged(panel, noise, classifier.scores(noise).argmax(axis=1))
    for name in ("real", "noise"):
        show(name, found[name])
    chance = apart(shares["centered"], shares["raw"])
    print(f"a centered champion has more of the panel than a raw one with probability {chance:.3f}")
    if result:
        whole = {
            "command": f"python benchmarks/panel.py {seeds}",
            "classifier": "lenet",
            "panel": panel.members,
            "generations": GENERATIONS,
            "batch": BATCH,
            "seeds": seeds,
            "recognised_where_at_least": AGREES,
            "champions": found,
            "probability_centered_above_raw": chance,
            "cpu_seconds": round(time.process_time() - started, 1),
        }
        Path(result).write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    return 0


def champions(
    classifier: object, coordinates: str, seed: int
) -> tuple[Canvases, NDArray[np.int64], NDArray[np.float64]]:
    """``(10, 1, 28, 28)`` pictures of one run, the digits that they are champions of, and confidences."""
    shown = evolve(
        classifier,  # type: ignore[arg-type]
        options={"coordinates": coordinates},
        generations=GENERATIONS,
        batch=BATCH,
        seed=seed,
    )
    each = list(shown.champions.values())
    return (
        np.stack([one.canvas for one in each]),
        np.array([one.index for one in each], np.int64),
        np.array([one.confidence for one in each]),
    )


def judged(panel: Classifiers, canvases: Canvases, claimed: NDArray[np.int64]) -> dict[str, object]:
    """What the panel, and each member alone, says of pictures and claims."""
    shares = panel.recognised_by(canvases, claimed)
    alone = {
        name: float(Classifiers((member,), (places,)).recognised_by(canvases, claimed).mean())
        for name, member, places in zip(panel.members, panel.asked, panel.places, strict=True)
    }
    return {
        "pictures": len(canvases),
        "mean_recognised_by": round(float(shares.mean()), 4),
        "recognised": round(float((shares >= AGREES).mean()), 4),
        "members": {name: round(share, 4) for name, share in alone.items()},
    }


def apart(above: NDArray[np.float64], below: NDArray[np.float64]) -> float:
    """Probability that one of the first is above one of the second, ties halved (Mann-Whitney)."""
    gap = above[:, None] - below[None, :]
    return round(float(((gap > 0) + 0.5 * (gap == 0)).mean()), 4)


def show(name: str, said: dict[str, object]) -> None:
    members = said["members"]
    assert isinstance(members, dict)
    alone = ", ".join(f"{member} {share:.2f}" for member, share in members.items())
    print(
        f"{name:<9} {said['pictures']} pictures, recognised_by {said['mean_recognised_by']} on average, "
        f"recognised {said['recognised']} ({alone})",
        flush=True,
    )


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, *sys.argv[2:3]))
