"""Ancestry: the line of parents of every champion, as a strip of pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, from_image, to_image
from foolery.classifiers.base import Classifier, Kind
from foolery.classifiers.scores import confidence
from foolery.data.class_matching import match_by_name, match_classes
from foolery.data.fit import fit_all
from foolery.data.labelled import LabelledData, sample
from foolery.encodings import Encoding
from foolery.engine.run import Champion, RunResult
from foolery.runs import Replacement, RunFile

MAX_STEPS = 8  # of a strip
SIDE = 64  # pixels


@dataclass(frozen=True)
class LineageStep:
    """One of the line of parents, or the champion itself.

    Attributes:
        generation: in which it was born.
        label: a class that it held: that of the champion if it held that, else the one it was surest in.
        confidence: of the classifier in that class.
        canvas: ``(C, h, w) uint8``, at most 64 pixels wide and high.
    """

    generation: int
    label: str
    confidence: float
    canvas: Canvases


@dataclass(frozen=True)
class Ancestry:
    """Some of a champion's ancestors, the first one and the champion among them.

    Attributes:
        length: of the whole line.
        steps: at most 8, the oldest first.
    """

    length: int
    steps: tuple[LineageStep, ...]


def trace_ancestries(run: RunFile, encoding: Encoding[Any]) -> list[Ancestry | None]:
    """One for each of the run's champions, in order; None where the genomes of ancestors are not kept."""
    if not run.keeps_genomes:
        return [None] * len(run.champions)
    by_number = {one.number: one for one in run.individuals}
    lineages = [run.lineage(champion.individual) for champion in run.champions]
    chosen = [[lineage[at] for at in _spread_indices(len(lineage))] for lineage in lineages]
    wanted = sorted({one.number for line in chosen for one in line if one.genome is not None})
    pictures = _step_pictures(encoding, [by_number[number].genome or b"" for number in wanted])
    rendered = dict(zip(wanted, pictures, strict=True))
    replacements: dict[int, list[Replacement]] = {}
    for replacement in run.replacements:
        replacements.setdefault(replacement.individual, []).append(replacement)
    names = [run.settings.classes[cell] for cell in run.settings.cells]
    return [
        Ancestry(
            len(line),
            tuple(
                LineageStep(one.generation, names[reign.cell], reign.confidence, rendered[one.number])
                for one in some
                if one.number in rendered
                for reign in [_replacement(replacements[one.number], champion.cell)]
            ),
        )
        for champion, line, some in zip(run.champions, lineages, chosen, strict=True)
    ]


def _replacement(replacements: Iterable[Replacement], cell: int) -> Replacement:
    return max(replacements, key=lambda reign: (reign.cell == cell, reign.confidence))


def _spread_indices(count: int) -> list[int]:
    """At most 8 indices below ``count``, the first and the last among them."""
    places: list[int] = np.unique(
        np.linspace(0, count - 1, min(count, MAX_STEPS)).round().astype(int)
    ).tolist()
    return places


def _step_pictures(encoding: Encoding[Any], genomes: list[bytes], batch: int = 500) -> list[Canvases]:
    pictures: list[Canvases] = []
    for start in range(0, len(genomes), batch):
        canvases = encoding.render(encoding.unpack(genomes[start : start + batch]))
        pictures += [_reduced(canvas) for canvas in canvases]
    return pictures


