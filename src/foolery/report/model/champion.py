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
from foolery.data.class_matching import match_classes, match_known
from foolery.data.fit import fit_all
from foolery.data.labelled import LabelledData, sample
from foolery.encodings import Encoding
from foolery.engine.run import Champion, Exhibit
from foolery.runs import Reign, RunFile

MOST_ANCESTORS = 8  # of a strip
SIDE = 64  # pixels


@dataclass(frozen=True)
class Ancestor:
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
class Line:
    """Some of a champion's ancestors, the first one and the champion among them.

    Attributes:
        length: of the whole line.
        shown: at most 8, the oldest first.
    """

    length: int
    shown: tuple[Ancestor, ...]


def lines_of(run: RunFile, encoding: Encoding[Any]) -> list[Line | None]:
    """One for each of the run's champions, in order; None where the genomes of ancestors are not kept."""
    if not run.keeps_genomes:
        return [None] * len(run.champions)
    known = {one.number: one for one in run.individuals}
    lineages = [run.lineage(champion.individual) for champion in run.champions]
    chosen = [[line[at] for at in _spread(len(line))] for line in lineages]
    wanted = sorted({one.number for line in chosen for one in line if one.genome is not None})
    pictures = _pictures(encoding, [known[number].genome or b"" for number in wanted])
    drawn = dict(zip(wanted, pictures, strict=True))
    reigns: dict[int, list[Reign]] = {}
    for reign in run.reigns:
        reigns.setdefault(reign.individual, []).append(reign)
    names = [run.settings.classes[cell] for cell in run.settings.cells]
    return [
        Line(
            len(line),
            tuple(
                Ancestor(one.generation, names[reign.cell], reign.confidence, drawn[one.number])
                for one in some
                if one.number in drawn
                for reign in [_told(reigns[one.number], champion.cell)]
            ),
        )
        for champion, line, some in zip(run.champions, lineages, chosen, strict=True)
    ]


def _told(reigns: Iterable[Reign], cell: int) -> Reign:
    return max(reigns, key=lambda reign: (reign.cell == cell, reign.confidence))


def _spread(count: int) -> list[int]:
    """At most 8 indices below ``count``, the first and the last among them."""
    places: list[int] = np.unique(
        np.linspace(0, count - 1, min(count, MOST_ANCESTORS)).round().astype(int)
    ).tolist()
    return places


def _pictures(encoding: Encoding[Any], genomes: list[bytes], batch: int = 500) -> list[Canvases]:
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


SLICE = 200
TOP = 5


@dataclass(frozen=True)
class Answer:
    """A class, and how sure a classifier is of it: a probability, or a cosine for ``similarity``."""

    label: str
    confidence: float


def scores_of(classifier: Classifier, canvases: Canvases) -> NDArray[np.float64]:
    """``(N, K) float64`` confidences of ``(N, C, H, W) uint8`` canvases, which are fitted if need be."""
    known = classifier.description
    parts = [
        confidence(classifier.scores(fit_all(canvases[at : at + SLICE], known.canvas)), known.kind)
        for at in range(0, len(canvases), SLICE)
    ]
    return np.concatenate(parts) if parts else np.empty((0, len(known.classes)))


def first_answers(
    confidences: NDArray[np.float64], classes: Sequence[str], most: int = TOP
) -> list[tuple[Answer, ...]]:
    """The ``most`` surest answers of every row of ``(N, K)`` confidences, the surest first."""
    order = np.argsort(-confidences, axis=1, kind="stable")[:, :most]
    return [
        tuple(Answer(classes[place], float(row[place])) for place in places)
        for row, places in zip(confidences, order.tolist(), strict=True)
    ]


GRID = 8
QUESTIONS = GRID * GRID
"""Questions to the classifier for one picture."""


@dataclass(frozen=True)
class Occlusion:
    """The confidence in a champion's class with one patch covered by the picture's mean color.

    Attributes:
        patch: height and width of the patch in pixels, a quarter of the canvas each.
        confidences: ``(8, 8) float64``, by the place of the patch's centre, in rows from the top.
    """

    patch: tuple[int, int]
    confidences: NDArray[np.float64]


