"""Makes the shipped classifier digits-knn: 100 k-means prototypes of each digit, in some tens of seconds.

Prototypes are means of at least five training pictures of MNIST. The width of the bell curve about them,
which decides confidences but no answer, fits pictures that are set aside.

usage: python benchmarks/digits_knn.py              print the error on the test pictures
       python benchmarks/digits_knn.py --write      and write it to src/foolery/classifiers/shipped
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from foolery.classifiers.accuracy import measure_accuracy
from foolery.classifiers.builtin import SHIPPED
from foolery.classifiers.card import CanvasCard, Card, Preprocessing
from foolery.classifiers.nearest_prototype import open_prototypes
from foolery.data import load_data
from foolery.data.mnist import CLASSES
from foolery.training.prototypes import MIN_IMAGES, find_prototypes, fit_width

NAME, COUNT, SEED, ASIDE = "digits-knn", 100, 0, 12


def card_of(width: float) -> Card:
    """The card, without measured figures."""
    canvas = CanvasCard(channels=1, height=28, width=28)
    return Card(
        name=NAME,
        kind="softmax",
        classes=CLASSES,
        preprocessing=Preprocessing(
            canvas=canvas, scale=1.0, mean=(0.0,), std=(width,), channel_order="gray"
        ),
        architecture="prototypes",
        made_by="python benchmarks/digits_knn.py --write",
        notes=f"the nearest of {COUNT} k-means prototypes of each digit, each the mean of at least "
        f"{MIN_IMAGES} "
        f"training pictures; the logit is minus half the squared distance in units of std. Numpy only.",
    )


def main() -> int:
    out = SHIPPED if "--write" in sys.argv[1:] else Path(tempfile.mkdtemp())
    pictures, tests = load_data("mnist", "train"), load_data("mnist", "test")
    every = np.arange(len(pictures))
    learnt, aside = pictures.take(every[every % ASIDE > 0]), pictures.take(every[::ASIDE])
    file = out / f"{NAME}.npy"
    np.save(file, find_prototypes(learnt, COUNT, SEED), allow_pickle=False)
    unit = open_prototypes(NAME, file, card_of(1.0), "")
    width = round(fit_width(unit.distances(aside.canvases), aside.labels), 1)
    card = card_of(width)
    answers = measure_accuracy(open_prototypes(NAME, file, card, ""), tests)
    card = card.model_copy(
        update={
            "test_error": round(answers.error, 6),
            "median_confidence": round(answers.median_confidence(), 6),
            "calibration_error": round(answers.calibration_error(), 6),
        }
    )
    card.write(file.with_suffix(".card.json"))
    print(f"{file}: {file.stat().st_size:,} bytes, width {width} levels, test error {answers.error:.2%}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