def _reduced(canvas: Canvases) -> Canvases:
    _, height, width = canvas.shape
    longest = max(height, width)
    if longest <= SIDE:
        return canvas
    size = max(1, width * SIDE // longest), max(1, height * SIDE // longest)
    return from_image(to_image(canvas).resize(size))


SCORING_BATCH = 200
TOP = 5


@dataclass(frozen=True)
class LabelScore:
    """A class, and how sure a classifier is of it: a probability, or a cosine for ``similarity``."""

    label: str
    confidence: float


def confidences_of(classifier: Classifier, canvases: Canvases) -> NDArray[np.float64]:
    """``(N, K) float64`` confidences of ``(N, C, H, W) uint8`` canvases, which are fitted if need be."""
    description = classifier.description
    parts = [
        confidence(
            classifier.scores(fit_all(canvases[at : at + SCORING_BATCH], description.canvas)),
            description.kind,
        )
        for at in range(0, len(canvases), SCORING_BATCH)
    ]
    return np.concatenate(parts) if parts else np.empty((0, len(description.classes)))


def top_labels(
    confidences: NDArray[np.float64], classes: Sequence[str], count: int = TOP
) -> list[tuple[LabelScore, ...]]:
    """The ``count`` surest answers of every row of ``(N, K)`` confidences, the surest first."""
    order = np.argsort(-confidences, axis=1, kind="stable")[:, :count]
    return [
        tuple(LabelScore(classes[place], float(row[place])) for place in places)
        for row, places in zip(confidences, order.tolist(), strict=True)
    ]


GRID = 8
OCCLUSION_QUERIES = GRID * GRID
"""Questions to the classifier for one picture."""


@dataclass(frozen=True)
class OcclusionMap:
    """The confidence in a champion's class with one patch covered by the picture's mean color.

    Attributes:
        patch: height and width of the patch in pixels, a quarter of the canvas each.
        confidences: ``(8, 8) float64``, by the place of the patch's centre, in rows from the top.
    """

    patch: tuple[int, int]
    confidences: NDArray[np.float64]


def occlusion_map(classifier: Classifier, canvas: Canvases, index: int) -> OcclusionMap:
    """Ask about ``(C, H, W) uint8`` with each of 64 patches covered; ``index`` is the class's."""
    height, width = canvas.shape[1:]
    patch = max(1, round(height / 4)), max(1, round(width / 4))
    covered = np.repeat(canvas[None], OCCLUSION_QUERIES, axis=0)
    mean = canvas.mean(axis=(1, 2)).round().astype(np.uint8)[:, None, None]
    for row in range(GRID):
        for column in range(GRID):
            top, bottom = _span(row, patch[0], height)
            left, right = _span(column, patch[1], width)
            covered[row * GRID + column, :, top:bottom, left:right] = mean
    confidences = confidences_of(classifier, covered)[:, index].reshape(GRID, GRID)
    return OcclusionMap(patch, confidences)


def _span(place: int, patch: int, length: int) -> tuple[int, int]:
    """First and end of a patch around the middle of the ``place``-th of 8 parts of ``length``."""
    start = round((place + 0.5) * length / GRID - patch / 2)
    return max(0, start), max(1, min(length, start + patch))


@dataclass(frozen=True)
class PanelPrediction:
    """What one classifier says about one champion.

    Attributes:
        classifier: its name.
        kind: what its scores are.
        top: its first answer.
        confidence: its confidence in the class that the champion was made for; None where it has no such
            class.
        matches: whether that class is its first answer.
    """

    classifier: str
    kind: Kind
    top: LabelScore
    confidence: float | None
    matches: bool


def panel_predictions(
    result: RunResult, classifiers: Sequence[Classifier]
) -> dict[str, tuple[PanelPrediction, ...]]:
    """For each class name what every classifier says, in their order."""
    champions = list(result.champions.values())
    columns = [_predictions(result, champions, classifier) for classifier in classifiers]
    return {one.label: tuple(column[row] for column in columns) for row, one in enumerate(champions)}


def _predictions(
    result: RunResult, champions: Sequence[Champion], classifier: Classifier
) -> list[PanelPrediction]:
    if not champions:
        return []
    description = classifier.description
    places = match_by_name(result.settings.classes, description.classes)
    confidences = confidences_of(classifier, np.stack([one.canvas for one in champions]))
    predictions = []
    for one, row in zip(champions, confidences, strict=True):
        first, own = int(row.argmax()), int(places[one.index])
        predictions.append(
            PanelPrediction(
                description.name,
                description.kind,
                LabelScore(description.classes[first], float(row[first])),
                float(row[own]) if own >= 0 else None,
                own == first,
            )
        )
    return predictions


BATCH = 200
MAX_REAL_IMAGES = 2000  # pictures that are asked about, drawn at random, the same ones every time


@dataclass(frozen=True)
class RealImage:
    """A real picture of a class.

    Attributes:
        canvas: ``(C, H, W) uint8``, as the classifier was given it.
        confidence: of the classifier in that class.
    """

    canvas: Canvases
    confidence: float


@dataclass(frozen=True)
class RealImages:
    """What was learned from labelled pictures.

    Attributes:
        examples: class name to the first picture of it that was drawn.
        confidences: ``(N,) float64``: of the classifier in the class of each picture.
    """

    examples: Mapping[str, RealImage]
    confidences: NDArray[np.float64]


def score_real_images(classifier: Classifier, data: LabelledData, limit: int = MAX_REAL_IMAGES) -> RealImages:
    """Ask about at most ``limit`` pictures of ``data``.

    Raises:
        UsageError: where a class of the data is none of the classifier's.
    """
    description = classifier.description
    index = match_classes(data.classes, description.classes, description.name).index
    examples: dict[str, RealImage] = {}
    confidences = []
    for part in sample(data, limit).batches(BATCH, description.canvas):
        places = index[part.labels]
        scores = classifier.scores(part.canvases)[np.arange(len(part)), places]
        batch = confidence(scores, description.kind)
        confidences.append(batch)
        for place, canvas, value in zip(places.tolist(), part.canvases, batch.tolist(), strict=True):
            label = description.classes[place]
            if label not in examples:
                examples[label] = RealImage(canvas.copy(), value)
    return RealImages(examples, np.concatenate(confidences) if confidences else np.empty(0))