def occlusion_of(classifier: Classifier, canvas: Canvases, place: int) -> Occlusion:
    """Ask about ``(C, H, W) uint8`` with each of 64 patches covered; ``place`` is the class's."""
    height, width = canvas.shape[1:]
    patch = max(1, round(height / 4)), max(1, round(width / 4))
    covered = np.repeat(canvas[None], QUESTIONS, axis=0)
    mean = canvas.mean(axis=(1, 2)).round().astype(np.uint8)[:, None, None]
    for row in range(GRID):
        for column in range(GRID):
            top, bottom = _span(row, patch[0], height)
            left, right = _span(column, patch[1], width)
            covered[row * GRID + column, :, top:bottom, left:right] = mean
    found = scores_of(classifier, covered)[:, place].reshape(GRID, GRID)
    return Occlusion(patch, found)


def _span(place: int, patch: int, length: int) -> tuple[int, int]:
    """First and end of a patch around the middle of the ``place``-th of 8 parts of ``length``."""
    start = round((place + 0.5) * length / GRID - patch / 2)
    return max(0, start), max(1, min(length, start + patch))


@dataclass(frozen=True)
class Verdict:
    """What one classifier says about one champion.

    Attributes:
        classifier: its name.
        kind: what its scores are.
        first: its first answer.
        own: its confidence in the class that the champion was made for; None where it has no such class.
        agrees: whether that class is its first answer.
    """

    classifier: str
    kind: Kind
    first: Answer
    own: float | None
    agrees: bool


def verdicts_of(exhibit: Exhibit, classifiers: Sequence[Classifier]) -> dict[str, tuple[Verdict, ...]]:
    """For each class name what every classifier says, in their order."""
    champions = list(exhibit.champions.values())
    columns = [_asked(exhibit, champions, classifier) for classifier in classifiers]
    return {one.label: tuple(column[row] for column in columns) for row, one in enumerate(champions)}


def _asked(exhibit: Exhibit, champions: Sequence[Champion], classifier: Classifier) -> list[Verdict]:
    if not champions:
        return []
    known = classifier.description
    places = match_known(exhibit.settings.classes, known.classes)
    found = scores_of(classifier, np.stack([one.canvas for one in champions]))
    verdicts = []
    for one, row in zip(champions, found, strict=True):
        first, own = int(row.argmax()), int(places[one.index])
        verdicts.append(
            Verdict(
                known.name,
                known.kind,
                Answer(known.classes[first], float(row[first])),
                float(row[own]) if own >= 0 else None,
                own == first,
            )
        )
    return verdicts


BATCH = 200
MOST_PHOTOS = 2000  # pictures that are asked about, drawn at random, the same ones every time


@dataclass(frozen=True)
class Photo:
    """A real picture of a class.

    Attributes:
        canvas: ``(C, H, W) uint8``, as the classifier was given it.
        confidence: of the classifier in that class.
    """

    canvas: Canvases
    confidence: float


@dataclass(frozen=True)
class Photos:
    """What was learned from labelled pictures.

    Attributes:
        of: class name to the first picture of it that was drawn.
        confidences: ``(N,) float64``: of the classifier in the class of each picture.
    """

    of: Mapping[str, Photo]
    confidences: NDArray[np.float64]


def photos_of(classifier: Classifier, data: LabelledData, most: int = MOST_PHOTOS) -> Photos:
    """Ask about at most ``most`` pictures of ``data``.

    Raises:
        UsageError: where a class of the data is none of the classifier's.
    """
    known = classifier.description
    index = match_classes(data.classes, known.classes, known.name).index
    found: dict[str, Photo] = {}
    confidences = []
    for part in sample(data, most).batches(BATCH, known.canvas):
        places = index[part.labels]
        scores = classifier.scores(part.canvases)[np.arange(len(part)), places]
        sure = confidence(scores, known.kind)
        confidences.append(sure)
        for place, canvas, value in zip(places.tolist(), part.canvases, sure.tolist(), strict=True):
            label = known.classes[place]
            if label not in found:
                found[label] = Photo(canvas.copy(), value)
    return Photos(found, np.concatenate(confidences) if confidences else np.empty(0))
