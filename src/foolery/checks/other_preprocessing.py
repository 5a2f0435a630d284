"""Other preprocessing: is a model right about more images where they are preprocessed in another usual way?

For models that live in this Python, whose preprocessing somebody typed; ``foolery card`` finds that of files.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from foolery.checks.card_trials import mcnemar
from foolery.checks.presets import Preset, presets
from foolery.classifiers.base import Classifier
from foolery.classifiers.card import Preprocessing
from foolery.classifiers.live import with_preprocessing
from foolery.data import LabelledData, match_classes, sample
from foolery.errors import FooleryError
from foolery.stages import stage

FIRST, IMAGES = 50, 200  # images for all presets, and for the best of them
PATIENCE = 30.0  # seconds, after which no further preset is tried
SURE, BETTER = 0.01, 0.02  # McNemar's p, and accuracy


@dataclass(frozen=True)
class OtherPreprocessing:
    """What another way of preprocessing gives.

    Attributes:
        preset: the best other way.
        accuracy: with it.
        own: with the model's own, on the same images.
        images: how many these are.
        better: whether the other one is, beyond chance.
    """

    preset: Preset
    accuracy: float
    own: float
    images: int
    better: bool


def best_other_preprocessing(classifier: Classifier, data: LabelledData) -> OtherPreprocessing | None:
    """The best preset that is not the model's own, tried on a few images; None where none can be tried."""
    own = getattr(getattr(classifier, "card", None), "preprocessing", None)
    if own is None or with_preprocessing(classifier, own) is None:
        return None
    description = classifier.description
    some = next(sample(data, IMAGES).batches(IMAGES, description.canvas))
    index = match_classes(data.classes, description.classes, description.name).index
    canvases, labels = some.canvases, index[some.labels]
    ways = [each for each in presets(own.canvas.channels, np.float32) if not each.per_image]
    rights: list[tuple[Preset, NDArray[np.bool_]]] = []
    begun = perf_counter()
    with stage("other preprocessing", len(ways), unit="ways") as advance:
        for done, preset in enumerate(ways, start=1):
            right = _right(classifier, _changed(own, preset), canvases[:FIRST], labels[:FIRST])
            if right is not None and not _same(own, preset):
                rights.append((preset, right))
            advance(done)
            if perf_counter() - begun > PATIENCE:
                break
    if not rights:
        return None
    best, _ = max(rights, key=lambda each: int(each[1].sum()))
    there = _right(classifier, _changed(own, best), canvases, labels)
    here = _right(classifier, own, canvases, labels)
    if there is None or here is None:
        return None
    better = there.mean() - here.mean() > BETTER and mcnemar(there.tolist(), here.tolist()) < SURE
    return OtherPreprocessing(best, float(there.mean()), float(here.mean()), len(labels), bool(better))


def _changed(own: Preprocessing, preset: Preset) -> Preprocessing:
    fields = {"scale": preset.scale, "mean": preset.mean, "std": preset.std}
    return own.model_copy(update=fields)


def _same(own: Preprocessing, preset: Preset) -> bool:
    """Whether black and white become the same, in every channel."""
    ends = [
        [(level * scale - np.array(mean)) / np.array(std) for level in (0.0, 255.0)]
        for scale, mean, std in ((own.scale, own.mean, own.std), (preset.scale, preset.mean, preset.std))
    ]
    return bool(np.allclose(ends[0], ends[1], atol=0.01))


def _right(
    classifier: Classifier,
    preprocessing: Preprocessing,
    canvases: NDArray[np.uint8],
    labels: NDArray[np.int64],
) -> NDArray[np.bool_] | None:
    """``(N,) bool``: whether each image is classified rightly; None where the model fails."""
    changed = with_preprocessing(classifier, preprocessing)
    try:
        if changed is None:
            return None
        right: NDArray[np.bool_] = changed.scores(canvases).argmax(axis=1) == labels
    except FooleryError:
        return None
    return right
